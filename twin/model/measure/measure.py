"""A unit as numbers: which SI units it is made of, and how many of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from twin.model.measure.spellings import TURN

Dimension = tuple[tuple[str, int], ...]
"""Base units with their exponents, sorted."""

NAMES: Mapping[Dimension, str] = {
    (): "a share",
    (("K", 1),): "a temperature",
    (("m", 1),): "a length",
    (("m", 2),): "an area",
    (("m", 3),): "a volume",
    (("kg", 1),): "a mass",
    (("s", 1),): "a time",
    (("A", 1),): "a current",
    (("rad", 1),): "an angle",
    (("pc", 1),): "a number of pieces",
    (("s", -1),): "a frequency",
    (("rad", 1), ("s", -1)): "a speed of turning",
    (("m", 1), ("s", -1)): "a speed",
    (("m", 1), ("s", -2)): "an acceleration",
    (("m", 3), ("s", -1)): "a flow",
    (("kg", 1), ("s", -1)): "a flow of mass",
    (("kg", 1), ("m", -3)): "a density",
    (("kg", 1), ("m", 1), ("s", -2)): "a force",
    (("kg", 1), ("m", -1), ("s", -2)): "a pressure",
    (("kg", 1), ("m", 2), ("s", -2)): "an energy",
    (("kg", 1), ("m", 2), ("rad", -1), ("s", -2)): "a torque",
    (("kg", 1), ("m", 2), ("s", -3)): "a power",
    (("A", -1), ("kg", 1), ("m", 2), ("s", -3)): "a voltage",
    (("A", -2), ("kg", 1), ("m", 2), ("s", -3)): "a resistance",
}
PER_SECOND: Dimension = (("s", -1),)
_TURN = Fraction(TURN)


class NoConversion(ValueError):
    """Two units that nothing leads from one to the other."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit: an amount in SI units = value * factor + offset.

    zero: what its zero hangs on where that moves (the air around, of bar(g)); '' where it stands still. Exact, so that
    a factor has the same bits wherever it is computed.
    """

    dimension: Dimension
    factor: Fraction
    offset: Fraction = Fraction(0)
    zero: str = ""

    @property
    def is_point(self) -> bool:
        """Whether its zero is not nothing: 20 degC is not twice 10 degC."""
        return bool(self.offset or self.zero)

    @property
    def step(self) -> Measure:
        """The unit of differences of it."""
        return replace(self, offset=Fraction(0), zero="")

    @property
    def name(self) -> str:
        """What it measures, in words."""
        return NAMES.get(self.dimension) or ".".join(f"{base}{'' if n == 1 else n}" for base, n in self.dimension)

    def times(self, other: Measure, exponent: int = 1) -> Measure:
        """The product with a power of another; what was a point is a step in it."""
        found = Counter(dict(self.dimension))
        for base, n in other.dimension:
            found[base] += n * exponent
        return Measure(tuple(sorted((b, n) for b, n in found.items() if n)), self.factor * other.factor**exponent)

    def without(self, base: str) -> Measure:
        """The same as if a base unit were 1."""
        return replace(self, dimension=tuple(one for one in self.dimension if one[0] != base))


ONE = Measure((), Fraction(1))


@dataclass(frozen=True, slots=True)
class Conversion:
    """From one unit to another: value * factor + offset."""

    factor: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)

    @property
    def is_nothing(self) -> bool:
        """Whether every value stays as it is."""
        return self.factor == 1 and not self.offset

    def of(self, value: float) -> float:
        """A value, as its shortest decimal says it, in the other unit, rounded once.

        >>> Conversion(Fraction(5, 9), Fraction(-160, 9)).of(212.0)
        100.0
        """
        return float(Fraction(str(value)) * self.factor + self.offset)


def conversion(source: Measure, target: Measure) -> Conversion:
    """From one unit to another. A turn is 1 where one of them counts turns: 1500 rpm are 25 Hz, and 25/min are 25 rpm.

    Raises NoConversion.
    """
    one, other = source.without("rad"), target.without("rad")
    if source.dimension != target.dimension and one.dimension == other.dimension == PER_SECOND:
        turned = _TURN ** (dict(target.dimension).get("rad", 0) - dict(source.dimension).get("rad", 0))
        return Conversion(one.factor * turned / other.factor)
    return _conversion(source, target)


def conversion_of_made(source: Measure, target: Measure) -> Conversion:
    """The same for what an expression makes: there nobody can tell whether 1/s means turns or radians, so whoever wrote
    it must. Raises NoConversion.
    """
    if source.dimension != target.dimension and source.without("rad").dimension == target.without("rad").dimension:
        raise NoConversion(
            "one of them counts turns or angles and the other does not; multiply or divide by `1 rad`, or by `1 rev`"
        )
    return _conversion(source, target)


def _conversion(source: Measure, target: Measure) -> Conversion:
    if source.dimension == target.dimension and source.zero == target.zero:
        return Conversion(source.factor / target.factor, (source.offset - target.offset) / target.factor)
    if source.dimension == target.dimension:
        moving = source.zero or target.zero
        raise NoConversion(f"one of them counts from {moving} and the other does not, so no number lies between them")
    if alike(source, target, "pc"):
        return Conversion(source.factor / target.factor)
    raise NoConversion(f"{source.name} is not {target.name}")


def alike(one: Measure, other: Measure, base: str) -> bool:
    """Whether two units differ in a base unit alone and measure something without it too."""
    mine, its = one.without(base), other.without(base)
    return mine.dimension == its.dimension != () and not one.is_point and not other.is_point
