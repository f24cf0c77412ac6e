"""Pump and filter: affinity laws, NPSH, Darcy, and how they act on each other."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.components.filter import FilterSpec
from simulators.components.pump import PumpSpec, cavitating, hydraulic_kw
from simulators.streams import stream
from tests.unit.simulators.components.lives import duty, ks_p, lives, lognormal_cdf

FREE = PumpSpec(static_m=0.0, npsh_m=0.1)
"""No static head, so that the curve of the plant is a parabola too; never near cavitation."""


def rows(spec, mode=None, of=None, **how):
    pump = spec.make(stream(1, "pump"))
    if mode is not None:
        pump.fault(mode, None)
    return {name: series[-1] for name, series in pump.advance(duty(1, **how), of or {}).items()}


def test_it_works_at_its_best_point_at_rated_speed():
    found = rows(PumpSpec())
    assert found["flow"] == pytest.approx(20.0, rel=1e-3)
    assert found["pace"] == pytest.approx(1.0, rel=1e-3)
    assert found["head"] == pytest.approx(32.0, rel=1e-3)
    assert found["pressure"] == pytest.approx(3.13, rel=1e-2)
    assert found["shaft"] == pytest.approx(1000.0 * hydraulic_kw(20.0, 32.0) / 0.68, rel=1e-3)
    assert rows(PumpSpec(), load=0.0, speed=0.0)["flow"] == 0.0


@given(speed=st.floats(0.3, 1.0))
def test_affinity_laws_are_exact(speed):
    full, less = rows(FREE), rows(FREE, speed=speed)
    assert less["flow"] == pytest.approx(full["flow"] * speed, rel=1e-5)
    assert less["head"] == pytest.approx(full["head"] * speed**2, rel=1e-5)
    assert less["shaft"] == pytest.approx(full["shaft"] * speed**3, rel=1e-5)


def test_it_gives_nothing_where_it_does_not_reach_the_static_head():
    assert rows(PumpSpec(), speed=0.6)["flow"] == 0.0


def test_the_point_of_work_lies_on_both_curves():
    spec, resistance = replace(PumpSpec(), resistance_of=("filter.resistance",)), 1.5
    found = rows(spec, of={"filter.resistance": np.array([resistance])})
    flow = found["flow"]
    assert found["head"] == pytest.approx(40.0 - spec.curve * flow**2, rel=1e-3)
    assert found["head"] == pytest.approx(20.0 + resistance / 9.79 * flow + spec.pipe * flow**2, rel=1e-6)
    assert found["strainer"] == pytest.approx(resistance * flow)


def test_the_head_falls_by_three_percent_where_npsh_is_just_enough():
    assert cavitating(np.array([3.0]), np.array([3.0]))[0] == pytest.approx(0.97)
    kept = cavitating(np.linspace(0.0, 9.0, 50), np.full(50, 3.0))
    assert np.all(np.diff(kept) >= 0.0)
    assert kept[0] == 0.0
    assert kept[-1] == pytest.approx(1.0)


def test_blocked_suction_cavitates_until_mended():
    sound, blocked = rows(PumpSpec()), rows(PumpSpec(), "cavitation")
    assert sound["npsh"] > 0.0 > blocked["npsh"]
    assert blocked["head"] < 0.9 * sound["head"]
    assert blocked["flow"] < 0.9 * sound["flow"]
    assert blocked["vibration"] > 2.0 * sound["vibration"]
    assert blocked["head"] == pytest.approx(20.0 + PumpSpec().pipe * blocked["flow"] ** 2, rel=1e-6)
    pump = PumpSpec().make(stream(1, "pump"))
    pump.fault("cavitation", None)
    pump.mend("cavitation")
    assert pump.advance(duty(1), {})["flow"][0] == pytest.approx(sound["flow"])


def test_cavitation_eats_the_impeller():
    pump = PumpSpec().make(stream(1, "pump"))
    left = pump.hidden.left_s
    pump.fault("cavitation", None)
    pump.advance(duty(100), {})
    pump.mend("cavitation")
    assert left - pump.hidden.left_s == pytest.approx(2100.0)


def test_a_leak_takes_from_what_is_delivered_and_a_worn_impeller_from_the_head():
    leaking = rows(PumpSpec(), "leak")
    assert rows(PumpSpec())["flow"] - leaking["flow"] == pytest.approx(4.0 * np.sqrt(leaking["head"] / 32.0))
    pump = PumpSpec().make(stream(1, "pump"))
    pump.fault("wear", 500.0)
    found = pump.advance(duty(500), {})
    assert np.all(np.diff(found["flow"]) < 0.0)
    assert found["head"][-1] < found["head"][0]


def test_impeller_lives_scatter_as_weibull():
    quick = PumpSpec(life_h=1.0)
    assert ks_p(lives(quick, duty(4000)), lambda t: 1.0 - np.exp(-((t / 3600.0) ** 2))) > 0.01


def test_a_clogged_filter_lowers_the_flow_of_the_pump_along_its_curve():
    filter_, spec = FilterSpec().make(stream(1, "filter")), replace(PumpSpec(), resistance_of=("filter.resistance",))
    filter_.fault("wear", 2000.0)
    given = {"filter.resistance": filter_.advance(duty(2000), {})["resistance"]}
    found = spec.make(stream(1, "pump")).advance(duty(2000), given)
    assert np.all(np.diff(found["flow"]) < 0.0)
    assert np.all(np.diff(found["head"]) > 0.0)
    flow = found["flow"]
    assert found["head"] == pytest.approx(40.0 - spec.curve * flow**2, rel=1e-3)


def test_a_filter_clogs_as_ruths_equation_of_the_cake_says():
    """Stepped in small steps of volume: dV = Q dt, Q = p / (R_0 + s + kappa V)."""
    spec = FilterSpec()
    filter_ = spec.make(stream(1, "filter"))
    filter_.fault("wear", 3600.0)
    flow = filter_.advance(duty(3600), {})["flow"]
    whole, work = spec.drive_kpa / spec.flow_m3_h, spec.drive_kpa * 1.0
    kappa = whole**2 * (spec.least**-2 - 1.0) / (2.0 * work)
    volume = 0.0
    for second in range(3600):
        assert flow[second] == pytest.approx(spec.drive_kpa / (whole + kappa * volume), rel=1e-3)
        volume += spec.drive_kpa / (whole + kappa * volume) / 3600.0
    assert flow[-1] == pytest.approx(0.7 * 20.0, rel=1e-6)


def test_pressure_over_a_clean_filter_is_as_said_and_rises_while_flow_falls():
    filter_ = FilterSpec().make(stream(1, "filter"))
    first = filter_.advance(duty(1), {})
    assert first["dp"][0] == pytest.approx(15.0, rel=1e-4)
    assert first["flow"][0] == pytest.approx(20.0, rel=1e-4)
    filter_.fault("wear", 100.0)
    clogged = filter_.advance(duty(100), {})
    assert np.all(np.diff(clogged["dp"]) > 0.0)
    filter_.fault("torn", None)
    assert filter_.advance(duty(1), {})["dp"][0] < 0.5 * clogged["dp"][-1]


def test_filter_lives_scatter_with_the_dirt():
    assert ks_p(lives(FilterSpec(life_h=1.0), duty(4000)), lognormal_cdf(3600.0, 0.3)) > 0.01


def test_a_filter_begins_as_used_as_said():
    half = FilterSpec(used=0.5).make(stream(1, "filter"))
    assert half.hidden.health == pytest.approx(0.5)
    assert half.hidden.left_s == pytest.approx(FilterSpec().make(stream(1, "filter")).hidden.left_s / 2.0)
    half.replace()
    assert half.hidden.health == 1.0
