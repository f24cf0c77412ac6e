"""Aggregates of the raw values within an interval, without bounds (5.4.3.5, .10, .11, .14, .21, .24, .25, .37)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.part13.ground import Ground
from twin.core.part13.quality import CALCULATED, MULTIPLE_VALUES, Quality, by_share, coded, flagged
from twin.core.part13.result import Processed


def average(ground: Ground) -> Processed:
    """The mean of the Good values."""
    return ground.finished(ground.good.mean, _by_values(ground), ~ground.good.some, partial=False)


def count(ground: Ground) -> Processed:
    """How many values are Good; 0 where there is none."""
    never = np.zeros(len(ground.good.count), np.bool_)
    return ground.finished(ground.good.count.astype(np.float64), _by_values(ground), never)


def minimum(ground: Ground) -> Processed:
    """The least Good value."""
    with np.errstate(invalid="ignore"):
        beaten = ground.uncertain.least < ground.good.least
    return _extreme(ground, ground.good.least, beaten)


def maximum(ground: Ground) -> Processed:
    """The greatest Good value."""
    with np.errstate(invalid="ignore"):
        beaten = ground.uncertain.greatest > ground.good.greatest
    return _extreme(ground, ground.good.greatest, beaten)


def spread(ground: Ground) -> Processed:
    """Range: the greatest minus the least Good value."""
    good, uncertain = ground.good, ground.uncertain
    with np.errstate(invalid="ignore"):
        beaten = (uncertain.least < good.least) | (uncertain.greatest > good.greatest)
        found = good.greatest - good.least
    return ground.finished(found, flagged(_doubtful(ground.bad.some | beaten), CALCULATED), ~good.some)


def start(ground: Ground) -> Processed:
    """The first raw value, whatever its quality."""
    return _raw(ground, ground.bound[:-1])


def end(ground: Ground) -> Processed:
    """The last raw value, whatever its quality."""
    return _raw(ground, ground.bound[1:] - 1)


def standard_deviation_sample(ground: Ground) -> Processed:
    """Of the Good values, over n - 1; 0 of a single one."""
    return _deviation(ground, 1)


def standard_deviation_population(ground: Ground) -> Processed:
    """Of the Good values, over n."""
    return _deviation(ground, 0)


def _raw(ground: Ground, row: NDArray[np.intp]) -> Processed:
    at = np.clip(row, 0, len(ground.time) - 1)
    return ground.finished(ground.value[at], ground.status[at], ground.bound[1:] == ground.bound[:-1])


def _extreme(ground: Ground, found: NDArray[np.float64], beaten: NDArray[np.bool_]) -> Processed:
    """beaten: an Uncertain value lies beyond the Good one that is returned."""
    doubtful = ground.bad.some | beaten
    status = flagged(_doubtful(doubtful), CALCULATED, doubtful | ~_stands_at_start(ground, found))
    status = flagged(status, MULTIPLE_VALUES, ground.good.equal_to(found) > 1)
    return ground.finished(found, status, ~ground.good.some)


def _stands_at_start(ground: Ground, value: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether a Good row of that value stands at the very start of the interval: then it is a raw value."""
    at = np.clip(ground.bound[:-1], 0, len(ground.time) - 1)
    good = ground.quality[at] == Quality.GOOD
    return (ground.time[at] == ground.edges[:-1]) & good & (ground.value[at] == value)


def _deviation(ground: Ground, less: int) -> Processed:
    good = ground.good
    off = (good.value[good.inside] - np.repeat(good.mean, good.count)) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.where(good.count > 1, np.sqrt(good.total(off) / (good.count - less)), 0.0)
    worse = ground.bad.some | ground.uncertain.some
    return ground.finished(found, flagged(_doubtful(worse), CALCULATED), ~good.some)


def _doubtful(where: NDArray[np.bool_]) -> NDArray[np.uint32]:
    return coded(where.astype(np.uint8))


def _by_values(ground: Ground) -> NDArray[np.uint32]:
    """Calculated, with the severity by the numbers of rows."""
    rows = np.diff(ground.bound)
    return flagged(by_share(ground.good.count, ground.bad.count, rows, ground.config), CALCULATED)
