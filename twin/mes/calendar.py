"""The plant's calendar: shifts, breaks and days as intervals [from, to) in ns, and the periods that people ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain
from typing import Literal
from zoneinfo import ZoneInfo

from twin.core.instant import HOUR, MINUTE
from twin.model.plant import Plant
from twin.model.shifts import BREAKS
from twin.model.wall_clock import day_of, instant_of, local_text
from twin.model.week import SpecialDay, WeekTimes

Interval = tuple[int, int]
By = Literal["shift", "day", "hour"]


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end) with a name: a shift, a day, an hour, or '' for a span that somebody chose."""

    name: str
    start: int
    end: int

    def until(self, instant: int) -> Period:
        """What of it lies before an instant."""
        return Period(self.name, self.start, max(self.start, min(self.end, instant)))

    def since(self, instant: int) -> Period:
        """What of it does not lie before an instant."""
        return Period(self.name, min(self.end, max(self.start, instant)), self.end)


@dataclass(frozen=True, slots=True)
class Calendar:
    """shifts: name -> times of the week; breaks among them are planned down time (ISO 22400: PDOT). special: days on
    which they are others; what begins on the day before goes on into it.
    """

    zone: ZoneInfo
    shifts: Mapping[str, tuple[WeekTimes, ...]]
    breaks: tuple[WeekTimes, ...] = ()
    special: Mapping[date, SpecialDay] = field(default_factory=dict[date, SpecialDay])

    @property
    def is_known(self) -> bool:
        """Without shifts nobody knows when the plant should have worked, so there is no OEE."""
        return bool(self.shifts)

    def planned(self, start: int, end: int) -> list[Interval]:
        """What of [start, end) is in a shift (POT): in order, joined where shifts touch or overlap."""
        each = (self._of_week(name, times, start, end) for name, times in self.shifts.items())
        return clipped(chain.from_iterable(each), start, end)

    def pauses(self, start: int, end: int) -> list[Interval]:
        """What of [start, end) is in a shift and in a break (PDOT)."""
        return common(self.planned(start, end), clipped(self._of_week(BREAKS, self.breaks, start, end), start, end))

    def busy(self, start: int, end: int) -> list[Interval]:
        """Planned busy time (PBT): shifts without their breaks."""
        return without(self.planned(start, end), self.pauses(start, end))

    def periods(self, by: By, start: int, end: int) -> list[Period]:
        """Whole shifts, days or hours of the wall that overlap [start, end), by their start; for start == end the
        one that holds this instant.
        """
        last = max(end, start + 1)
        found = {"shift": self._shifts, "day": self._days, "hour": self._hours}[by](start, last)
        overlapping = (one for one in found if one.start < one.end and one.start < last and one.end > start)
        return sorted(overlapping, key=lambda one: (one.start, one.end, one.name))

    def _shifts(self, start: int, end: int) -> Iterator[Period]:
        for name, times in self.shifts.items():
            for first, last in self._of_week(name, times, start, end):
                yield Period(name, first, last)

    def _days(self, start: int, end: int) -> Iterator[Period]:
        day = day_of(start, self.zone)
        while (first := instant_of(day, 0, self.zone)) < end:
            yield Period(day.isoformat(), first, instant_of(day + timedelta(days=1), 0, self.zone))
            day += timedelta(days=1)

    def _hours(self, start: int, end: int) -> Iterator[Period]:
        for day in self._days(start, end):
            first = day.start
            while first < day.end:
                last = min(first + _rest_of_hour(first, self.zone), day.end)
                yield Period(local_text(first, self.zone), first, last)
                first = last

    def _of_week(self, name: str, times: Iterable[WeekTimes], start: int, end: int) -> Iterator[Interval]:
        """Every occurrence of a shift or of the breaks that may overlap [start, end), whole."""
        day, last = day_of(start, self.zone) - timedelta(days=2), day_of(end, self.zone)
        while day <= last:
            for one in self._on(day, name, times):
                ends_on = day + timedelta(days=int(one.end < one.start))
                yield instant_of(day, one.start, self.zone), instant_of(ends_on, one.end, self.zone)
            day += timedelta(days=1)

    def _on(self, day: date, name: str, times: Iterable[WeekTimes]) -> Iterable[WeekTimes]:
        """What begins on a day."""
        special = self.special.get(day)
        if special is not None and (special.closed or name in special.times):
            return special.times.get(name, ())
        return (one for one in times if day.weekday() in one.days)


def calendar_of(plant: Plant, asset: str = "") -> Calendar:
    """The calendar of what stands at a full path: of its site or area, else of the plant; '' for the plant's."""
    site = plant.site_of(asset)
    shifts = {name: times for name, times in site.shifts.items() if name != BREAKS}
    return Calendar(ZoneInfo(site.timezone), shifts, site.shifts.get(BREAKS, ()), site.calendar)


def by_site(plant: Plant, assets: Iterable[str]) -> dict[str, list[str]]:
    """Full paths by the path of the site whose calendar counts for them, the plant's too; in their order."""
    found: dict[str, list[str]] = {}
    for path in assets:
        found.setdefault(plant.site_of(path).path, []).append(path)
    return found


def _rest_of_hour(instant: int, zone: ZoneInfo) -> int:
    """How long until the wall shows a full hour."""
    minute = int(local_text(instant, zone)[14:16])
    return HOUR - minute * MINUTE


def clipped(intervals: Iterable[Interval], start: int, end: int) -> list[Interval]:
    """What of them lies in [start, end): in order, joined where they touch or overlap."""
    found: list[Interval] = []
    for a, b in sorted((max(a, start), min(b, end)) for a, b in intervals if max(a, start) < min(b, end)):
        if found and a <= found[-1][1]:
            found[-1] = found[-1][0], max(b, found[-1][1])
        else:
            found.append((a, b))
    return found


def common(some: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """Where both are; each in order and apart."""
    found: list[Interval] = []
    place = 0
    for a, b in some:
        while place < len(others) and others[place][1] <= a:
            place += 1
        found += [(max(a, c), min(b, d)) for c, d in _from(others, place, b)]
    return found


def without(some: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """Where the first are and the others are not; each in order and apart."""
    found: list[Interval] = []
    for a, b in some:
        at = a
        for c, d in common([(a, b)], others):
            found += [(at, c)] if at < c else []
            at = d
        found += [(at, b)] if at < b else []
    return found


def length(intervals: Iterable[Interval]) -> int:
    """Ns of intervals that are apart."""
    return sum(b - a for a, b in intervals)


def _from(intervals: Sequence[Interval], place: int, end: int) -> Iterator[Interval]:
    while place < len(intervals) and intervals[place][0] < end:
        yield intervals[place]
        place += 1
