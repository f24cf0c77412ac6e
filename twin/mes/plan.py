"""What people ask OEE of: periods, the planned busy time in them, and which product was due when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import FAR_FUTURE, FAR_PAST, MINUTE
from twin.mes.calendar import Calendar, Interval, Period, without
from twin.model.plant import Product

Times = NDArray[np.int64]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Making:
    """A line was to make this from start to end. product None: not known. code: what its tag showed."""

    start: int
    end: int
    product: Product | None = None
    code: int | None = None

    @property
    def name(self) -> str | None:
        """Of the product."""
        return None if self.product is None else self.product.name


def makings(shown: Iterable[Making]) -> list[Making]:
    """All of time, each stretch with its product; it is not known where nothing was shown.

    Counts are kept by the minute, so a product has whole minutes: the minute of a change is the new one's.
    """
    found: list[Making] = []
    at = FAR_PAST
    for one in sorted(shown, key=lambda making: making.start):
        start, end = max(at, one.start - one.start % MINUTE), one.end - one.end % MINUTE
        if at < start:
            found.append(Making(at, start))
        if start < end:
            found.append(Making(start, end, one.product, one.code))
        at = max(at, end)
    if at < FAR_FUTURE:
        found.append(Making(at, FAR_FUTURE))
    return found


@dataclass(frozen=True, slots=True)
class Cuts:
    """Stretches [first[i], last[i]), each with the place of its period and of its making."""

    first: Times
    last: Times
    period: Index
    making: Index


@dataclass(frozen=True)
class Plan:
    """The periods, as far as they have come and were recorded, under a calendar. One without shifts plans nothing: then
    the whole period is looked at, and POT, PDOT and PBT are not defined.
    """

    calendar: Calendar
    periods: Sequence[Period]
    whole: Sequence[Period]
    """The same periods with the starts and ends that the calendar gives them."""
    makings: Sequence[Making] = field(default_factory=lambda: makings(()))

    @cached_property
    def planned(self) -> list[list[Interval]]:
        """POT of each period."""
        return self._of_each(self.calendar.planned(*self.span))

    @cached_property
    def pauses(self) -> list[list[Interval]]:
        """PDOT of each period."""
        return self._of_each(self.calendar.pauses(*self.span))

    @cached_property
    def busy(self) -> list[list[Interval]]:
        """PBT of each period; the whole period where nothing is planned."""
        if not self.calendar.is_known:
            return [[(one.start, one.end)] if one.start < one.end else [] for one in self.periods]
        return [without(planned, pauses) for planned, pauses in zip(self.planned, self.pauses, strict=True)]

    @property
    def span(self) -> Interval:
        """From the first start to the last end."""
        return min((p.start for p in self.periods), default=0), max((p.end for p in self.periods), default=0)

    @cached_property
    def stretches(self) -> Cuts:
        """Busy time, cut where the product changes."""
        rows: list[tuple[int, int, int, int]] = []
        starts = np.array([one.start for one in self.makings], np.int64)
        for number, intervals in enumerate(self.busy):
            for start, end in intervals:
                for making in range(int(np.searchsorted(starts, start, side="right")) - 1, len(self.makings)):
                    first, last = max(start, self.makings[making].start), min(end, self.makings[making].end)
                    if first >= end:
                        break
                    rows.append((first, last, number, making))
        table = np.array(rows, np.int64).reshape(-1, 4)
        return Cuts(table[:, 0], table[:, 1], table[:, 2].astype(np.intp), table[:, 3].astype(np.intp))

    def edges(self) -> set[int]:
        """Every instant at which counts are cut."""
        cuts = self.stretches
        ends = {instant for one in self.periods for instant in (one.start, one.end)}
        return ends | set(cuts.first.tolist()) | set(cuts.last.tolist())

    def _of_each(self, intervals: Sequence[Interval]) -> list[list[Interval]]:
        ends = [end for _, end in intervals]
        return [_until(intervals, bisect_right(ends, one.start), one) for one in self.periods]


def plan_of(
    calendar: Calendar, periods: Sequence[Period], now: int, made: Sequence[Making], record_begins: int = FAR_PAST
) -> Plan:
    """The plan of periods that have begun by now, each as far as the record covers it. record_begins: nothing was ever
    recorded before; a period that ended by then has no result.
    """
    first = record_begins - record_begins % MINUTE
    begun = [one for one in periods if one.start < now and one.end > first]
    return Plan(calendar, [one.until(now).since(first) for one in begun], begun, made)


def _until(intervals: Sequence[Interval], place: int, period: Period) -> list[Interval]:
    """Those from a place on, cut at a period; they are in order and apart."""
    found: list[Interval] = []
    while place < len(intervals) and intervals[place][0] < period.end:
        found.append((max(intervals[place][0], period.start), min(intervals[place][1], period.end)))
        place += 1
    return found
