"""Sums over closed windows: the one way a fold may add up, so that every cutting gives the same bits (folds.md 3)."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", np.float64, np.int64)


def window_sum(values: NDArray[Number], starts: NDArray[np.intp]) -> NDArray[Number]:
    """Sum of each run values[starts[i]:starts[i + 1]], the last one to the end; rows are sorted and contiguous.

    By add.reduceat: the bits of a sum depend on its own rows only, never on its neighbours. Runs are not empty.
    int64 stays int64 (bincount with weights would lose integers past 2**53).
    """
    if len(starts) == 0:
        return values[:0]
    return np.add.reduceat(values, starts)


def distinct(values: NDArray[Number]) -> NDArray[Number]:
    """The values that occur, ascending. For int64 that comes nearly in order np.unique's hash is ten times slower."""
    ordered = np.sort(values, kind="stable")
    return ordered[run_starts(ordered)]


def stable_order(keys: NDArray[np.integer[Any]]) -> NDArray[np.intp]:
    """Index that sorts whole numbers from 0 on, equal ones as they stand; by radix where they fit into 16 bits."""
    if len(keys) > 1 and keys.max() < 2**16:
        return keys.astype(np.uint16).argsort(kind="stable")
    return keys.argsort(kind="stable")


def run_starts(*keys: NDArray[np.generic]) -> NDArray[np.intp]:
    """Where a new run of equal keys begins, in rows sorted by these keys."""
    if len(keys[0]) == 0:
        return np.empty(0, np.intp)
    new = np.empty(len(keys[0]), np.bool_)
    new[0] = True
    np.not_equal(keys[0][1:], keys[0][:-1], out=new[1:])
    for key in keys[1:]:
        new[1:] |= key[1:] != key[:-1]
    return new.nonzero()[0]


def run_ends(starts: NDArray[np.intp], rows: int) -> NDArray[np.intp]:
    """The last row of each run that begins at `starts`."""
    ends = np.empty_like(starts)
    ends[:-1] = starts[1:]
    ends[-1:] = rows
    ends -= 1
    return ends
