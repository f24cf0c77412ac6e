"""Which element of ISO 22400 the time in a state belongs to, and which stops are short enough to be lost speed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.window import run_starts

UNKNOWN: Final = "unknown"
APT, AUST, ADET, ADOT = "apt", "aust", "adet", "adot"
BUCKETS = (UNKNOWN, APT, AUST, ADET, ADOT)
"""Where planned busy time goes: not known, production, set-up, delay, idle. Their numbers are places in this tuple."""

BUCKET_OF: Mapping[str, str] = {
    "running": APT,
    "changeover": AUST,
    "blocked": ADET,
    "starved": ADET,
    "waiting": ADET,
    "down": ADET,
    "stopped": ADET,
    "maintenance": ADET,  # planned maintenance is a break of the calendar: then it is PDOT, whatever the state
    "idle": ADOT,
    "off": ADOT,  # only the calendar takes time out of the plan: switching off does not make an OEE better
}
"""Every generic state that is known; all others are unknown time, never down (pitfall 8)."""

STOPS = frozenset(state for state, bucket in BUCKET_OF.items() if bucket == ADET)
"""States in which a machine stands although it should work."""

_NUMBER = {bucket: number for number, bucket in enumerate(BUCKETS)}


def bucket_number(state: str) -> int:
    """Place in BUCKETS of a state."""
    return _NUMBER[BUCKET_OF.get(state, UNKNOWN)]


def micro_stops(
    bucket: NDArray[np.int8], start: NDArray[np.int64], end: NDArray[np.int64], threshold: int
) -> NDArray[np.bool_]:
    """Which intervals belong to a stop that is shorter than the threshold (ns). Intervals are in order and apart.

    A stop is an unbroken run of states of delay: five seconds of `stopped` after two minutes of `down` are no micro
    stop. It is judged whole, before any shift end cuts it.
    """
    delay = bucket == _NUMBER[ADET]
    joined = np.zeros(len(bucket), np.bool_)
    joined[1:] = delay[1:] & delay[:-1] & (start[1:] == end[:-1])
    stop = np.cumsum(~joined)
    starts = run_starts(stop)
    if not len(starts):
        return delay
    lengths = np.maximum.reduceat(end, starts) - start[starts]
    return delay & (lengths < threshold)[stop - 1]
