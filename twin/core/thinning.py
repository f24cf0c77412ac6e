"""Which rows of a tag may be left out so that what stays tells the rest within a stated error.

An exception test (rows that stay within a band are one value), then a swinging door (rows near one line are that line),
as historians do. The error is proven, not hoped for: what is left out was never further than `Thinning.error` from the
line (of a stepped tag: from the value held) between the rows that stay, but for the rounding of a double.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.status import GOOD
from twin.core.window import run_starts

_SLACK = 2.0**-48
"""So much of the greatest value is taken off the deviation: what rounding may add to a line."""


@dataclass(frozen=True, slots=True)
class Thinning:
    """exception: width of the band in which rows count as one value. deviation: how far a row may lie off the line.

    Both in the unit of the values handed over, at least 0. longest: between two kept rows lies at most this, ns, unless
    the source itself was silent for longer; 0: any. Of a stepped tag there is no line: the band is as wide as both.
    """

    exception: float = 0.0
    deviation: float = 0.0
    longest: int = 0
    stepped: bool = True

    @property
    def error(self) -> float:
        """How far a row that is left out may be from what the others tell."""
        return self.exception + self.deviation


def kept(
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    status: NDArray[np.uint32],
    special: NDArray[np.bool_] | None,
    how: Thinning,
) -> NDArray[np.bool_]:
    """Which rows of one tag stay; they are by time, one per time. special: not what their number says.

    Always: the first and the last, every row that is not plainly Good, is special or has no number, and both rows
    beside such a one.
    """
    stay = np.ones(len(time), np.bool_)
    if len(time) <= 2:
        return stay
    plain = (status == GOOD) & np.isfinite(value)
    if special is not None:
        plain &= ~special
    stay[1:-1] = ~(plain[1:-1] & plain[:-2] & plain[2:])
    cells = np.zeros(len(time), np.int64) if not how.longest else time // max(how.longest // 2, 1)
    stay |= _ends_of_equals(value, cells)
    band = how.error if how.stepped else how.exception
    rows = np.flatnonzero(stay)
    for one in _pieces(plain, rows):
        part = rows[one]
        left = part[_banded(time[part], value[part], band, how.longest, both_ends=not how.stepped)]
        if not how.stepped and how.deviation:
            left = left[_on_lines(time[left], value[left], how.deviation, how.longest)]
        stay[part] = False
        stay[left] = True
    return stay


def _ends_of_equals(value: NDArray[np.float64], cells: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The first and the last row of each run of one value in one cell of time: most of what machines send."""
    starts = run_starts(value, cells)
    ends = np.zeros(len(value), np.bool_)
    ends[starts] = True
    ends[starts[1:] - 1] = True
    ends[-1] = True
    return ends


def _pieces(plain: NDArray[np.bool_], rows: NDArray[np.intp]) -> list[slice]:
    """Stretches of these rows that are plain; the first and the last of a stretch stay whatever comes."""
    good = plain[rows]
    starts = run_starts(good)
    ends = np.append(starts[1:], len(rows))
    return [slice(a, b) for a, b in zip(starts.tolist(), ends.tolist(), strict=True) if good[a] and b - a > 2]


def _banded(
    time: NDArray[np.int64], value: NDArray[np.float64], band: float, longest: int, both_ends: bool
) -> NDArray[np.intp]:
    """Rows after which the band is left, and those with which a new one begins; of a stepped tag these alone.

    Of a stepped tag the value that holds is the first of its band.
    """
    times, values = time.tolist(), value.tolist()
    longest = longest or times[-1] - times[0]
    left = [0]
    first, least, greatest, began = values[0], values[0], values[0], times[0]
    for at in range(1, len(values)):
        now = values[at]
        if times[at] - began > longest and left[-1] != at - 1:
            left.append(at - 1)  # a band ends by time: the next begins where it ends
            first = least = greatest = values[at - 1]
            began = times[at - 1]
        low, high = min(now, least), max(now, greatest)
        apart = high - low if both_ends else abs(now - first)
        if apart <= band and times[at] - began <= longest:
            least, greatest = low, high
            continue
        if both_ends and left[-1] != at - 1:
            left.append(at - 1)
        left.append(at)
        first = least = greatest = now
        began = times[at]
    if left[-1] != len(values) - 1:
        left.append(len(values) - 1)
    return np.array(left, np.intp)


def _on_lines(time: NDArray[np.int64], value: NDArray[np.float64], deviation: float, longest: int) -> NDArray[np.intp]:
    """Rows between which every other row lies within the deviation of the line from kept row to kept row.

    From a kept row the slopes that pass every later row within the deviation form a door that only closes. The next
    kept row is the last one that is itself seen through the door of those before it.
    """
    times, values = time.tolist(), value.tolist()
    off = max(deviation * (1 - _SLACK) - _SLACK * float(np.abs(value).max()), 0.0)
    longest = longest or times[-1] - times[0]
    left = [0]
    last = len(times) - 1
    while left[-1] < last:
        at = left[-1]
        from_time, from_value = times[at], values[at]
        lower, upper, seen = -np.inf, np.inf, at + 1
        for to in range(at + 1, last + 1):
            run, rise = times[to] - from_time, values[to] - from_value
            if run > longest:
                break
            slope = rise / run
            if lower <= slope <= upper:
                seen = to
            lower, upper = max(lower, (rise - off) / run), min(upper, (rise + off) / run)
            if lower > upper:
                break
        left.append(seen)
    return np.array(left, np.intp)
