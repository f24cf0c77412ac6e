"""The test vector of ISO 22400-2 and the twelve pitfalls of its key figures, each by its name and number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.mes.a_machine import COLA, at, calendar, machine, observed, plan
from tests.unit.mes.test_counts import counted as counted_pieces
from twin.core.instant import DAY, HOUR, MINUTE, SECOND, from_text
from twin.mes.calendar import Period
from twin.mes.counts import CounterSpec
from twin.mes.elements import Pieces, Times, figures
from twin.mes.flow import flow_of
from twin.mes.oee import Result, line_results, machine_results
from twin.mes.plan import Making, makings, plan_of
from twin.mes.quantities import pieces_of
from twin.model.plant import Line, Product

ALL_DAY = calendar("00:00-24:00")
HALF_DAY = calendar("00:00-12:00")


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def test_vector_of_iso_22400() -> None:
    """450 minutes planned, 360 of production, 30 of set-up, 60 of delay; 400 pieces at 0.8 min, 380 good."""
    counts = {"total": {10: 400}, "reject": {10: 12}, "rework": {10: 8}}
    one = observed([(0, 360, "running"), (360, 390, "changeover"), (390, 450, "down")], counts)
    (result,) = machine_results(plan(calendar("00:00-07:30"), (0, 1440)), one)
    t, p, f = result.times, result.pieces, result.figures
    minutes = [(ns or 0) / MINUTE for ns in (t.pot, t.pdot, t.pbt, t.apt, t.aust, t.adet, t.adot, t.unknown)]
    assert (t.calendar, minutes) == (DAY, [450, 0, 450, 360, 30, 60, 0, 0])
    assert (p.produced, p.good, p.reject, p.rework) == (400, 380, 12, 8)
    assert (f.availability, f.quality, f.utilisation_efficiency) == (0.8, 0.95, 0.8)
    assert f.effectiveness == pytest.approx(0.888889, abs=5e-7)
    assert f.oee == pytest.approx(0.675556, abs=5e-7)
    assert f.nee == pytest.approx(0.731852, abs=5e-7)
    assert f.teep == pytest.approx(0.211111, abs=5e-7)
    assert f.technical_efficiency == pytest.approx(0.857143, abs=5e-7)
    assert f.setup_ratio == pytest.approx(0.076923, abs=5e-7)
    assert (f.scrap_ratio, f.rework_ratio) == (0.03, 0.02)
    assert f.throughput_per_h == pytest.approx(53.33, abs=5e-3)


def test_pitfall_1_effectiveness_over_100_percent_is_shown_and_flagged_never_clamped() -> None:
    """70 % x 143 % x 80 % looks like an OEE of 80 %: the ideal rate is too slow."""
    counts = {"total": {1: 1251}, "reject": {1: 250}}
    (result,) = machine_results(plan(ALL_DAY, (0, 1000)), observed([(0, 700, "running"), (700, 1000, "down")], counts))
    f = result.figures
    assert f.availability == 0.7
    assert f.effectiveness == pytest.approx(1.43, abs=0.001)
    assert f.oee == pytest.approx(0.8, abs=0.001)
    assert codes(result) == {"ideal_rate_suspect"}
    assert "143.0%" in result.flags[0].text


def test_pitfall_2_micro_stops_stay_in_production_time_and_the_threshold_may_change() -> None:
    states = [(0, 100, "running"), (100, 100.5, "down"), (100.5, 200, "running"), (200, 205, "starved")]
    states += [(205, 210, "down"), (210, 300, "running")]

    def minutes(threshold: int) -> tuple[float, float, float]:
        (result,) = machine_results(plan(ALL_DAY, (0, 300)), observed(states, {}, threshold))
        t = result.times
        return (t.apt or 0) / MINUTE, (t.adet or 0) / MINUTE, (t.micro or 0) / MINUTE

    assert minutes(MINUTE) == (290, 10, 0.5)
    assert minutes(0) == (289.5, 10.5, 0)
    assert minutes(10 * MINUTE) == (290, 10, 0.5)  # five of starved and five of down are one stop of ten
    assert minutes(10 * MINUTE + 1) == (300, 0, 10.5)


def test_pitfall_3_changeover_cuts_oee_but_not_nee() -> None:
    counts = {"total": {1: 500}}
    smooth = machine_results(plan(ALL_DAY, (0, 500)), observed([(0, 500, "running")], counts))[0].figures
    changed = machine_results(
        plan(ALL_DAY, (0, 500)), observed([(0, 400, "running"), (400, 500, "changeover")], counts)
    )[0].figures
    assert (smooth.nee, smooth.oee) == (0.8, 0.8)
    assert (changed.availability, changed.oee) == (0.8, 0.8)  # 500 pieces again, in less time of production
    assert changed.nee == changed.effectiveness == 1
    assert changed.setup_ratio == 0.2


def test_pitfall_4_planned_stops_leave_pbt_and_stand_beside_oee() -> None:
    breaks = calendar("00:00-12:00", breaks=["06:00-06:30"])
    states = [(0, 360, "running"), (360, 390, "maintenance"), (390, 690, "running"), (690, 720, "maintenance")]
    (result,) = machine_results(plan(breaks, (0, 1440)), observed(states, {"total": {1: 500, 365: 7}}))
    t = result.times
    assert (t.pot, t.pdot, t.pbt) == (720 * MINUTE, 30 * MINUTE, 690 * MINUTE)
    assert (t.apt, t.adet) == (660 * MINUTE, 30 * MINUTE)  # maintenance outside a break was not planned
    assert (result.pieces.produced, result.outside) == (500, 7)
    assert "work_outside_plan" in codes(result)


def test_pitfall_5_a_divisor_of_zero_is_null_not_zero_and_not_100_percent() -> None:
    (nothing_planned,) = machine_results(plan(HALF_DAY, (720, 1440)), observed([(720, 1440, "running")], {"total": {}}))
    f = nothing_planned.figures
    assert (nothing_planned.times.pbt, f.availability, f.oee, f.nee, f.teep) == (0, None, None, None, None)
    (stood,) = machine_results(plan(HALF_DAY, (0, 720)), observed([(0, 720, "down")], {"total": {}}))
    f = stood.figures
    assert (f.availability, f.effectiveness, f.quality, f.oee, f.nee) == (0, None, None, 0, None)


def test_pitfall_5_no_calendar_is_no_oee_and_never_round_the_clock() -> None:
    (result,) = machine_results(plan(calendar(), (0, 720)), observed([(0, 720, "running")], {"total": {1: 100}}))
    f = result.figures
    assert (result.times.pbt, f.availability, f.oee, f.nee, f.teep) == (None, None, None, None, None)
    assert (result.times.apt, f.quality) == (720 * MINUTE, 1)
    assert "no_calendar" in codes(result)


def test_pitfall_6_counters_reset_roll_over_and_jump() -> None:
    assert counted_pieces(CounterSpec(0, 0, "t", wraps=65536), [(0, 65530), (1, 4)]) == {"pieces": 10, "wraps": 1}
    assert counted_pieces(CounterSpec(0, 0, "t"), [(0, 500), (1, 3)]) == {"pieces": 3, "resets": 1}
    assert counted_pieces(CounterSpec(0, 0, "t", limit=50), [(0, 500), (1, 90_000)]) == {"jumps": 1}


# Pitfall 7, late data recomputes the shift, needs a store: tests/unit/api/test_oee.py has it.


def test_pitfall_8_communication_loss_is_unknown_never_down_nor_the_last_state_held() -> None:
    states = [(0, 100, "running"), (100, 160, "unknown"), (160, 300, "running")]  # and nothing told from 300 on
    (result,) = machine_results(plan(ALL_DAY, (0, 400)), observed(states, {"total": {1: 100}}))
    t = result.times
    assert (t.apt, t.adet, t.unknown) == (240 * MINUTE, 0, 160 * MINUTE)
    assert result.figures.availability == 0.6  # unknown time is planned busy time, and shown apart
    assert codes(result) == {"unknown_time", "no_reject_counter"}


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_pitfall_9_days_of_23_and_25_hours(day: str, hours: int) -> None:
    prague = calendar("00:00-24:00", zone="Europe/Prague")
    noon = from_text(f"{day}T12:00:00Z")
    periods = prague.periods("day", noon, noon)
    (result,) = machine_results(plan_of(prague, periods, noon + DAY, makings(())), observed([], {}))
    assert (result.period.name, result.times.calendar, result.times.pbt) == (day, hours * HOUR, hours * HOUR)


def test_pitfall_10_rework_is_not_good_twice() -> None:
    """Ten pieces, two of them are sent back and come again: twelve runs, ten good pieces."""
    assert pieces_of({"total": 12, "reject": 0, "rework": 2}) == Pieces(12, 10, 0, 2)


def test_pitfall_11_a_shift_boundary_splits_a_state_and_a_cycle_counts_where_it_ends() -> None:
    shifts = calendar("00:00-06:00", "06:00-12:00")
    states = [(0, 359.5, "running"), (359.5, 361, "down"), (361, 720, "running")]
    one = observed(states, {"total": {359: 3, 360: 5}})
    early, late = machine_results(plan(shifts, (0, 360), (360, 720)), one)
    assert (early.times.adet, late.times.adet) == (30 * SECOND, 60 * SECOND)  # 90 s: no micro stop on either side
    assert (early.pieces.produced, late.pieces.produced) == (3, 5)
    (whole,) = machine_results(plan(shifts, (0, 720)), one)
    assert replace(early.times + late.times) == whole.times
    assert early.pieces + late.pieces == whole.pieces


def test_pitfall_12_line_oee_is_not_the_mean_of_its_machines() -> None:
    slow, quick = machine(name="slow"), machine(name="quick")
    product = Product("cola", 17, {"slow": 60 * SECOND, "quick": 30 * SECOND})
    line = Line("line", "line", (slow, quick), ((slow.path,), (quick.path,)), (quick.path,))
    states = [(0, 700, "running"), (700, 1000, "down")]
    watched = {
        slow.path: observed(states, {"total": {1: 600}, "reject": {1: 30}}, name="slow"),
        quick.path: observed(states, {"total": {1: 560}, "reject": {1: 10}}, name="quick"),
    }
    asked = plan(ALL_DAY, (0, 1000), made=makings([Making(at(-1e6), at(1e6), product)]))
    (result,) = line_results(asked, line, flow_of(line), watched)
    single = [machine_results(asked, one)[0].figures.oee for one in watched.values()]
    assert single == [0.57, 0.275]
    assert (result.method, result.figures.oee) == ("line OEE (bottleneck rate)", 0.55)  # 550 good at a minute each
    assert (result.pieces.good, result.pieces.reject) == (550, 40)


def test_percentages_are_never_averaged() -> None:
    """An hour at 100 % and nine at 50 % are 55 %, not 75 %."""
    full = Times(HOUR, HOUR, 0, HOUR, HOUR, 0, 0, 0, 0, 0)
    half = Times(9 * HOUR, 9 * HOUR, 0, 9 * HOUR, 9 * HOUR // 2, 0, 9 * HOUR // 2, 0, 0, 0)
    assert figures(full + half, Pieces()).availability == 0.55


def test_ideal_rates_are_of_product_and_machine() -> None:
    lemon = Product("lemon", 18, {"m": 96 * SECOND})
    made = makings([Making(at(0), at(100), COLA), Making(at(100), at(200), lemon)])
    counts = {"total": {50: 50, 150: 25}, "reject": {50: 10, 150: 0}}
    (result,) = machine_results(plan(ALL_DAY, (0, 200), made=made), observed([(0, 200, "running")], counts))
    f = result.figures
    assert f.effectiveness == (50 * 0.8 + 25 * 1.6) / 200
    assert f.quality == (40 * 0.8 + 25 * 1.6) / (50 * 0.8 + 25 * 1.6)  # weighed by ideal time, not 65 of 75
    assert f.oee == (40 * 0.8 + 25 * 1.6) / 200


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (makings([]), "pieces of an unknown product"),
        (makings([Making(at(0), at(300), None, 99)]), "code 99"),
        (makings([Making(at(0), at(300), Product("water", 19))]), "product 'water' has no ideal rate"),
    ],
)
def test_pieces_without_an_ideal_rate_have_no_effectiveness(made: list[Making], says: str) -> None:
    (result,) = machine_results(plan(ALL_DAY, (0, 300), made=made), observed([(0, 300, "running")], {"total": {1: 5}}))
    assert (result.figures.effectiveness, result.figures.oee, result.figures.availability) == (None, None, 1)
    assert says in next(flag.text for flag in result.flags if flag.code == "no_ideal_rate")


def test_a_product_changes_with_a_whole_minute() -> None:
    lemon = Product("lemon", 18, {"m": 60 * SECOND})
    made = makings([Making(at(0), at(10.5), COLA), Making(at(10.5), at(99), lemon)])
    assert [(one.start, one.name) for one in made if one.product] == [(at(0), "cola"), (at(10), "lemon")]


def test_a_chosen_period_has_no_name_and_a_future_one_is_not_told() -> None:
    asked = plan_of(ALL_DAY, [Period("", at(0), at(10)), Period("", at(10), at(20))], at(10), makings(()))
    assert [one.name for one in asked.periods] == [""]
