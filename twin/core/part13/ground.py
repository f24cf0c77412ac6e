"""The rows of one tag laid out by interval: what every aggregate starts from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin.core.part13.config import Config
from twin.core.part13.quality import PARTIAL, flagged, no_data
from twin.core.part13.result import Columns, Processed
from twin.core.status import is_bad, is_good
from twin.core.window import window_sum


@dataclass(frozen=True, eq=False)
class Runs:
    """Some rows in time order, and where those of each interval begin: interval i has bound[i]:bound[i + 1]."""

    value: NDArray[np.float64]
    bound: NDArray[np.intp]

    @cached_property
    def count(self) -> NDArray[np.intp]:
        """How many rows lie in each interval."""
        return np.diff(self.bound)

    @cached_property
    def some(self) -> NDArray[np.bool_]:
        """Which intervals have a row."""
        return self.count > 0

    def total(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum of a column over each interval, 0 where there is no row."""
        return self._spread(window_sum(value[: self.bound[-1]], self.bound[:-1][self.some]), 0.0)

    def least(self) -> NDArray[np.float64]:
        """The least value of each interval, NaN where there is no row."""
        return self._reduced(np.minimum)

    def greatest(self) -> NDArray[np.float64]:
        """The greatest value of each interval, NaN where there is no row."""
        return self._reduced(np.maximum)

    def equal_to(self, one: NDArray[np.float64]) -> NDArray[np.intp]:
        """How many rows of each interval have that value of the interval."""
        same = np.zeros(len(self.value), np.float64)
        inside = slice(int(self.bound[0]), int(self.bound[-1]))
        same[inside] = self.value[inside] == np.repeat(one, self.count)
        return self.total(same).astype(np.intp)

    def _reduced(self, of: np.ufunc) -> NDArray[np.float64]:
        if not self.some.any():
            return np.full(len(self.count), np.nan)
        return self._spread(of.reduceat(self.value[: self.bound[-1]], self.bound[:-1][self.some]), np.nan)

    def _spread(self, column: NDArray[np.float64], fill: float) -> NDArray[np.float64]:
        found = np.full(len(self.count), fill)
        found[self.some] = column
        return found


@dataclass(frozen=True, eq=False)
class Ground:
    """Rows by time, with one on each side of [edges[0], edges[-1]) where there are such.

    until: the instant up to which the rows are known. Before the first row and from `until` on there is no data.
    """

    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    edges: NDArray[np.int64]
    config: Config
    until: int

    @staticmethod
    def of(rows: Columns, edges: NDArray[np.int64], config: Config, until: int) -> Ground:
        """The rows that are known at `until`; refuses edges that do not ascend."""
        if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():
            raise ValueError("edges of intervals must ascend, and there must be two at least")
        known = int(np.searchsorted(rows.time, until))
        return Ground(rows.time[:known], rows.value[:known], rows.status[:known], edges, config, until)

    @cached_property
    def good(self) -> NDArray[np.bool_]:
        """Rows that are Good and have a value."""
        return is_good(self.status) & ~np.isnan(self.value)

    @cached_property
    def bad(self) -> NDArray[np.bool_]:
        """Rows that count as Bad: Bad, without a value, or Uncertain where that is taken as Bad."""
        return ~self.good if self.config.uncertain_is_bad else is_bad(self.status) | np.isnan(self.value)

    @cached_property
    def bound(self) -> NDArray[np.intp]:
        """Where the rows of each interval begin: those of interval i are bound[i]:bound[i + 1]."""
        return np.searchsorted(self.time, self.edges)

    def runs(self, which: NDArray[np.bool_]) -> Runs:
        """Some of the rows by interval."""
        if which.all():
            return Runs(self.value, self.bound)
        passed = np.concatenate([[0], np.cumsum(which)])
        return Runs(self.value[which], passed[self.bound])

    @cached_property
    def outside(self) -> NDArray[np.bool_]:
        """Intervals before the first row or from `until` on: BadNoData whatever is asked."""
        start, end = self.edges[:-1], self.edges[1:]
        begin = self.time[0] if len(self.time) else np.iinfo(np.int64).max
        return (end <= begin) | (start >= self.until)

    @cached_property
    def partial(self) -> NDArray[np.bool_]:
        """Intervals that reach over the first row or `until`: not complete (5.3.3.2)."""
        start, end = self.edges[:-1], self.edges[1:]
        begin = self.time[0] if len(self.time) else np.iinfo(np.int64).max
        return ~self.outside & ((start < begin) | (end > self.until))

    def finished(
        self,
        value: NDArray[np.float64],
        status: NDArray[np.uint32],
        empty: NDArray[np.bool_],
        partial: bool = True,
    ) -> Processed:
        """The result: BadNoData outside and where empty, no value where the status is Bad, the Partial bit."""
        if partial:
            status = flagged(status, PARTIAL, self.partial)
        status = np.where(self.outside | empty, no_data(len(status)), status)
        return Processed(np.where(is_bad(status), np.nan, value), status)
