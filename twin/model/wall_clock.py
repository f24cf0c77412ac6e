"""From the clock on the wall to instants, exact where the clock is put forward or back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from twin.core.instant import SECOND, from_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def instant_of(day: date, minutes: int, zone: ZoneInfo) -> int:
    """The first instant at which the wall shows this time of the day or a later one; minutes: 0 to 1440.

    A time that the clock skips is the instant of the jump, of a time that it shows twice the first counts: so a later
    time on the wall is never an earlier instant.
    """
    return _first(datetime.combine(day, time()) + timedelta(minutes=minutes), zone)


def instant_on_wall(text: str, zone: ZoneInfo) -> int:
    """The instant of a time like `2026-11-20T06:00`, by the wall where it names no zone; as `instant_of` where the
    clock jumps. Raises ValueError.

    >>> instant_on_wall("2026-07-01T06:00", ZoneInfo("Europe/Prague")) == from_text("2026-07-01T04:00Z")
    True
    """
    try:
        return from_text(text)
    except ValueError:
        shown = from_text(text, 0)
    seconds, rest = divmod(shown, SECOND)
    return _first((_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None), zone) + rest


def _first(wall: datetime, zone: ZoneInfo) -> int:
    first = _utc(wall.replace(tzinfo=zone))
    if _wall(first, zone) == wall:
        return _ns(first)
    before, after = _utc(wall.replace(tzinfo=zone, fold=1)), first  # the jump lies between them
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        before, after = (before, middle) if _wall(middle, zone) >= wall else (middle, after)
    return _ns(after)


def day_of(instant: int, zone: ZoneInfo) -> date:
    """The day that the wall shows."""
    return _wall(_EPOCH + timedelta(seconds=instant // SECOND), zone).date()


def local_text(instant: int, zone: ZoneInfo) -> str:
    """The time on the wall with its offset: `2026-11-22T14:00+01:00`."""
    return (_EPOCH + timedelta(seconds=instant // SECOND)).astimezone(zone).isoformat(timespec="minutes")


def _utc(aware: datetime) -> datetime:
    return aware.astimezone(UTC)


def _wall(utc: datetime, zone: ZoneInfo) -> datetime:
    return utc.astimezone(zone).replace(tzinfo=None, fold=0)


def _ns(utc: datetime) -> int:
    return (utc - _EPOCH) // _SECOND * SECOND
