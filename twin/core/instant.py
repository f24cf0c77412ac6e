"""Instants are int64 ns since 1970 UTC; this is where they become text and come back, exactly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

FAR_PAST = -(2**62)
FAR_FUTURE = 2**62


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end), ns since 1970 UTC."""

    start: int
    end: int


NOW = "now"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*([Zz]|[+-]\d\d:?\d\d)?$"
)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ns|us|ms|s|min|m|h|d)")
_UNIT_NS = {"ns": 1, "us": 1_000, "ms": MILLISECOND, "s": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY}


def to_text(instant: int) -> str:
    """RFC 3339 in UTC with as many decimals as are needed: `2026-11-22T14:03:12.5Z`."""
    seconds, ns = divmod(instant, SECOND)
    moment = _EPOCH + timedelta(seconds=seconds)
    fraction = f".{ns:09d}".rstrip("0") if ns else ""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + fraction + "Z"


def from_text(text: str, naive_offset_s: int | None = None) -> int:
    """The instant of an RFC 3339 text, to the ns.

    naive_offset_s: UTC offset that a text without zone has; without it such a text raises ValueError.
    """
    match = _RFC3339.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time like 2026-11-22T14:03:12Z")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    if zone is None and naive_offset_s is None:
        raise ValueError(f"{text!r} has no time zone; write Z or an offset like +01:00")
    moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
    offset_s = (naive_offset_s or 0) if zone is None else _offset_s(zone)
    whole = (moment - _EPOCH) // timedelta(seconds=1) - offset_s
    return whole * SECOND + int((fraction or "0").ljust(9, "0"))


def from_moment(text: str, now: int) -> int:
    """The instant of an RFC 3339 text, or of one that counts from now: `now`, `now-2h`. Raises ValueError."""
    if not is_relative(text):
        return from_text(text)
    rest = text.strip().removeprefix(NOW).strip()
    if not rest:
        return now
    if not rest.startswith("-"):
        raise ValueError(f"{text!r} is not a time like now-2h")
    return now - duration(rest[1:])


def is_relative(text: str) -> bool:
    """Whether a text counts from now."""
    return text.strip().startswith(NOW)


def _offset_s(zone: str) -> int:
    if zone in {"Z", "z"}:
        return 0
    sign = -1 if zone[0] == "-" else 1
    return sign * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)


def duration(text: str) -> int:
    """Length in ns of a text like `250ms`, `30s`, `1h30m`; raises ValueError for anything else."""
    stripped = text.strip().replace(" ", "")
    parts = _DURATION.findall(stripped)
    if not parts or "".join(n + u for n, u in parts) != stripped:
        raise ValueError(f"{text!r} is not a duration like 250ms, 30s, 5m, 1h30m")
    return sum(round(float(number) * _UNIT_NS[unit]) for number, unit in parts)


def duration_text(length: int) -> str:
    """A length for people: `45 s`, `2 min 10 s`, `3 h 5 min`."""
    seconds = length / SECOND
    if seconds < 1:
        return f"{length // MILLISECOND} ms"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
