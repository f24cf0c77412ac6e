"""Times of the week: `Mon-Fri 06:00-14:00`, over midnight too: `Mon-Fri 22:00-06:00` starts on these days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_TIMES = re.compile(r"(?:(?P<days>[A-Za-z,\- ]+?) +)?(?P<start>\d\d?:\d\d) *- *(?P<end>\d\d?:\d\d)")
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class WeekTimes:
    """Hours on some days of the week. days: 0 is Monday; start, end: minutes of the plant's local day.

    end < start: until the next day. A day of 23 or 25 hours is the reader's matter.
    """

    days: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day on which shifts or breaks are others. closed: no shift and no break begins on it. times: those of some
    shifts, which count instead of what the week says; none: that shift does not begin on this day.
    """

    closed: bool = False
    times: Mapping[str, tuple[WeekTimes, ...]] = field(default_factory=dict[str, tuple[WeekTimes, ...]])


def parse_times(text: str) -> WeekTimes:
    """The times that a text means; raises ValueError.

    >>> parse_times("Mon-Fri 06:00-14:00")
    WeekTimes(days=(0, 1, 2, 3, 4), start=360, end=840)
    """
    match = _TIMES.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a time like `Mon-Fri 06:00-14:00`")
    start, end = _minutes(match["start"]), _minutes(match["end"])
    if start in {end, 24 * 60}:
        raise ValueError(f"'{text}' has no length (a whole day is 00:00-24:00)")
    return WeekTimes(_days(match["days"] or "Mon-Sun"), start, end)


def _minutes(text: str) -> int:
    match = _CLOCK.fullmatch(text)
    minutes = int(match[1]) * 60 + int(match[2]) if match else 24 * 60 + 1
    if minutes > 24 * 60:
        raise ValueError(f"'{text}' is not a time of day (00:00 to 24:00)")
    return minutes


def _days(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        start, stop = _day(first), _day(last or first)
        found.update((start + i) % 7 for i in range((stop - start) % 7 + 1))
    return tuple(sorted(found))


def _day(text: str) -> int:
    name = text.capitalize()
    if name not in DAYS:
        raise ValueError(f"'{text}' is not a day of {', '.join(DAYS)}")
    return DAYS.index(name)
