"""A source's own time: the number or text in a payload becomes an instant, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.mqtt.json_path import MISSING, Path, compile_path, find
from twin.core.errors import Undecodable
from twin.core.instant import FAR_FUTURE, FAR_PAST, from_text

NS_PER_UNIT = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
UNITS = (*NS_PER_UNIT, "iso", "auto")

_AUTO = ((10**11, 1_000_000_000), (10**14, 1_000_000), (10**17, 1_000))
"""Below 1e11 a number is seconds (the year 5138), below 1e14 ms (from 1973), below 1e17 us, else ns."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """Where a payload holds its time, and in which unit: `s`, `ms`, `us`, `ns`, `iso` or `auto` (by magnitude)."""

    path: Path
    unit: str
    text: str

    def read(self, document: Any) -> int | None:
        """The instant, ns; None when the document holds no time. Raises Undecodable for a time nobody can read."""
        found = find(document, self.path)
        if found is MISSING or found is None:
            return None
        try:
            instant = instant_of(found, self.unit)
        except (ValueError, ArithmeticError) as error:
            raise Undecodable(f"no time at {self.text}", str(error)) from None
        if not FAR_PAST < instant < FAR_FUTURE:
            raise Undecodable(f"no time at {self.text}", f"{found!r} is out of range")
        return instant


def timestamp(setting: Any) -> Timestamp | None:
    """The setting `timestamp` of a tag: `$.ts` or `{path: $.ts, unit: ms}`. Raises ValueError with the fix."""
    if setting is None:
        return None
    given: Any = {"path": setting} if isinstance(setting, str) else setting
    if not isinstance(given, Mapping) or not isinstance(given.get("path"), str) or set(given) - {"path", "unit"}:
        raise ValueError("timestamp is a path like $.ts or {path: $.ts, unit: ms}")
    unit = given.get("unit", "auto")
    if unit not in UNITS:
        raise ValueError(f"timestamp unit {unit!r} is not one of {', '.join(UNITS)}")
    return Timestamp(compile_path(given["path"]), unit, given["path"])


def instant_of(found: Any, unit: str) -> int:
    """The instant of a JSON value, ns. Text without a zone is UTC. Raises ValueError or ArithmeticError."""
    if type(found) is int and unit in NS_PER_UNIT:
        return found * NS_PER_UNIT[unit]
    if type(found) is str and (unit == "iso" or not _is_digits(found)):
        return from_text(found, naive_offset_s=0)
    if unit == "iso" or type(found) not in {int, float, str}:
        raise ValueError(f"{found!r} is not a time")
    number = Decimal(repr(found) if type(found) is float else found)
    return int(number * (_by_magnitude(number) if unit == "auto" else NS_PER_UNIT[unit]))


def _is_digits(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal() and text.isascii()


def _by_magnitude(number: Decimal) -> int:
    size = abs(number)
    return next((factor for limit, factor in _AUTO if size < limit), 1)
