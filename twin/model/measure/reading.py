"""Reads a unit: `m3/h`, `kJ/kg/K`, `bar(g)`. First by the table of spellings, then, long names alone, by pint."""

from __future__ import annotations

import re
from difflib import get_close_matches
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from twin.model.measure.measure import ONE, PER_SECOND, Measure
from twin.model.measure.spellings import (
    ALSO,
    AMBIGUOUS,
    BASES,
    MADE_OF,
    OPAQUE,
    PREFIXES,
    SCALES,
    SIGNS,
    UNECE,
    WITH_PREFIX,
)

LONGEST = 60
"""Characters of a unit."""
HIGHEST = 9
"""The highest exponent."""
KEPT = 1000
"""So many units are kept as they were read."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:e-?\d\d?)?)|(?P<name>[^\W\d][\w%]*?|%[A-Za-z.]*)"
    r"(?P<power>(?:\^|\*\*)?-?\d+)?(?=[\s./*()^]|$)|(?P<sign>\*(?!\*)|[./()]))"
)
_ANNOTATION = re.compile(r"\{[^{}]*\}")


class NoUnit(ValueError):
    """A text that is no unit. The message says what to write."""


@lru_cache(maxsize=KEPT)
def measure(text: str) -> Measure:
    """The unit of a text. Raises NoUnit.

    >>> float(measure("m3/h").factor * 3600), measure("m³/h") == measure("cbm/h")
    (1.0, True)
    """
    written = " ".join(text.split())
    if not written or len(written) > LONGEST:
        raise NoUnit(f"'{text[:LONGEST]}' is no unit")
    if written in UNECE:
        return measure(UNECE[written])
    if (found := _named(written)) is not None:
        return found
    plain = _ANNOTATION.sub("1", written.translate(SIGNS))
    if (found := _named(plain)) is not None:
        return found
    return _Reader(text, plain).whole()


@lru_cache(maxsize=KEPT)
def known(text: str) -> Measure | None:
    """The unit of a text; None for one that is none, such as what a plant counts: `bottle`."""
    try:
        return measure(text)
    except NoUnit:
        return None


def _named(name: str) -> Measure | None:
    """A unit by one name, with a prefix or without; None where the table has it not. Raises NoUnit for two in one."""
    if name in AMBIGUOUS:
        raise NoUnit(f"'{name}' is read in two ways; write {AMBIGUOUS[name]}")
    if name in ALSO and ALSO[name] != name:
        return measure(ALSO[name])
    if name in BASES or name in OPAQUE:
        return Measure(((name, 1),), Fraction(1))
    if name in SCALES:
        step, offset, zero = SCALES[name]
        one = measure(step)
        return Measure(one.dimension, one.factor, Fraction(offset), zero)
    if name in MADE_OF:
        return _Reader(name, MADE_OF[name]).whole()
    for prefix, power in PREFIXES.items():
        if name.startswith(prefix) and name[len(prefix) :] in WITH_PREFIX:
            return Measure((), Fraction(10) ** power).times(measure(name[len(prefix) :]))
    return None


class _Reader:
    """Reads one text from left to right: units with exponents, `.` `*` `/` or a blank between them, in parentheses."""

    def __init__(self, shown: str, text: str) -> None:
        self._shown = shown
        self._text = text
        self._at = 0
        self._match: re.Match[str] | None = None
        self._next()

    def whole(self) -> Measure:
        """All of it. Raises NoUnit."""
        many = len(_TOKEN.findall(self._text))
        found = self._product(alone=many == 1)
        if self._match is not None or self._text[self._at :].strip():
            raise self._wrong()
        return found

    def _product(self, alone: bool = False) -> Measure:
        found = ONE
        if self._sign() != "/":
            found = self._power(alone)
        while self._match is not None and self._sign() != ")":
            exponent = 1
            if self._sign() and self._sign() in "./*":
                exponent = -1 if self._sign() == "/" else 1
                self._next()
            found = found.times(self._power(), exponent)
        return found

    def _power(self, alone: bool = False) -> Measure:
        match = self._match
        if match is None:
            raise self._wrong()
        if self._sign() == "(":
            self._next()
            found = self._product()
            if self._sign() != ")":
                raise self._wrong()
            self._next()
            return found
        if match["number"]:
            self._next()
            if not (number := Fraction(match["number"])):
                raise self._wrong()
            return Measure((), number)
        if not match["name"]:
            raise self._wrong()
        power = int((match["power"] or "1").lstrip("^*"))
        whole = match["name"] + (match["power"] or "")
        self._next()
        if match["power"] and (found := _named(whole)) is not None:
            return found
        found = self._one(match["name"])
        if abs(power) > HIGHEST:
            raise self._wrong()
        return found if alone and power == 1 else ONE.times(found, power)

    def _one(self, name: str) -> Measure:
        found = _named(name)
        if found is None:
            found = by_long_name(name)
        if found is None:
            raise self._wrong(name)
        return found

    def _next(self) -> None:
        self._match = _TOKEN.match(self._text, self._at)
        self._at = self._match.end() if self._match else self._at

    def _sign(self) -> str:
        return (self._match["sign"] or "") if self._match else ""

    def _wrong(self, name: str = "") -> NoUnit:
        meant = _meant(name) if name else ""
        if meant:
            return NoUnit(f"no unit '{self._shown}' (did you mean '{self._text.replace(name, meant)}'?)")
        return NoUnit(f"no unit '{self._shown}' (units are written like degC, m3/h, kJ/kg/K, bar(g))")


def _meant(name: str) -> str:
    """The unit that was probably meant, '' for none."""
    known = [*SCALES, *BASES, *MADE_OF, *(p + one for one in sorted(WITH_PREFIX) for p in PREFIXES), *ALSO]
    same = [one for one in known if one.casefold() == name.casefold()]
    return next(iter(same or get_close_matches(name, [one for one in known if not one.endswith("_")], n=1)), "")


@cache
def by_long_name(name: str) -> Measure | None:
    """A unit that pint knows by a whole name (`furlong`, `kilofurlong`), None for any other.

    Its symbols and its prefixes of one letter are left aside: by those it reads what plants write as something else.
    So are shares, frequencies and angles, which it does not tell apart.
    """
    if len(name) < SHORTEST or not name.replace("_", "").isalpha() or name != name.lower():
        return None
    import pint  # noqa: PLC0415 - a second to load, and hardly any plant file needs it

    registry = _registry()
    try:
        parsed = registry.parse_unit_name(name)
        if not parsed or not name.startswith(parsed[0][0]):
            return None
        one, zero = (registry.Quantity(Fraction(n), name).to_base_units() for n in (1, 0))
        factor, offset = Fraction(one.magnitude - zero.magnitude), Fraction(zero.magnitude)
        dimension = tuple(sorted((_PINT[base], int(n)) for base, n in one.dimensionality.items()))
    except (pint.PintError, TypeError, KeyError, ValueError):
        return None  # a scale that is not linear, or a dimension of its own
    return None if dimension in {(), PER_SECOND} else Measure(dimension, factor, offset)


SHORTEST = 4
"""Letters of a whole name."""
_PINT = {
    "[length]": "m", "[mass]": "kg", "[time]": "s", "[current]": "A", "[temperature]": "K", "[substance]": "mol",
    "[luminosity]": "cd",
}  # fmt: skip


@cache
def _registry() -> Any:
    import pint  # noqa: PLC0415

    return pint.UnitRegistry(non_int_type=Fraction)  # pyright: ignore[reportArgumentType] - it takes any number
