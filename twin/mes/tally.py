"""Pieces of one counter over any stretches of time, from counts of minutes and of longer windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        return Counted(*table.T)

    def without(self, starts: Iterable[int]) -> Counted:
        """Without the windows that begin at these instants."""
        kept = ~np.isin(self.start, np.array(sorted(starts), np.int64))
        return Counted(*(column[kept] for column in self._columns()))

    def with_windows(self, windows: Sequence[Window]) -> Counted:
        """Together with others that lie between these or after them."""
        table = np.concatenate([np.array(self._columns()), np.array(windows, np.int64).reshape(-1, 5).T], axis=1)
        return Counted(*table[:, np.argsort(table[0], kind="stable")])

    def before(self, end: int) -> Counted:
        """The windows that begin earlier."""
        return Counted(*(column[self.start < end] for column in self._columns()))

    def plus(self, other: Counted) -> Counted:
        """Together with those of another; what both counted in one window is added."""
        start = np.union1d(self.start, other.start)
        sums = np.zeros((4, len(start)), np.int64)
        for one in (self, other):
            sums[:, np.searchsorted(start, one.start)] += np.array(one._columns()[1:])  # noqa: SLF001
        return Counted(start, *sums)

    def _columns(self) -> tuple[Times, ...]:
        return self.start, self.pieces, self.wraps, self.resets, self.jumps


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
