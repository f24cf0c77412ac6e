"""Laws of the flow: closed forms, and what more failures, more room and the same seed do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.forecast.lines import line_of, machine, mode, running
from twin.core.instant import HOUR, SECOND
from twin.forecast.forecast import forecast
from twin.forecast.model import LineModel, LineState, MachineNow
from twin.forecast.simulate import simulate
from twin.forecast.spells import STARVED, STOPPED

RUNS = 60


def mean_pieces(model: LineModel, hours: float = 8.0, seed: int = 1) -> float:
    return float(simulate(model, running(model), int(hours * 3600), RUNS, seed).minute[-1].mean())


@pytest.mark.parametrize(("every", "lasts"), [(900.0, 100.0), (300.0, 60.0), (3600.0, 1200.0)])
def test_a_machine_alone_makes_its_rate_times_its_availability(every: float, lasts: float) -> None:
    made = mean_pieces(line_of(machine("a", 0, 2.0, mode(every, lasts))), 24)
    assert made == pytest.approx(2.0 * 24 * 3600 * every / (every + lasts), rel=0.025)


def test_a_line_without_failures_runs_at_the_rate_of_its_slowest_machine() -> None:
    slow_first = line_of(machine("a", 0, 1.0), machine("b", 1, 1.4), machine("c", 2, 1.2), level=0.0)
    slow_last = line_of(machine("a", 0, 1.4), machine("b", 1, 1.2), machine("c", 2, 1.0), level=0.0)
    for model in (slow_first, slow_last):
        assert mean_pieces(model, 4) == pytest.approx(4 * 3600, rel=0.01)


def test_rejects_leave_the_line() -> None:
    model = line_of(machine("a", 0, 1.0, rejects=1_000_000), machine("b", 1, 1.3, rejects=500_000), level=0.0)
    assert mean_pieces(model, 4) == pytest.approx(4 * 3600 * 0.9 * 0.95, rel=0.01)


def test_with_endless_room_between_them_the_worse_of_two_machines_decides() -> None:
    good, bad = mode(1800.0, 60.0), mode(600.0, 200.0)
    apart = line_of(machine("a", 0, 1.0, good), machine("b", 1, 1.0, bad), capacity=1e7, level=5e6)
    assert mean_pieces(apart, 16) == pytest.approx(16 * 3600 * 0.75, rel=0.03)


def test_a_smaller_buffer_never_makes_more() -> None:
    modes = [mode(600.0, 100.0), mode(600.0, 100.0)]
    made = [
        mean_pieces(line_of(*(machine(n, i, 1.0, m) for i, (n, m) in enumerate(zip("ab", modes, strict=True))),
                            capacity=capacity, level=capacity / 2), 8)
        for capacity in (30.0, 200.0, 2000.0)
    ]  # fmt: skip
    assert made[0] < made[1] < made[2]


@settings(max_examples=4, deadline=None)
@given(every=st.floats(200, 2000), lasts=st.floats(20, 400), factor=st.floats(1.3, 4.0))
def test_more_failures_never_make_more_pieces(every: float, lasts: float, factor: float) -> None:
    def made(mean_s: float, lasts_s: float) -> float:
        return mean_pieces(line_of(machine("a", 0, 1.0, mode(mean_s, lasts_s)), machine("b", 1, 1.1)), 4)

    assert made(every / factor, lasts) < made(every, lasts)
    assert made(every, lasts * factor) < made(every, lasts)


def test_the_same_seed_gives_the_same_answer_and_another_seed_another_one() -> None:
    model = line_of(machine("a", 0, 1.0, mode(600.0, 100.0)), machine("b", 1, 1.1, mode(900.0, 60.0)))
    one, same, other = (forecast(model, running(model), 2 * HOUR, RUNS, seed) for seed in (5, 5, 6))
    assert np.array_equal(one.good, same.good)
    assert one.path == same.path
    assert not np.array_equal(one.good, other.good)


def test_pieces_are_conserved_and_time_is_spent_once() -> None:
    model = line_of(machine("a", 0, 1.0, mode(600.0, 100.0)), machine("b", 1, 1.2, mode(400.0, 90.0)), capacity=60.0)
    found = simulate(model, running(model), 4 * 3600, RUNS, 3)
    spent = found.running + found.stopped + found.starved + found.blocked
    assert (spent <= 4 * 3600 + 1e-6).all()
    assert spent.mean() > 0.97 * 4 * 3600
    assert (found.minute[-1] <= found.running[0] * 1.0 + 50.0 + 1e-6).all()  # what was made, and what lay there
    assert (np.diff(found.minute, axis=0) >= -1e-9).all()


def test_a_machine_that_is_down_makes_nothing_while_its_buffer_lasts_the_next_one_goes_on() -> None:
    model = line_of(machine("a", 0, 1.0, mode(1e9, 3600.0)), machine("b", 1, 1.0), level=100.0)
    down = LineState(model.until, [MachineNow(STOPPED, "down", 10.0), MachineNow(0, "running", 10.0)])
    made = simulate(model, down, 1800, RUNS, 1).minute
    assert made[1].mean() == pytest.approx(60.0, rel=0.05)
    assert made[-1].max() <= 100.0 + 1e-6


def test_a_machine_that_starves_waits_for_its_restart_level() -> None:
    model = line_of(machine("a", 0, 1.0), machine("b", 1, 2.0, restart=60.0), level=0.0)
    state = LineState(model.until, [MachineNow(0, "running", 1.0), MachineNow(STARVED, "starved", 1.0)])
    made = simulate(model, state, 600, 4, 1).minute
    assert (made[0] == 0).all()
    assert made[1].max() < 20.0
    assert made[2].min() > 60.0


def test_a_maintenance_slot_takes_what_its_time_would_have_made() -> None:
    model = line_of(machine("a", 0, 1.0))
    slot = LineState(model.until, running(model).machines, [(0, model.until + HOUR, model.until + 2 * HOUR)])
    made = simulate(model, slot, 4 * 3600, 4, 1).minute
    assert made[-1].mean() == pytest.approx(3 * 3600, rel=0.01)
    assert made[60].mean() == pytest.approx(made[120].mean())


def test_outside_its_shifts_a_line_stands() -> None:
    model = line_of(machine("a", 0, 1.0))
    closed = LineState(model.until, running(model).machines, (), [(model.until + HOUR, model.until + 2 * HOUR)])
    found = simulate(model, closed, 4 * 3600, 4, 1)
    assert found.minute[-1].mean() == pytest.approx(3 * 3600, rel=0.01)
    assert found.open_s == 3 * 3600


def test_when_so_many_pieces_are_made_comes_with_an_interval_and_is_not_made_up_beyond_the_time() -> None:
    model = line_of(machine("a", 0, 1.0, mode(600.0, 100.0)))
    found = forecast(model, running(model), 4 * HOUR, RUNS, 1, target=6000.0)
    first, middle, last = (None if one is None else (one - found.start) / SECOND for one in found.finish_ns)
    assert first is not None
    assert middle is not None
    assert last is not None
    assert 6000 <= first <= middle <= last < 4 * 3600
    assert middle == pytest.approx(7000.0, rel=0.1)
    assert found.reached == 1.0
    never = forecast(model, running(model), HOUR, RUNS, 1, target=6000.0)
    assert never.reached == 0.0
    assert never.finish_ns == (None, None, None)
