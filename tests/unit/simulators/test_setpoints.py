"""Setpoints: what is asked of a machine from outside changes its speed, and nothing else does."""

from __future__ import annotations

import pytest

from simulators.plants import PUMPS
from simulators.setpoint import SetpointSpec
from twin.core.instant import HOUR, MINUTE, from_text

START = from_text("2026-11-23T05:00:00Z")
SPEED = "water/station1/pump1/speed_set"


def pieces(run, since: int, until: int) -> int:
    [times] = [
        one["times"]
        for one in run.truth()
        if one["kind"] == "count" and one["machine"].endswith("pump1") and one["counter"] == "total"
    ]
    return sum(since <= time < until for time in times)


def test_half_the_speed_lifts_less_in_the_same_time_of_running() -> None:
    asked, usual = PUMPS.build(3, START), PUMPS.build(3, START)
    for run in (asked, usual):
        run.step(START + HOUR)
    asked.ask(SPEED, 50.0)
    for run in (asked, usual):
        run.step(START + 3 * HOUR)
    before, after = (START, START + HOUR), (START + HOUR, START + 3 * HOUR)
    assert pieces(asked, *before) == pieces(usual, *before)
    assert pieces(asked, *after) < pieces(usual, *after)
    [record] = [one for one in asked.truth() if one["kind"] == "setpoint"]
    assert (record["value"], record["at"]) == (50.0, START + HOUR)


def test_it_is_shown_on_the_wire_when_it_is_given() -> None:
    run = PUMPS.build(3, START)
    run.step(START + MINUTE)
    run.ask(SPEED, 80.0)
    names, time, name, value, _ = run.step(START + 2 * MINUTE)
    rows = [(t, v) for t, n, v in zip(time.tolist(), name.tolist(), value.tolist(), strict=True) if names[n] == SPEED]
    assert rows == [(START + MINUTE, 80.0)]


def test_what_a_machine_does_not_take_changes_nothing() -> None:
    run = PUMPS.build(3, START)
    run.step(START + MINUTE)
    with pytest.raises(ValueError, match="150 is not in 30 to 105 %"):
        run.ask(SPEED, 150.0)
    run.step(START + 2 * MINUTE)
    assert run.newest[SPEED][1] == 100.0


@pytest.mark.parametrize(("low", "high", "first"), [(0.0, 100.0, 50.0), (50.0, 20.0, 30.0), (10.0, 50.0, 60.0)])
def test_setpoint_that_takes_nothing(low: float, high: float, first: float) -> None:
    with pytest.raises(ValueError, match=r"takes nothing|is not in"):
        SetpointSpec(first, low, high)
