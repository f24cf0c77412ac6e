"""Where the lines of these tests begin: a Monday, 06:00 in Prague."""

SECOND = 10**9
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
START = 1_762_750_800 * SECOND
LINE = "packaging/line1"
MACHINES = tuple(f"{LINE}/{name}" for name in ("filler", "capper", "labeller", "packer", "palletiser"))
