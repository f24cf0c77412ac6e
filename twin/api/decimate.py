"""Fewer rows that look the same: what a trend needs, each row exactly as it was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.status import is_bad
from twin.core.window import run_starts

KEPT = 6
"""First, last, least, greatest, first bad and last bad row of a stretch."""


def decimated(
    time: NDArray[np.int64], value: NDArray[np.float64], status: NDArray[np.uint32], most: int
) -> NDArray[np.intp]:
    """Index of at most `most` rows (at least 6). Rows are by time.

    [time[0], time[-1]] is cut into equal stretches; of each stay the first and last row (so a pause stays as long as
    it was), the least and greatest value (so no peak is lost) and the first and last row without a usable value.
    """
    if len(time) <= most:
        return np.arange(len(time))
    stretches = max(1, most // KEPT)
    width = (int(time[-1]) - int(time[0])) // stretches + 1
    stretch = (time - time[0]) // width
    hole = np.isnan(value) | is_bad(status)
    every = np.arange(len(time))
    picked = [*_ends(every, stretch), *_ends(every[hole], stretch[hole])]
    whole = every[~hole]
    by_value = whole[np.lexsort((value[whole], stretch[whole]))]
    picked += _ends(by_value, stretch[by_value])
    return np.unique(np.concatenate(picked))


def _ends(row: NDArray[np.intp], stretch: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """First and last row of each stretch, in the order given."""
    starts = run_starts(stretch)
    ends = np.append(starts[1:], len(row))[: len(starts)] - 1
    return [row[starts], row[ends]]
