"""The aggregates of OPC 10000-13 once more: one interval, one row, one fraction at a time, from the text alone.

Written apart from twin.core.part13 and slow on purpose. A result is (value or None, severity, bits); severity is g, u,
b (Bad) or n (BadNoData), U for the plain Uncertain of a raw row; bits are C, I, P, M.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from twin.core.part13 import Config

Result = tuple[Fraction | float | None, str, str]
NOTHING: Result = (None, "n", "")


@dataclass(frozen=True)
class Row:
    """quality as the source gave it: g, u or b."""

    time: int
    value: Fraction
    quality: str


@dataclass(frozen=True)
class Tag:
    rows: list[Row]
    config: Config
    until: int

    def bad(self, row: Row) -> bool:
        return row.quality == "b" or (row.quality == "u" and self.config.uncertain_is_bad)

    def known(self) -> list[Row]:
        return [row for row in self.rows if row.time < self.until]


@dataclass(frozen=True)
class Point:
    time: int
    value: Fraction
    quality: str  # g, u, b after the settings


def line(one: Row, other: Row, at: int) -> Fraction:
    return one.value + (other.value - one.value) * Fraction(at - one.time, other.time - one.time)


def simple_bound(tag: Tag, at: int, before_it: bool = False) -> Point:
    rows = tag.known()
    standing = [row for row in rows if row.time == at]
    if standing and not before_it:
        row = standing[0]
        return Point(at, row.value, "b" if tag.bad(row) else row.quality)
    earlier = [row for row in rows if row.time < at]
    later = [row for row in rows if row.time >= at]
    if not earlier or tag.bad(earlier[-1]):
        return Point(at, Fraction(0), "b")
    before = earlier[-1]
    if tag.config.stepped:
        quality = "u" if not later and at > tag.until else before.quality
        return Point(at, before.value, quality)
    if not later or tag.bad(later[0]):
        return Point(at, before.value, "u")
    quality = "g" if before.quality == later[0].quality == "g" else "u"
    return Point(at, line(before, later[0], at), quality)


def interpolated_bound(tag: Tag, at: int, stepped: bool) -> Point:
    rows = tag.known()
    fit = [row for row in rows if not tag.bad(row)]
    for row in fit:
        if row.time == at:
            return Point(at, row.value, row.quality)
    earlier, later = [row for row in fit if row.time < at], [row for row in fit if row.time > at]
    if not earlier:
        return Point(at, Fraction(0), "b")
    before = earlier[-1]
    if stepped:
        skipped = any(before.time < row.time < at for row in rows)
        doubtful = skipped or before.quality != "g" or (not later and at > tag.until)
        return Point(at, before.value, "u" if doubtful else "g")
    if not later:
        if tag.config.sloped_extrapolation and len(earlier) > 1:
            return Point(at, line(earlier[-2], before, at), "u")
        return Point(at, before.value, "u")
    skipped = any(before.time < row.time < later[0].time for row in rows)
    good = not skipped and before.quality == later[0].quality == "g"
    return Point(at, line(before, later[0], at), "g" if good else "u")


@dataclass(frozen=True)
class Stretch:
    length: int
    area: Fraction
    quality: str


def stretches(points: list[Point], stepped: bool) -> list[Stretch]:
    found: list[Stretch] = []
    for one, other in pairwise(points):
        length = other.time - one.time
        if not length:
            continue
        if one.quality == "b":
            found.append(Stretch(length, Fraction(0), "b"))
        elif stepped:
            found.append(Stretch(length, one.value * length, one.quality))
        elif other.quality == "b":
            found.append(Stretch(length, one.value * length, "u"))
        else:
            quality = "g" if one.quality == other.quality == "g" else "u"
            found.append(Stretch(length, (one.value + other.value) / 2 * length, quality))
    return found


def of_quality(pieces: list[Stretch], wanted: str) -> int:
    return sum(piece.length for piece in pieces if piece.quality == wanted)


def severity(good: int, bad: int, whole: int, config: Config) -> str:
    if config.percent_good != 100 - config.percent_bad and bad and bad * 100 >= config.percent_bad * whole:
        return "b"
    return "g" if good * 100 >= config.percent_good * whole else "u"


class Interval:
    """[start, end) of a tag."""

    def __init__(self, tag: Tag, start: int, end: int) -> None:
        self.tag, self.start, self.end = tag, start, end
        self.rows = [row for row in tag.known() if start <= row.time < end]
        self.fit = [row for row in self.rows if not tag.bad(row)]
        self.good = [row for row in self.rows if row.quality == "g"]
        self.bad = [row for row in self.rows if tag.bad(row)]
        known = tag.known()
        first = known[0].time if known else end
        self.outside = not known or end <= first or start >= tag.until
        self.partial = "P" if not self.outside and (start < first or end > tag.until) else ""

    def done(self, value: Fraction | float | None, worth: str, bits: str, partial: bool = True) -> Result:
        if self.outside:
            return NOTHING
        if worth in {"b", "n"}:
            return (None, worth, "")
        return (value, worth, bits + (self.partial if partial else ""))

    def by_values(self) -> str:
        return severity(len(self.good), len(self.bad), len(self.rows), self.tag.config)

    def average(self) -> Result:
        if not self.good:
            return NOTHING
        mean = sum((row.value for row in self.good), Fraction(0)) / len(self.good)
        return self.done(mean, self.by_values(), "C", partial=False)

    def count(self) -> Result:
        return self.done(Fraction(len(self.good)), self.by_values(), "C")

    def extreme(self, pick: Callable[..., Fraction]) -> Result:
        if not self.good:
            return NOTHING
        values = [row.value for row in self.good]
        found = pick(values)
        worse = any(pick(row.value, found) != found for row in self.fit if row.quality == "u")
        doubtful = bool(self.bad) or worse
        own = any(row.time == self.start and row.value == found for row in self.good)
        bits = ("C" if doubtful or not own else "") + ("M" if values.count(found) > 1 else "")
        return self.done(found, "u" if doubtful else "g", bits)

    def range(self) -> Result:
        least, greatest = self.extreme(min), self.extreme(max)
        if least[0] is None or greatest[0] is None:
            return NOTHING
        return self.done(greatest[0] - least[0], max(least[1], greatest[1]), "C")

    def raw(self, at: int) -> Result:
        if not self.rows or self.outside:
            return NOTHING
        row = self.rows[at]
        if row.quality == "b":
            return (None, "b", "")
        return (row.value, "U" if row.quality == "u" else "g", self.partial)

    def deviation(self, less: int) -> Result:
        if not self.good:
            return NOTHING
        mean = sum((row.value for row in self.good), Fraction(0)) / len(self.good)
        squares = sum(((row.value - mean) ** 2 for row in self.good), Fraction(0))
        found = float(squares / (len(self.good) - less)) ** 0.5 if len(self.good) > 1 else 0.0
        return self.done(found, "g" if len(self.good) == len(self.rows) else "u", "C")

    def interpolative(self) -> Result:
        point = interpolated_bound(self.tag, self.start, self.tag.config.stepped)
        if point.quality == "b":
            return NOTHING
        if any(row.time == self.start for row in self.fit):
            return (point.value, "U" if point.quality == "u" else "g", "")
        return (point.value, point.quality, "I")

    def start_bound(self) -> Result:
        point = simple_bound(self.tag, self.start)
        if self.outside or point.quality == "b":
            return (None, "n", self.partial)
        if any(row.time == self.start for row in self.fit):
            return (point.value, "U" if point.quality == "u" else "g", self.partial)
        return (point.value, point.quality, "I" + self.partial)

    def end_bound(self) -> Result:
        point = simple_bound(self.tag, self.end)
        if self.outside or point.quality == "b" or self.end > self.tag.until:
            return (None, "n", self.partial)
        return (point.value, point.quality, "C" + self.partial)

    def smooth(self) -> tuple[Fraction | None, str]:
        points = [interpolated_bound(self.tag, self.start, stepped=False)]
        points += [Point(row.time, row.value, row.quality) for row in self.fit]
        points += [interpolated_bound(self.tag, self.end, stepped=False)]
        pieces = [one for one in stretches(points, stepped=False) if one.quality != "b"]
        length = sum(one.length for one in pieces)
        if not length:
            return None, "n"
        good = points[0].quality == points[-1].quality == "g" and len(self.good) == len(self.rows)
        return sum((one.area for one in pieces), Fraction(0)) / length, "g" if good else "u"

    def time_average(self) -> Result:
        value, worth = self.smooth()
        return self.done(value, worth, "C")

    def total(self) -> Result:
        value, worth = self.smooth()
        return self.done(None if value is None else value * (self.end - self.start), worth, "C")

    def pieces(self) -> list[Stretch]:
        end = min(self.end, self.tag.until)
        points = [simple_bound(self.tag, self.start)]
        points += [Point(row.time, row.value, "b" if self.tag.bad(row) else row.quality) for row in self.rows]
        points += [simple_bound(self.tag, end, before_it=True)]
        return stretches(points, self.tag.config.stepped)

    def by_time(self, pieces: list[Stretch]) -> str:
        whole = sum(piece.length for piece in pieces)
        return severity(of_quality(pieces, "g"), of_quality(pieces, "b"), whole, self.tag.config)

    def area2(self, mean: bool) -> Result:
        if self.outside:
            return NOTHING
        pieces = self.pieces()
        usable = sum(piece.length for piece in pieces if piece.quality != "b")
        if not usable:
            return NOTHING
        area = sum((piece.area for piece in pieces), Fraction(0))
        return self.done(area / usable if mean else area, self.by_time(pieces), "C")

    def extreme2(self, pick: Callable[..., Fraction]) -> Result:
        if self.outside:
            return NOTHING
        values = [row.value for row in self.fit]
        start, own = simple_bound(self.tag, self.start), any(row.time == self.start for row in self.rows)
        candidates = list(values)
        if not own and start.quality != "b":
            candidates.append(start.value)
        later = [row for row in self.tag.known() if row.time >= self.end]
        if not self.tag.config.stepped and later and later[0].time > self.end:
            end = simple_bound(self.tag, self.end)
            candidates += [end.value] if end.quality != "b" else []
        elif not self.tag.config.stepped and later and not self.tag.bad(later[0]):
            candidates.append(later[0].value)
        if not candidates:
            return NOTHING
        found = pick(candidates)
        if not own and start.quality != "b" and start.value == found:
            bits = "I"
        elif own and self.fit and self.fit[0].time == self.start and self.fit[0].value == found:
            bits = ""
        else:
            bits = "C" if found in values else "I"
        return self.done(found, self.by_time(self.pieces()), bits + ("M" if candidates.count(found) > 1 else ""))

    def range2(self) -> Result:
        least, greatest = self.extreme2(min), self.extreme2(max)
        if least[0] is None or greatest[0] is None:
            return NOTHING
        return self.done(greatest[0] - least[0], max(least[1], greatest[1]), "C")

    def duration(self, wanted: str, percent: bool) -> Result:
        if self.outside:
            return NOTHING
        end = min(self.end, self.tag.until)
        points = [simple_bound(self.tag, self.start)]
        points += [Point(row.time, row.value, "b" if self.tag.bad(row) else row.quality) for row in self.rows]
        length = of_quality(stretches([*points, Point(end, Fraction(0), "g")], stepped=True), wanted)
        return self.done(Fraction(length * 100, end - self.start) if percent else Fraction(length * 1000), "g", "C")


ORACLE: dict[str, Callable[[Interval], Result]] = {
    "interpolative": Interval.interpolative,
    "average": Interval.average,
    "time_average": Interval.time_average,
    "time_average2": lambda one: one.area2(mean=True),
    "total": Interval.total,
    "total2": lambda one: one.area2(mean=False),
    "minimum": lambda one: one.extreme(min),
    "maximum": lambda one: one.extreme(max),
    "minimum2": lambda one: one.extreme2(min),
    "maximum2": lambda one: one.extreme2(max),
    "range": Interval.range,
    "range2": Interval.range2,
    "count": Interval.count,
    "start": lambda one: one.raw(0),
    "end": lambda one: one.raw(-1),
    "start_bound": Interval.start_bound,
    "end_bound": Interval.end_bound,
    "duration_good": lambda one: one.duration("g", percent=False),
    "duration_bad": lambda one: one.duration("b", percent=False),
    "percent_good": lambda one: one.duration("g", percent=True),
    "percent_bad": lambda one: one.duration("b", percent=True),
    "standard_deviation_sample": lambda one: one.deviation(1),
    "standard_deviation_population": lambda one: one.deviation(0),
}
