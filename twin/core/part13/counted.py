"""Aggregates of the raw values within an interval, bounding values apart (5.4.3.5, 5.4.3.10 to 14, 21, 24, 25, 37)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.part13.ground import Ground
from twin.core.part13.quality import CALCULATED, MULTIPLE_VALUES, by_share, flagged
from twin.core.part13.result import Processed
from twin.core.status import UNCERTAIN_SUB_NORMAL


def average(ground: Ground) -> Processed:
    """The mean of the Good values."""
    good = ground.runs(ground.good)
    with np.errstate(invalid="ignore"):
        mean = good.total(good.value) / good.count
    return ground.finished(mean, flagged(_by_values(ground), CALCULATED), ~good.some, partial=False)


def count(ground: Ground) -> Processed:
    """How many values are Good; 0 where there is none."""
    good = ground.runs(ground.good)
    none = np.zeros(len(good.count), np.bool_)
    return ground.finished(good.count.astype(np.float64), flagged(_by_values(ground), CALCULATED), none)


def minimum(ground: Ground) -> Processed:
    """The least Good value."""
    return _extreme(ground, least=True)


def maximum(ground: Ground) -> Processed:
    """The greatest Good value."""
    return _extreme(ground, least=False)


def spread(ground: Ground) -> Processed:
    """Range: the greatest minus the least Good value."""
    good = ground.runs(ground.good)
    status = np.where(_any(ground, ground.bad), UNCERTAIN_SUB_NORMAL, 0).astype(np.uint32) | np.uint32(CALCULATED)
    with np.errstate(invalid="ignore"):
        return ground.finished(good.greatest() - good.least(), status, ~good.some)


def start(ground: Ground) -> Processed:
    """The first raw value, whatever its quality."""
    return _raw(ground, ground.bound[:-1])


def end(ground: Ground) -> Processed:
    """The last raw value, whatever its quality."""
    return _raw(ground, ground.bound[1:] - 1)


def standard_deviation_sample(ground: Ground) -> Processed:
    """Of the Good values, n - 1 below; 0 of a single one."""
    return _deviation(ground, 1)


def standard_deviation_population(ground: Ground) -> Processed:
    """Of the Good values, n below."""
    return _deviation(ground, 0)


def _raw(ground: Ground, row: NDArray[np.intp]) -> Processed:
    empty = ground.bound[1:] == ground.bound[:-1]
    if not len(ground.time):
        return ground.finished(np.full(len(row), np.nan), np.zeros(len(row), np.uint32), empty)
    at = np.clip(row, 0, len(ground.time) - 1)
    return ground.finished(ground.value[at], ground.status[at], empty)


def _extreme(ground: Ground, least: bool) -> Processed:
    good, uncertain = ground.runs(ground.good), ground.runs(~ground.good & ~ground.bad)
    found = good.least() if least else good.greatest()
    with np.errstate(invalid="ignore"):
        beaten = uncertain.least() < found if least else uncertain.greatest() > found
    doubtful = _any(ground, ground.bad) | beaten
    status = np.where(doubtful, UNCERTAIN_SUB_NORMAL, 0).astype(np.uint32)
    status = flagged(status, CALCULATED, doubtful | ~_stands_at_start(ground, found))
    status = flagged(status, MULTIPLE_VALUES, good.equal_to(found) > 1)
    return ground.finished(found, status, ~good.some)


def _stands_at_start(ground: Ground, value: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether a Good row of that value stands at the very start of the interval: then it is a raw value."""
    if not len(ground.time):
        return np.zeros(len(value), np.bool_)
    at = np.clip(ground.bound[:-1], 0, len(ground.time) - 1)
    return (ground.time[at] == ground.edges[:-1]) & ground.good[at] & (ground.value[at] == value)


def _deviation(ground: Ground, less: int) -> Processed:
    good = ground.runs(ground.good)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = good.total(good.value) / good.count
        off = np.zeros(len(good.value))
        inside = slice(int(good.bound[0]), int(good.bound[-1]))
        off[inside] = (good.value[inside] - np.repeat(mean, good.count)) ** 2
        found = np.where(good.count > 1, np.sqrt(good.total(off) / (good.count - less)), 0.0)
    worse = _any(ground, ~ground.good)
    status = np.where(worse, UNCERTAIN_SUB_NORMAL, 0).astype(np.uint32) | np.uint32(CALCULATED)
    return ground.finished(found, status, ~good.some)


def _any(ground: Ground, which: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether an interval has such a row."""
    return ground.runs(which).some


def _by_values(ground: Ground) -> NDArray[np.uint32]:
    """Status by the numbers of Good and Bad rows; an Uncertain row that is not Bad makes the interval Uncertain."""
    rows = np.maximum(np.diff(ground.bound), 1)
    bad = ground.runs(ground.bad).count
    status = by_share((rows - bad) / rows, bad / rows, ground.config)
    doubtful = (status == 0) & _any(ground, ~ground.good & ~ground.bad)
    return np.where(doubtful, np.uint32(UNCERTAIN_SUB_NORMAL), status)
