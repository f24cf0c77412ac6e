"""The rows of one tag laid out by interval: what every aggregate starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from twin.core.part13.config import Config
from twin.core.part13.quality import PARTIAL, Quality, flagged, no_data
from twin.core.part13.result import Columns, Processed
from twin.core.part13.runs import Runs
from twin.core.status import is_bad, is_good

Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Ground:
    """Rows by time, at least one, with those next to [edges[0], edges[-1]) where there are such.

    until: the instant up to which the rows are known. Before the first row and from `until` on there is no data.
    """

    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    edges: NDArray[np.int64]
    config: Config
    until: int
    made: dict[Callable[[Ground], Any], Any] = field(default_factory=dict)
    """What `once` has made: several aggregates ask for the same."""

    @staticmethod
    def of(rows: Columns, edges: NDArray[np.int64], config: Config, until: int) -> Ground:
        """The rows that are known at `until`; refuses edges that do not ascend."""
        if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():
            raise ValueError("edges of intervals must ascend, and there must be two at least")
        known = int(np.searchsorted(rows.time, until))
        return Ground(rows.time[:known], rows.value[:known], rows.status[:known], edges, config, until)

    @cached_property
    def quality(self) -> NDArray[np.uint8]:
        """What each row counts as. Bad: Bad, without a value, or Uncertain where that is taken as Bad."""
        bad = np.isnan(self.value)
        if not self.status.any() and not bad.any():
            return np.zeros(len(self.time), np.uint8)
        bad |= is_bad(self.status)
        uncertain = Quality.BAD if self.config.uncertain_is_bad else Quality.UNCERTAIN
        quality = np.where(is_good(self.status), Quality.GOOD, uncertain)
        return np.where(bad, Quality.BAD, quality).astype(np.uint8)

    @cached_property
    def bound(self) -> NDArray[np.intp]:
        """Where the rows of each interval begin: those of interval i are bound[i]:bound[i + 1]."""
        return np.searchsorted(self.time, self.edges)

    @cached_property
    def good(self) -> Runs:
        """The Good rows by interval."""
        return self.runs(self.quality == Quality.GOOD)

    @cached_property
    def uncertain(self) -> Runs:
        """The Uncertain rows that are not taken as Bad, by interval."""
        return self.runs(self.quality == Quality.UNCERTAIN)

    @cached_property
    def bad(self) -> Runs:
        """The rows that count as Bad, by interval."""
        return self.runs(self.quality == Quality.BAD)

    @cached_property
    def usable(self) -> Runs:
        """The rows that do not count as Bad, by interval."""
        return self.runs(self.quality != Quality.BAD)

    @cached_property
    def rows(self) -> Runs:
        """All rows by interval."""
        return self.runs(np.ones(len(self.time), np.bool_))

    def runs(self, which: NDArray[np.bool_]) -> Runs:
        """Some of the rows by interval."""
        if which.all():
            return Runs(np.arange(len(self.time)), self.time, self.value, self.bound)
        row = np.flatnonzero(which)
        return Runs(row, self.time[row], self.value[row], np.searchsorted(row, self.bound))

    @cached_property
    def outside(self) -> NDArray[np.bool_]:
        """Intervals before the first row or from `until` on: no data, whatever is asked."""
        return (self.edges[1:] <= self.time[0]) | (self.edges[:-1] >= self.until)

    @cached_property
    def partial(self) -> NDArray[np.bool_]:
        """Intervals that reach over the first row or `until`: not complete (5.3.3.2)."""
        return ~self.outside & ((self.edges[:-1] < self.time[0]) | (self.edges[1:] > self.until))

    def once(self, make: Callable[[Ground], Made]) -> Made:
        """What a function makes of this ground, made at the first call."""
        if make not in self.made:
            self.made[make] = make(self)
        return self.made[make]

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
