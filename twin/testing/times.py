"""Times as tests write and read them: lengths, instants since the start of the test, datetimes of the plant."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from twin.core.errors import Misconfigured
from twin.core.instant import SECOND, duration, from_text

Length: TypeAlias = str | float | timedelta
"""How long: text like `"1h30m"`, seconds, or a timedelta."""
Moment: TypeAlias = str | float | timedelta | datetime
"""When: a length since the start of the test, a datetime with a zone, or RFC 3339 text."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def length_ns(given: Length, what: str) -> int:
    """A length in ns. what: the argument, for the error. Raises Misconfigured."""
    if isinstance(given, timedelta):
        return given // _MICROSECOND * 1000
    if isinstance(given, str):
        try:
            return -duration(given[1:]) if given.startswith("-") else duration(given)
        except ValueError as error:
            raise Misconfigured(f"{what}: {error}") from None
    if not math.isfinite(given):
        raise Misconfigured(f"{what}: {given!r} is no number of seconds")
    return round(given * SECOND)


def instant_ns(given: Moment, start: int, what: str) -> int:
    """An instant in ns since 1970 UTC. start: the instant that lengths count from. Raises Misconfigured."""
    if isinstance(given, datetime):
        if given.tzinfo is None:
            raise Misconfigured(f"{what}: {given} has no time zone; take it from line.now or another result")
        return (given - _EPOCH) // _MICROSECOND * 1000
    if isinstance(given, str) and "-" in given[1:]:
        try:
            return from_text(given)
        except ValueError as error:
            raise Misconfigured(f"{what}: {error}; or a length since the start of the test like 10m") from None
    return start + length_ns(given, what)


class Wall:
    """The clock on the wall of a plant: from ns to what people read. start: of the test."""

    def __init__(self, zone: str, start: int) -> None:
        self.zone = ZoneInfo(zone)
        self.start = start
        self.now = start

    def at(self, instant: int) -> datetime:
        """A datetime in the plant's time zone, to the microsecond below."""
        return (_EPOCH + timedelta(microseconds=instant // 1000)).astimezone(self.zone)

    def at_or_none(self, instant: int | None) -> datetime | None:
        """The same; None stays None."""
        return None if instant is None else self.at(instant)

    def text(self, instant: int) -> str:
        """`08:12:05`, with the day where it is not that of the start."""
        moment, first = self.at(instant), self.at(self.start)
        return f"{moment:%H:%M:%S}" if moment.date() == first.date() else f"{moment:%a %H:%M:%S}"

    def ns(self, given: Moment, what: str) -> int:
        """An instant that a test wrote."""
        return instant_ns(given, self.start, what)


def span(length: int) -> timedelta:
    """Ns as a timedelta, to the microsecond below."""
    return timedelta(microseconds=length // 1000)


def monday_at_six(zone: str) -> int:
    """The fixed Monday on which lines in tests begin: 2025-11-10 06:00 in the plant's time zone, as ns."""
    return instant_ns(datetime(2025, 11, 10, 6, tzinfo=ZoneInfo(zone)), 0, "start")
