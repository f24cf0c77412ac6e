"""Pieces of one counter over any stretches of time, from counts of minutes and of longer windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]


class Window(NamedTuple):
    """What a counter counted from `start` to an end that the reader knows."""

    start: int
    pieces: int
    wraps: int
    resets: int
    jumps: int


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What a counter counted in windows that begin at `start`, ascending and apart; any length, without their ends.

    A piece belongs to the window in which its cycle ended.
    """

    start: Times
    pieces: Times
    wraps: Times
    resets: Times
    jumps: Times

    @staticmethod
    def of(windows: Sequence[Window]) -> Counted:
        """Of rows in order."""
        table = np.array(windows, np.int64).reshape(-1, 5)
        return Counted(*(np.ascontiguousarray(column) for column in table.T))


class Tally:
    """Sums over stretches [first[i], last[i]); no window may lie across one of their ends."""

    def __init__(self, counted: Counted) -> None:
        self._start = counted.start
        self._pieces = np.append(0, np.cumsum(counted.pieces))
        self._jumps = np.append(0, np.cumsum(counted.jumps))

    def pieces(self, first: Times, last: Times) -> Times:
        """Pieces of each stretch."""
        return self._between(self._pieces, first, last)

    def jumps(self, first: Times, last: Times) -> Times:
        """Readings of each stretch that no production explains."""
        return self._between(self._jumps, first, last)

    def _between(self, sums: Times, first: Times, last: Times) -> Times:
        return sums[np.searchsorted(self._start, last)] - sums[np.searchsorted(self._start, first)]
