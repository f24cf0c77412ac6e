"""Scores by hand, and that a right law scores better than one that is moved, too narrow or too wide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.forecast.forecast import LEVELS
from twin.forecast.scores import score, total


def test_the_loss_of_two_levels_by_hand() -> None:
    found = score([10.0, 20.0], 16.0, levels=(0.25, 0.75))
    assert found.loss == pytest.approx((0.25 * 6.0 + 0.25 * 4.0) / 2)
    assert found.crps == 2 * found.loss
    assert (found.error, found.inside) == (1.0, True)


def test_the_interval_goes_from_ten_to_ninety_percent() -> None:
    quantiles = [100.0 * level for level in LEVELS]
    inside = [score(quantiles, actual).inside for actual in (9.9, 10.0, 50.0, 90.0, 90.1)]
    assert inside == [False, True, True, True, False]


def test_sums_over_forecasts() -> None:
    quantiles = [100.0 * level for level in LEVELS]
    found = total([(quantiles, score(quantiles, actual)) for actual in (5.0, 55.0, 60.0, 80.0)])
    assert (found.forecasts, found.coverage) == (4, 0.75)
    assert found.bias == pytest.approx((-45 + 5 + 10 + 30) / 200)
    assert found.width == pytest.approx(4 * 80 / 200)
    nothing = total([])
    assert (nothing.forecasts, nothing.coverage, nothing.loss) == (0, None, None)


@given(st.floats(-2.0, 2.0).filter(lambda moved: abs(moved) > 0.3), st.sampled_from([0.3, 3.0]))
def test_the_law_that_made_the_pieces_scores_best(moved: float, wider: float) -> None:
    random = np.random.default_rng(1)
    made = random.normal(100.0, 10.0, 4000)
    right = np.quantile(made, LEVELS)

    def loss(quantiles: np.ndarray) -> float:
        return float(np.mean([score(quantiles.tolist(), one).loss for one in made[:300].tolist()]))

    assert loss(right) < loss(right + 10.0 * moved)
    assert loss(right) < loss(100.0 + wider * (right - 100.0))
