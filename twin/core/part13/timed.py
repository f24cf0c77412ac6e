"""Aggregates weighted by time: averages, totals, durations and their percentages (5.4.3.6 to .9, .31 to .34)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import MILLISECOND, SECOND
from twin.core.part13.bounds import interpolated
from twin.core.part13.ground import Ground
from twin.core.part13.quality import CALCULATED, Quality, by_share, coded, flagged
from twin.core.part13.result import Processed
from twin.core.part13.weighted import Weighted, held, with_interpolated_bounds, with_simple_bounds


def time_average(ground: Ground) -> Processed:
    """The mean of the line through the rows that are not Bad; the line is sloped, also of a stepped tag (5.4.3.6)."""
    return _average(ground, ground.once(with_interpolated_bounds).mean)


def total(ground: Ground) -> Processed:
    """TimeAverage x the seconds of the interval."""
    mean = ground.once(with_interpolated_bounds).mean
    return _average(ground, mean * (np.diff(ground.edges) / SECOND))


def time_average2(ground: Ground) -> Processed:
    """The mean over the time that is not Bad, stepped or sloped as the tag is."""
    found = ground.once(with_simple_bounds)
    return _by_time(ground, found, found.mean)


def total2(ground: Ground) -> Processed:
    """TimeAverage2 x the seconds that are not Bad: the area."""
    found = ground.once(with_simple_bounds)
    return _by_time(ground, found, found.area)


def duration_good(ground: Ground) -> Processed:
    """How long it is Good, in ms."""
    return _duration(ground, ground.once(held).good / MILLISECOND)


def duration_bad(ground: Ground) -> Processed:
    """How long it is Bad, in ms."""
    return _duration(ground, ground.once(held).bad / MILLISECOND)


def percent_good(ground: Ground) -> Processed:
    """DurationGood as a percentage of the interval, which ends where the data ends."""
    found = ground.once(held)
    return _duration(ground, _percent(found.good, found.whole))


def percent_bad(ground: Ground) -> Processed:
    """DurationBad as a percentage of the interval, which ends where the data ends."""
    found = ground.once(held)
    return _duration(ground, _percent(found.bad, found.whole))


def _average(ground: Ground, value: NDArray[np.float64]) -> Processed:
    """Good if only Good rows took part: none passed over within, and both bounds Good."""
    start = interpolated(ground, ground.edges[:-1], stepped=False)
    end = interpolated(ground, ground.edges[1:], stepped=False)
    doubtful = (start.quality != Quality.GOOD) | (end.quality != Quality.GOOD)
    doubtful |= ground.bad.some | ground.uncertain.some
    return ground.finished(value, flagged(coded(doubtful.astype(np.uint8)), CALCULATED), np.isnan(value))


def _by_time(ground: Ground, found: Weighted, value: NDArray[np.float64]) -> Processed:
    status = by_share(found.good, found.bad, found.whole, ground.config)
    return ground.finished(value, flagged(status, CALCULATED), found.bad == found.whole)


def _duration(ground: Ground, value: NDArray[np.float64]) -> Processed:
    """Always Good, Calculated."""
    good = np.zeros(len(value), np.uint8)
    return ground.finished(value, flagged(coded(good), CALCULATED), np.zeros(len(value), np.bool_))


def _percent(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return part * 100.0 / np.maximum(whole, 1)
