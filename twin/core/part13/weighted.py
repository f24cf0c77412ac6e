"""Stretches of time between rows and bounds: the area below them, and how long they are Good or Bad (5.4.3.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import SECOND
from twin.core.part13.bounds import Bounds, interpolated, simple
from twin.core.part13.ground import Ground
from twin.core.part13.quality import Quality
from twin.core.part13.runs import Runs


@dataclass(frozen=True, eq=False)
class Weighted:
    """By stretch or by interval. area: value x seconds over what is not Bad. good, bad, whole: ns."""

    area: NDArray[np.float64]
    good: NDArray[np.int64]
    bad: NDArray[np.int64]
    whole: NDArray[np.int64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """The area over the time that is not Bad, NaN where there is none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.area / ((self.whole - self.bad) / SECOND)


@dataclass(frozen=True, eq=False)
class Points:
    """One end of each of some stretches."""

    time: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]

    def take(self, at: NDArray[np.intp] | slice) -> Points:
        """Some of the points."""
        return Points(self.time[at], self.value[at], self.quality[at])

    def where(self, which: NDArray[np.bool_], other: Points) -> Points:
        """These points where said, else the others."""
        time, value = np.where(which, self.time, other.time), np.where(which, self.value, other.value)
        return Points(time, value, np.where(which, self.quality, other.quality))

    def following(self) -> Points:
        """The point after each; after the last the last."""
        time, value = np.concatenate([self.time[1:], self.time[-1:]]), np.concatenate([self.value[1:], self.value[-1:]])
        return Points(time, value, np.concatenate([self.quality[1:], self.quality[-1:]]))


def between(one: Points, other: Points, stepped: bool) -> Weighted:
    """The stretches from point to point.

    Bad from a Bad point on. A stepped one is as good as where it begins. A sloped one is Uncertain unless both ends are
    Good, and before a Bad point the value is held (5.4.3.2.2).
    """
    whole = other.time - one.time
    if not one.quality.any() and not other.quality.any():  # the usual case, with half of the arithmetic
        mean = one.value if stepped else (one.value + other.value) / 2
        return Weighted(mean * (whole / SECOND), whole.copy(), np.zeros(len(whole), np.int64), whole)
    bad = one.quality == Quality.BAD
    mean = one.value
    good = one.quality == Quality.GOOD
    if not stepped:
        with np.errstate(invalid="ignore", over="ignore"):
            mean = np.where(other.quality == Quality.BAD, mean, (mean + other.value) / 2)
        good &= other.quality == Quality.GOOD
    area = np.where(bad, 0.0, mean * (whole / SECOND))
    return Weighted(area, np.where(good, whole, 0), np.where(bad, whole, 0), whole)


def with_simple_bounds(ground: Ground) -> Weighted:
    """Every row counts, and a Bad one ends what stood before it. An interval ends where the data ends."""
    stepped, ends = ground.config.stepped, _ends(ground)
    start = _points(ground.edges[:-1], simple(ground, ground.edges[:-1]))
    end = _points(ends, simple(ground, ends, approached=True))
    rows = Points(ground.time, ground.value, ground.quality)
    return _joined(rows, ground.rows, start, end, stepped)


def with_interpolated_bounds(ground: Ground) -> Weighted:
    """The line through the rows that are not Bad. Before the first it is Bad; beyond the last it is extrapolated."""
    start = interpolated(ground, ground.edges[:-1], stepped=False)
    end = interpolated(ground, ground.edges[1:], stepped=False)
    usable = ground.usable
    rows = Points(usable.time, usable.value, ground.quality[usable.row])
    return _joined(rows, usable, _points(ground.edges[:-1], start), _points(ground.edges[1:], end), stepped=False)


def held(ground: Ground) -> Weighted:
    """Every stretch as good as where it begins: at a row, or at the simple bounding value of the start (5.4.3.31)."""
    start, ends = simple(ground, ground.edges[:-1]), _ends(ground)
    end = Points(ends, start.value, start.quality)
    rows = Points(ground.time, ground.value, ground.quality)
    return _joined(rows, ground.rows, _points(ground.edges[:-1], start), end, stepped=True)


def _joined(rows: Points, runs: Runs, start: Points, end: Points, stepped: bool) -> Weighted:
    """By interval: from its start to the first row, from row to row, from the last row to its end."""
    some, total = runs.some, runs.total
    if len(rows.time):
        at = np.clip(runs.bound, 0, len(rows.time) - 1)
        opening = between(start, rows.take(at[:-1]).where(some, end), stepped)
        closing = between(rows.take(np.maximum(runs.bound[1:] - 1, 0)).where(some, end), end, stepped)
    else:
        opening, closing = between(start, end, stepped), between(end, end, stepped)
    inside = rows.take(runs.inside)
    inner = between(inside, inside.following(), stepped)
    last = runs.bound[1:][some] - 1 - runs.inside.start  # what follows the last row of an interval is not within it
    for column in (inner.area, inner.good, inner.bad):
        column[last] = 0
    return Weighted(
        opening.area + total(inner.area) + closing.area,
        opening.good + total(inner.good) + closing.good,
        opening.bad + total(inner.bad) + closing.bad,
        end.time - start.time,
    )


def _points(at: NDArray[np.int64], bounds: Bounds) -> Points:
    return Points(at, bounds.value, bounds.quality)


def _ends(ground: Ground) -> NDArray[np.int64]:
    """Where each interval ends, at the latest with the data."""
    return np.maximum(np.minimum(ground.edges[1:], ground.until), ground.edges[:-1])
