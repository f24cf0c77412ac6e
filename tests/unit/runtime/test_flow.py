"""How much flows and how late: right figures of the last minute, whatever came before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.stores import SetClock
from twin.core.instant import DAY, MILLISECOND, SECOND
from twin.runtime.flow import EDGES, MOST_LOOKED_AT, SECONDS, Flow, Flowing
from twin.runtime.report import SETTLING, ConnectionReport

T = 1_800_000_000 * SECOND


def times(count: int, now: int, lag: int) -> np.ndarray:
    return np.full(count, now - lag, np.int64)


def test_rates_are_over_whole_seconds() -> None:
    flow = Flow()
    for second in range(120):
        flow.add(times(50 if second < 100 else 100, T + second * SECOND, 0), T + second * SECOND)
    now = T + 120 * SECOND
    assert (flow.look(now).rate_10s, flow.look(now).rate_60s) == (100, (40 * 50 + 20 * 100) / 60)
    assert flow.look(now + 10 * SECOND).rate_10s == 0
    assert flow.look(now + (SECONDS + 1) * SECOND) == Flowing()


@given(st.lists(st.integers(MILLISECOND, DAY), min_size=1, max_size=200))
def test_quantiles_are_within_their_class(lags: list[int]) -> None:
    flow = Flow()
    flow.add(T - np.array(lags, np.int64), T)
    found = flow.look(T)
    for percent, got in ((50, found.lag_p50_s), (99, found.lag_p99_s)):
        exact = sorted(lags)[-(-len(lags) * percent // 100) - 1] / SECOND
        assert got is not None
        assert exact * 0.999 <= got <= exact * 1.13


@pytest.mark.parametrize(("lag", "told"), [(-3600 * SECOND, 0.001), (0, 0.001), (400 * DAY, float(EDGES[-1]) / SECOND)])
def test_a_lag_outside_the_classes_is_that_of_the_nearest(lag: int, told: float) -> None:
    flow = Flow()
    flow.add(times(3, T, lag), T)
    assert flow.look(T).lag_p50_s == told


def test_a_flood_is_counted_whole_and_looked_at_in_part() -> None:
    flow = Flow()
    many = 100 * MOST_LOOKED_AT
    flow.add(np.concatenate([times(many, T, SECOND), times(many, T, 10 * SECOND)]), T)
    found = flow.look(T + SECOND)
    assert found.rate_10s == 2 * many / 10
    assert found.lag_p99_s == pytest.approx(10, rel=0.13)
    assert found.lag_p50_s is not None


def test_a_clock_that_steps_back_does_no_harm() -> None:
    flow = Flow()
    flow.add(times(10, T, 0), T)
    flow.add(times(5, T - DAY, 0), T - DAY)
    assert flow.look(T - DAY + SECOND).rate_10s == 0.5


def test_what_was_known_before_the_link_came_up_is_no_lag() -> None:
    clock = SetClock(T)
    report = ConnectionReport("c", "opcua", "", clock, lambda _event: None)
    report.flowed(times(4, T, DAY))
    report.turned("up")
    report.flowed(times(4, T, DAY))
    assert report.flowing().lag_p50_s is None
    clock.instant += SETTLING
    report.flowed(times(4, T + SETTLING, 50 * MILLISECOND))
    assert report.flowing().lag_p99_s == pytest.approx(0.05, rel=0.13)
    assert report.counters["stored"] == 12
