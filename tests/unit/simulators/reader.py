"""A reader of its own: from the samples of the line and what a machine's manual says, back to states and pieces."""

import numpy as np

from tests.unit.simulators.start import LINE

PACKML = {
    **dict.fromkeys((6, 10, 13, 14, 16), "running"),
    **dict.fromkeys((1, 8, 9, 11, 12), "down"),
    **dict.fromkeys((2, 7), "stopped"),
    **dict.fromkeys((3, 4, 15, 17), "idle"),
}
PACKER = {0: "idle", 1: "stopped", 3: "running", 5: "starved", 6: "blocked", 8: "down", 9: "down"}


def packml(now):
    if now["st"] == 5:
        return {(1, 0): "blocked", (0, 1): "starved"}[now["blocked"], now["starved"]]
    assert (now["blocked"], now["starved"]) == (0, 0)
    return PACKML[int(now["st"])]


def labeller(now):
    for bit, state in ((15, "down"), (3, "stopped"), (2, "blocked"), (1, "starved"), (0, "running")):
        if int(now["status"]) >> bit & 1:
            return state
    return "idle"


def packer(now):
    return PACKER[int(now["st"])]


def palletiser(now):
    if now["fault"]:
        return "down"
    return "running" if now["motor"] else "starved"


STATE_TAGS = {"st", "blocked", "starved", "status", "motor", "fault"}
READ = {"filler": packml, "capper": packml, "labeller": labeller, "packer": packer, "palletiser": palletiser}


def series(columns):
    """name -> (times, values), for the values of the line."""
    names, time, name, value, _ = columns
    return {full.removeprefix(f"{LINE}/"): (time[name == i], value[name == i]) for i, full in enumerate(names)}


def states(columns, machine):
    """[(time, state)] at each change: the values are joined per instant, as any reader must."""
    names, time, name, value, _ = columns
    of_machine = {i: n.rpartition("/")[2] for i, n in enumerate(names) if n.startswith(f"{LINE}/{machine}/")}
    mine = {i: tag for i, tag in of_machine.items() if tag in STATE_TAGS}
    now, found = {}, []
    rows = np.flatnonzero(np.isin(name, list(mine)))
    instants = np.split(rows, np.flatnonzero(np.diff(time[rows])) + 1)
    for together in instants:
        for row in together:
            now[mine[name[row]]] = value[row]
        state = READ[machine](now)
        if not found or found[-1][1] != state:
            found.append((int(time[together[0]]), state))
    return found


def pieces(columns, machine, counter):
    """One instant for each piece, from a running counter, one of 16 bits, or pulses."""
    of = series(columns)
    if machine == "palletiser":
        times, values = of["palletiser/pulse"]
        return times[values == 1].tolist() if counter == "total" else []
    times, values = of[f"{machine}/{counter}"]
    steps = np.diff(values.astype(np.int64))
    if (machine, counter) == ("packer", "total"):
        steps %= 65536
    assert (steps >= 0).all()
    return np.repeat(times[1:], steps).tolist()
