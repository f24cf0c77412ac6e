"""Aggregates that are a bounding value: Interpolative, StartBound, EndBound (5.4.3.4, .28, .29)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.part13.bounds import Bounds, interpolated, simple
from twin.core.part13.ground import Ground
from twin.core.part13.quality import CALCULATED, INTERPOLATED, PARTIAL, coded, flagged
from twin.core.part13.result import Processed


def interpolative(ground: Ground) -> Processed:
    """The interpolated bounding value at the start; beyond the end of the data it is extrapolated."""
    bounds = interpolated(ground, ground.edges[:-1], ground.config.stepped)
    return Processed(bounds.value, _own_or_interpolated(ground, bounds))


def start_bound(ground: Ground) -> Processed:
    """The simple bounding value at the start."""
    bounds = simple(ground, ground.edges[:-1])
    return _bound(ground, bounds.value, _own_or_interpolated(ground, bounds))


def end_bound(ground: Ground) -> Processed:
    """The simple bounding value at the end; BadNoData where the end lies beyond the data."""
    bounds = simple(ground, ground.edges[1:])
    beyond = ground.edges[1:] > ground.until
    status = np.where(beyond, coded(np.full(len(beyond), 2, np.uint8)), coded(bounds.quality))
    return _bound(ground, bounds.value, flagged(status, CALCULATED))


def _own_or_interpolated(ground: Ground, bounds: Bounds) -> NDArray[np.uint32]:
    """The status of the row that stands there itself, else that of the bound with the Interpolated bit."""
    own = (bounds.row >= 0) & ~np.isnan(bounds.value)
    return np.where(own, ground.status[bounds.row], flagged(coded(bounds.quality), INTERPOLATED))


def _bound(ground: Ground, value: NDArray[np.float64], status: NDArray[np.uint32]) -> Processed:
    """Partial is set on a bound that does not exist, too (A.25)."""
    status = np.where(ground.outside, coded(np.full(len(status), 2, np.uint8)), status)
    none = np.isnan(value) | ground.outside | ((status & np.uint32(0x80000000)) != 0)
    return Processed(np.where(none, np.nan, value), np.where(ground.partial, status | np.uint32(PARTIAL), status))
