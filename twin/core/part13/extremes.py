"""Minimum2, Maximum2 and Range2: of the raw values and the simple bounding values (5.4.3.15, .16, .19)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.part13.bounds import Bounds, simple
from twin.core.part13.ground import Ground
from twin.core.part13.quality import CALCULATED, INTERPOLATED, MULTIPLE_VALUES, Quality, by_share, coded, flagged
from twin.core.part13.result import Processed
from twin.core.part13.weighted import with_simple_bounds
from twin.core.status import is_bad


def minimum2(ground: Ground) -> Processed:
    """The least value that is not Bad, bounds included."""
    return _extreme(ground, ground.usable.least, np.fmin)


def maximum2(ground: Ground) -> Processed:
    """The greatest value that is not Bad, bounds included."""
    return _extreme(ground, ground.usable.greatest, np.fmax)


def range2(ground: Ground) -> Processed:
    """Maximum2 minus Minimum2."""
    least, greatest = ground.once(minimum2), ground.once(maximum2)
    worse = ((least.status | greatest.status) & np.uint32(0xC0000000)) != 0
    with np.errstate(invalid="ignore"):
        found = greatest.value - least.value
    status = flagged(coded(worse.astype(np.uint8)), CALCULATED)
    return ground.finished(found, status, is_bad(least.status) | is_bad(greatest.status))


def _extreme(ground: Ground, rows: NDArray[np.float64], pick: np.ufunc) -> Processed:
    start = _bound(ground, simple(ground, ground.edges[:-1]))
    end = _end(ground)
    found: NDArray[np.float64] = pick(pick(rows, start), end)
    by_time = ground.once(with_simple_bounds)
    status = by_share(by_time.good, by_time.bad, by_time.whole, ground.config)
    at_start, at_row = _stands_at_start(ground, found), rows == found
    status = flagged(status, INTERPOLATED, start == found)
    status = flagged(status, CALCULATED, at_row & ~at_start & (start != found))
    status = flagged(status, INTERPOLATED, ~at_row & (start != found))
    times = ground.usable.equal_to(found) + (start == found) + (end == found)
    return ground.finished(found, flagged(status, MULTIPLE_VALUES, times > 1), np.isnan(found))


def _bound(ground: Ground, bounds: Bounds) -> NDArray[np.float64]:
    """The value of a bound that is none of the rows, NaN where there is none."""
    return np.where(bounds.row >= 0, np.nan, bounds.value)


def _end(ground: Ground) -> NDArray[np.float64]:
    """The value at the end: of a sloped tag alone, and where a row stands there or follows."""
    if ground.config.stepped:
        return np.full(len(ground.edges) - 1, np.nan)
    end = simple(ground, ground.edges[1:])
    return np.where(end.after, end.value, np.nan)


def _stands_at_start(ground: Ground, value: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether a usable row of that value stands at the very start of the interval."""
    start = simple(ground, ground.edges[:-1])
    return (start.row >= 0) & (start.quality != Quality.BAD) & (start.value == value)
