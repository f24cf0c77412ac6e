"""Elements and key figures of ISO 22400-2, with its names. Sums are integers; one division makes each figure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction
from typing import TypeVar

from twin.core.instant import HOUR

Number = TypeVar("Number", int, Fraction)


@dataclass(frozen=True, slots=True)
class Times:
    """Time elements in ns; None where they are not defined.

    calendar: length of the period. pot: planned operation time, the shifts. pdot: planned down time, the breaks.
    pbt = pot - pdot: planned busy time. Of pbt: apt production, aust set-up, adet delay, adot idle, unknown: nobody
    knows. micro: stops too short to count; they are in apt.
    """

    calendar: int
    pot: int | None = None
    pdot: int | None = None
    pbt: int | None = None
    apt: int | None = None
    aust: int | None = None
    adet: int | None = None
    adot: int | None = None
    unknown: int | None = None
    micro: int | None = None

    def __add__(self, other: Times) -> Times:
        """Element by element: how periods and machines are put together. What one side does not know, the sum does
        not know.
        """
        names = [one.name for one in fields(self)][1:]
        return Times(
            self.calendar + other.calendar, *(_plus(getattr(self, name), getattr(other, name)) for name in names)
        )


@dataclass(frozen=True, slots=True)
class Pieces:
    """produced = good + reject + rework (PQ = GQ + SQ + RQ); None where no counter tells.

    earned, earned_good: ns that these pieces take at their ideal rates (sum of PRI x PQ, of PRI x GQ); None when
    pieces have no ideal rate.
    """

    produced: int | None = None
    good: int | None = None
    reject: int | None = None
    rework: int | None = None
    earned: Fraction | None = None
    earned_good: Fraction | None = None

    def __add__(self, other: Pieces) -> Pieces:
        """Quantity by quantity."""
        return Pieces(*(_plus(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Figures:
    """Key figures, 1.0 is 100 %; None where one is not defined: a divisor of 0 is no 0 and no 100 %.

    Effectiveness above 1 is shown as it is. teep is not of ISO 22400-2; it is OEE over calendar time. throughput: the
    standard divides by the time of orders (AOET); while no orders are kept, that is all planned busy time.
    """

    availability: float | None
    effectiveness: float | None
    quality: float | None
    oee: float | None
    nee: float | None
    teep: float | None
    allocation_efficiency: float | None
    utilisation_efficiency: float | None
    technical_efficiency: float | None
    setup_ratio: float | None
    scrap_ratio: float | None
    rework_ratio: float | None
    throughput_per_h: float | None


def effectiveness(t: Times, p: Pieces) -> float | None:
    """Ideal time of all pieces over production time; above 1 when the ideal rate is too slow."""
    return _ratio(p.earned, t.apt)


def figures(t: Times, p: Pieces) -> Figures:
    """The figures of summed elements. Percentages are never averaged: add the elements, then come here."""
    aupt = _plus(t.apt, t.aust)
    aubt = _plus(aupt, t.adet)
    by_pieces = _ratio(p.good, p.produced)
    oee = _ratio(p.earned_good, t.pbt)
    nee = None
    if p.earned_good is not None and aupt is not None and t.apt and t.pbt:
        nee = float(p.earned_good * aupt / (t.apt * t.pbt))
    return Figures(
        availability=_ratio(t.apt, t.pbt),
        effectiveness=effectiveness(t, p),
        quality=_ratio(p.earned_good, p.earned) if p.earned else by_pieces,
        oee=oee,
        nee=nee,
        teep=None if oee is None else _ratio(p.earned_good, t.calendar),
        allocation_efficiency=_ratio(aubt, t.pbt),
        utilisation_efficiency=_ratio(t.apt, aubt),
        technical_efficiency=_ratio(t.apt, _plus(t.apt, t.adet)),
        setup_ratio=_ratio(t.aust, aupt),
        scrap_ratio=_ratio(p.reject, p.produced),
        rework_ratio=_ratio(p.rework, p.produced),
        throughput_per_h=None if p.produced is None else _ratio(p.produced * HOUR, t.pbt),
    )


def _plus(one: Number | None, other: Number | None) -> Number | None:
    """The sum; None when one is not known."""
    return None if one is None or other is None else one + other


def _ratio(part: Fraction | int | None, whole: Fraction | int | None) -> float | None:
    return None if part is None or not whole else float(Fraction(part) / Fraction(whole))
