"""Forecasts of made-up trends: the truth lies between P10 and P90 as often as it should, and noise is no trend."""

from __future__ import annotations

import numpy as np
import pytest

from twin.health.forecast import Forecast, forecast

NORMAL, LIMIT = 1.4, 9.0


def trend(n: float, share: float, life_s: float, seed: int, noise: float = 0.018) -> tuple[np.ndarray, np.ndarray]:
    """(age, value) of wear dD/dt = c D^n from 1 % to the limit, after this share of its life."""
    age = np.arange(0, share * life_s, 10.0)
    u = age / life_s
    if n == 1.0:
        damage = 0.01 ** (1 - u)
    else:
        start = 0.01 ** (1 - n)
        damage = (start - (start - 1) * u) ** (1 / (1 - n))
    rng = np.random.default_rng(seed)
    return age, NORMAL + (LIMIT - NORMAL) * damage + noise * rng.standard_normal(len(age))


@pytest.mark.parametrize(
    ("n", "share"), [*[(n, share) for n in (1.0, 1.25, 1.5) for share in (0.6, 0.8, 0.9)], (2.0, 0.8), (2.0, 0.9)]
)
def test_the_true_time_left_lies_in_the_band(n: float, share: float):
    """Whatever the law; the quickest one (n = 2) shows only late, until then it is taken for a slower one."""
    hits = 0
    for seed in range(20):
        life = float(np.random.default_rng(seed).uniform(1800, 6000))
        found = forecast(*trend(n, share, life, seed), NORMAL, LIMIT)
        assert isinstance(found, Forecast)
        assert found.p10_s <= found.p50_s <= found.p90_s
        hits += found.p10_s <= life * (1 - share) <= found.p90_s
    assert hits >= 14


def test_the_band_narrows_towards_the_end():
    widths = []
    for share in (0.5, 0.7, 0.9):
        found = forecast(*trend(1.5, share, 3600, 4), NORMAL, LIMIT)
        assert isinstance(found, Forecast)
        widths.append(found.p90_s - found.p10_s)
    assert widths == sorted(widths, reverse=True)


def test_noise_is_no_trend():
    rng = np.random.default_rng(2)
    age = np.arange(300) * 10.0
    told = [forecast(age, 1.5 + 0.02 * rng.standard_normal(300), NORMAL, LIMIT) for _ in range(50)]
    assert sum(isinstance(one, Forecast) for one in told) <= 2
    assert "no certain trend towards the limit yet" in told


@pytest.mark.parametrize(
    ("windows", "level", "limit", "reason"),
    [
        (11, 2.0, LIMIT, "seen for 11 windows of running, 12 are needed"),
        (40, 9.5, LIMIT, "the limit is reached"),
        (40, 1.3, LIMIT, "no certain trend towards the limit yet"),
        (40, 2.0, float("nan"), "no limit to reckon with"),
        (40, 2.0, NORMAL, "no limit to reckon with"),
    ],
)
def test_without_a_trend_there_is_a_reason(windows: int, level: float, limit: float, reason: str):
    assert forecast(np.arange(windows) * 10.0, np.full(windows, level), NORMAL, limit) == reason


def test_a_value_that_falls_to_a_low_limit_is_forecast_too():
    age, value = trend(1.5, 0.8, 3600, 1)
    up = forecast(age, value, NORMAL, LIMIT)
    assert forecast(age, -value, -NORMAL, -LIMIT) == up
