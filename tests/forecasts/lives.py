"""Lives of simulated plants: forecasts on the way, each beside what was made then and beside two simple rivals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from twin.core.instant import HOUR, MINUTE
from twin.forecast.forecast import LEVELS
from twin.forecast.hindcast import recorded
from twin.forecast.history import LineHistory
from twin.forecast.model import LineModel
from twin.forecast.scores import Score, score
from twin.runtime.forecasts import Asked, made_between, whatif
from twin.runtime.line_history import line_history
from twin.testing import twin_line

PAST_H = 24
HORIZONS_H = (1, 2, 3, 4, 8)
LARGEST_GAP_MIN = 40
WHO = ("what if", "past spans", "mean rate")
_NORMAL = (-1.645, -1.282, -1.036, -0.842, -0.674, -0.524, -0.385, -0.253, -0.126, 0.0)
"""Quantiles of the normal law at 5 to 50 %."""
NORMAL = np.array([*_NORMAL, *(-one for one in reversed(_NORMAL[:-1]))])


@dataclass(frozen=True)
class Row:
    """One forecast. by: of each rival its quantiles and score."""

    plant: str
    seed: int
    hours: float
    horizon_h: int
    by: dict[str, tuple[Sequence[float], Score]]


def life(plant: str, seed: int, horizons: Sequence[int] = HORIZONS_H, runs: int = 300) -> Iterator[Row]:
    """A day, then one forecast after the other over spans that do not overlap, in an order that the seed draws."""
    random = np.random.default_rng(seed)
    line = twin_line(plant, seed=seed, behind="1m")
    model_line = line.plant.lines[0]
    line.run(f"{PAST_H}h")
    begun = line.twin.start
    for horizon_h in random.permutation(np.array(horizons)).tolist():
        line.run(f"{int(random.integers(1, LARGEST_GAP_MIN))}m")
        view, horizon = line.twin.view(), horizon_h * HOUR
        answered = whatif(line.twin, view, Asked(model_line, horizon, runs, seed), begun)
        past = line_history(line.twin, view, model_line, begun)
        told = {
            WHO[0]: answered.forecast.good.tolist(),
            WHO[1]: past_spans(past, answered.model, horizon),
            WHO[2]: mean_rate(past, answered.model, horizon),
        }
        line.run(horizon_h * 3600 + 120)
        actual = made_between(line.twin, model_line, answered.forecast.start, answered.forecast.end)
        scored = {who: (quantiles, score(quantiles, actual)) for who, quantiles in told.items()}
        yield Row(plant, seed, (answered.forecast.start - begun) / HOUR, horizon_h, scored)


def past_spans(past: LineHistory, model: LineModel, horizon: int) -> list[float]:
    """As any span of this length went before: their quantiles."""
    starts = range(past.begins, past.until - horizon + 1, 10 * MINUTE)
    return np.quantile([recorded(past, model, at, at + horizon) for at in starts], LEVELS).tolist()


def mean_rate(past: LineHistory, model: LineModel, horizon: int) -> list[float]:
    """As many an hour as so far on average; hours scatter as they did, each for itself."""
    hours = [recorded(past, model, at, at + HOUR) for at in range(past.begins, past.until - HOUR + 1, HOUR)]
    many = horizon / HOUR
    return (np.mean(hours) * many + np.std(hours) * np.sqrt(many) * NORMAL).tolist()
