"""The outline of a trend: of each stretch of time the few rows that show its shape, each exactly as it was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.status import is_bad
from twin.core.window import run_starts

KEPT = 6
"""First, last, least, greatest, first bad and last bad row of a stretch."""


def outline(stretch: NDArray[np.int64], value: NDArray[np.float64], status: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Index of at most six rows of each run of equal `stretch`, ascending. Rows are by time within a run.

    First and last row stay (so a pause stays as long as it was), the least and the greatest value (no peak is lost),
    the first and last row without a usable value. The outline of outlines is the outline of all: of equal values the
    earliest least and the latest greatest stay.
    """
    starts = run_starts(stretch)
    if not len(starts):
        return starts
    lengths = np.diff(np.append(starts, len(stretch)))
    run = np.repeat(np.arange(len(starts)), lengths)
    hole = np.isnan(value) | is_bad(status)
    every, holes = starts + lengths - 1, np.flatnonzero(hole)
    picked = [starts, every, *_ends(holes, run)]
    least = np.minimum.reduceat(np.where(hole, np.inf, value), starts)
    greatest = np.maximum.reduceat(np.where(hole, -np.inf, value), starts)
    picked.append(_ends(np.flatnonzero((value == least[run]) & ~hole), run)[0])
    picked.append(_ends(np.flatnonzero((value == greatest[run]) & ~hole), run)[1])
    kept = np.zeros(len(stretch), dtype=np.bool_)  # np.unique hashes whole numbers: 2 s for two million
    for rows in picked:
        kept[rows] = True
    return np.flatnonzero(kept)


def _ends(rows: NDArray[np.intp], run: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last of some rows in each run."""
    starts = run_starts(run[rows])
    ends = np.append(starts[1:], len(rows))[: len(starts)] - 1
    return rows[starts], rows[ends]
