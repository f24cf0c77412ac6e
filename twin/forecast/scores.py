"""How good forecasts were: beside what was made then, as the records tell it now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.forecast.forecast import LEVELS

INTERVAL = (0.1, 0.9)


@dataclass(frozen=True, slots=True)
class Score:
    """One forecast. actual: good pieces that were made. inside: of its 80 % interval. loss: mean pinball loss over all
    levels, in pieces; crps: twice that. error: actual less median.
    """

    actual: float
    inside: bool
    loss: float
    crps: float
    error: float


@dataclass(frozen=True, slots=True)
class Scores:
    """Of many. coverage: share inside; bias: mean error, width: mean width of the interval, both as shares of what was
    made; loss: mean. None where there are none.
    """

    forecasts: int
    coverage: float | None
    bias: float | None
    width: float | None
    loss: float | None


def score(quantiles: Sequence[float], actual: float, levels: Sequence[float] = LEVELS) -> Score:
    """Of one forecast: its quantiles at the levels."""
    at = np.asarray(levels, np.float64)
    values = np.asarray(quantiles, np.float64)
    low, middle, high = np.interp((INTERVAL[0], 0.5, INTERVAL[1]), at, values)
    off = actual - values
    loss = float(np.mean(np.maximum(at * off, (at - 1.0) * off)))
    return Score(actual, bool(low <= actual <= high), loss, 2.0 * loss, float(actual - middle))


def total(scored: Sequence[tuple[Sequence[float], Score]]) -> Scores:
    """Of many forecasts, each with its quantiles."""
    if not scored:
        return Scores(0, None, None, None, None)
    made = sum(one.actual for _, one in scored)
    widths = [np.interp(INTERVAL, LEVELS, np.asarray(quantiles, np.float64)) for quantiles, _ in scored]
    width = float(sum(high - low for low, high in widths))
    return Scores(
        len(scored),
        sum(one.inside for _, one in scored) / len(scored),
        sum(one.error for _, one in scored) / made if made else None,
        width / made if made else None,
        sum(one.loss for _, one in scored) / len(scored),
    )
