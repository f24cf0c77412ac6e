"""Fewer rows that look the same: what a trend needs, each row exactly as it was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import MINUTE
from twin.core.outline import KEPT, outline


def decimated(
    time: NDArray[np.int64], value: NDArray[np.float64], status: NDArray[np.uint32], most: int
) -> NDArray[np.intp]:
    """Index of at most `most` rows (at least 6): the outline of equal stretches. Rows are by time.

    Stretches longer than a minute are whole minutes of the clock, so that the outlines of minutes that sealed files
    come with give the same rows as all rows would.
    """
    if len(time) <= most:
        return np.arange(len(time))
    length = width(int(time[0]), int(time[-1]), most)
    whole = length >= MINUTE and most >= 2 * KEPT
    first = int(time[0]) - (int(time[0]) % length if whole else 0)
    return outline((time - first) // length, value, status)


def width(first: int, last: int, most: int) -> int:
    """How long the stretches of [first, last] are that leave at most `most` rows."""
    stretches = max(1, most // KEPT)
    exact = (last - first) // stretches + 1
    if exact < MINUTE:
        return exact
    if stretches == 1:
        return last - first + 1
    return -(-((last - first) // (stretches - 1) + 1) // MINUTE) * MINUTE
