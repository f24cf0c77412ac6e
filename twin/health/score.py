"""How far a window is from normal: one number for people, 1 at the limit, and which tags make it.

Part of fold state, so: + - * / and sqrt, sums in written-out order, no BLAS (folds.md section 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.state import Table

ALPHA = 0.1
"""Share of the newest window in the smoothed channel: it looks back over about 100 s of running."""
FARTHEST = 50.0
"""A deviation counts for at most so many scales: one wild value must be forgotten in minutes."""

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """Of each machine of a window. smooth: the smoothed deviations, to be kept. shares: of each tag, sum 1 or 0."""

    score: Column
    smooth: Column
    shares: Column


def scored(model: Table, rows: NDArray[np.intp], margin: Column, x: Column, seen: NDArray[np.bool_]) -> Scored:
    """Judge x (machines, tags) by the models in these rows of a table; a tag not seen speaks neither way.

    margin: of temperatures, as x. The score is the worst of three: this window, the smoothed one, the temperatures.
    """
    slow = model.slow[rows] > 0
    z = np.where(seen & ~slow, _deviation(model, rows, x, seen & slow), 0.0)
    before = model.smooth[rows]
    smooth = np.where(seen, before + ALPHA * (z - before), before)
    phi = model.phi[rows]
    raw_parts = _parts(phi, z, model.limit_raw[rows])
    smooth_parts = _parts(phi, smooth, model.limit_smooth[rows])
    over = np.where(seen & slow, x - model.high[rows], 0.0) / np.where(slow, margin, 1.0)
    heat = np.clip(over, 0.0, FARTHEST)
    heat_parts = heat * heat
    worst = np.maximum(np.maximum(_total(raw_parts), _total(smooth_parts)), heat_parts.max(axis=1))
    parts = np.maximum(raw_parts, 0.0) + np.maximum(smooth_parts, 0.0) + heat_parts
    whole = _total(parts)[:, None]
    shares = np.where(whole > 0, parts / np.where(whole > 0, whole, 1.0), 0.0)
    return Scored(np.sqrt(np.maximum(worst, 0.0)), smooth, shares)


def _deviation(model: Table, rows: NDArray[np.intp], x: Column, context: NDArray[np.bool_]) -> Column:
    """Distance of each tag from what the temperatures let expect, in its scale."""
    centre, slope = model.centre[rows], model.slope[rows]
    warmth = np.where(context, np.clip(x, model.low[rows], model.high[rows]) - centre, 0.0)
    expected = centre.copy()
    for j in range(x.shape[1]):
        expected = expected + slope[:, :, j] * warmth[:, j, None]
    return np.clip((x - expected) / model.scale[rows], -FARTHEST, FARTHEST)


def _parts(phi: Column, z: Column, limit: Column) -> Column:
    """What each tag adds to the square of the distance, in squares of the limit."""
    leans = np.zeros_like(z)
    for j in range(z.shape[1]):
        leans = leans + phi[:, :, j] * z[:, j, None]
    return z * leans / (limit * limit)[:, None]


def _total(parts: Column) -> Column:
    total = np.zeros(len(parts))
    for j in range(parts.shape[1]):
        total = total + parts[:, j]
    return total
