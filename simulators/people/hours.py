"""Hours: times of the week as instants (ms since 1970 UTC), right where the clock is put forward or back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulators.people.week import WeekTimes

NEVER = 2**62
"""An instant that does not come."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_AHEAD, _BEHIND = 16, 2
"""Days looked at: whoever is in for two weeks without a gap is always in."""


class Hours:
    """Some times of the week in a zone. Where they touch or overlap, they are one."""

    def __init__(self, zone: str, times: Iterable[WeekTimes]) -> None:
        self._zone = zone_of(zone)
        self._times = tuple(times)
        self._from = self._until = 0
        self._starts: list[int] = []
        self._ends: list[int] = []

    def holds(self, now: int) -> bool:
        """Whether an instant is within them."""
        place = self._place(now)
        return place >= 0 and now < self._ends[place]

    def end(self, now: int) -> int:
        """When the hours that hold `now` are over; `now` itself when it is outside, NEVER when they do not end."""
        place = self._place(now)
        if place < 0 or now >= self._ends[place]:
            return now
        return NEVER if self._ends[place] >= self._until else self._ends[place]

    def begin(self, now: int) -> int:
        """`now` within them, else when the next begin; NEVER where there are none."""
        place = self._place(now)
        if place >= 0 and now < self._ends[place]:
            return now
        return self._starts[place + 1] if place + 1 < len(self._starts) else NEVER

    def next_begin(self, now: int) -> int:
        """When the next begin, after `now`; NEVER when there are none, or when these do not end."""
        place = self._place(now)
        return self._starts[place + 1] if place + 1 < len(self._starts) else NEVER

    def _place(self, now: int) -> int:
        if not self._from <= now < self._until - 9 * 86_400_000:
            self._look_around(now)
        return bisect_right(self._starts, now) - 1

    def _look_around(self, now: int) -> None:
        today = (_EPOCH + now * _MS).astimezone(self._zone).date()
        days = [today + timedelta(days=offset) for offset in range(-_BEHIND, _AHEAD)]
        self._from = instant_of(days[1], 0, self._zone)
        self._until = instant_of(days[-1], 0, self._zone)
        found = sorted(self._occurrences(days))
        self._starts, self._ends = [], []
        for start, end in found:
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def _occurrences(self, days: Iterable[date]) -> Iterable[tuple[int, int]]:
        for day in days:
            for times in self._times:
                if day.weekday() in times.days:
                    start = instant_of(day, times.start, self._zone)
                    end = instant_of(day + timedelta(days=int(times.end < times.start)), times.end, self._zone)
                    if start < end:  # an hour that the clock skips has no length
                        yield start, end


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of a name; raises ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"no time zone '{name}'; take a name like Europe/Prague") from error


def instant_of(day: date, minutes: int, zone: ZoneInfo) -> int:
    """When the wall first shows this time of the day; a time that the clock skips counts as up to an hour later.

    minutes: 0 to 1440.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return (wall.replace(tzinfo=zone).astimezone(UTC) - _EPOCH) // _MS


def hour_of_day(now: int, zone: ZoneInfo) -> float:
    """What the wall shows, as hours since midnight."""
    local = (_EPOCH + now * _MS).astimezone(zone)
    return local.hour + local.minute / 60.0 + local.second / 3600.0
