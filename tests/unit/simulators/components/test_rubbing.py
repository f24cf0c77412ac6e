"""Gear and belt: Archard's law, the grip of the wrap, slip."""

from dataclasses import replace
from math import exp, sqrt

import numpy as np
import pytest

from simulators.components.belt import BeltSpec
from simulators.components.gear import GearSpec
from simulators.streams import stream
from tests.unit.simulators.components.lives import duty, ks_p, lives, lognormal_cdf

QUICK_GEAR = GearSpec(coefficient=1e-4, idle=0.0)
QUICK_BELT = BeltSpec(rate_mm3_nm=1.0)


def test_a_gear_dies_at_the_depth_of_archard_and_scatters_with_its_coefficient():
    depth_mm_s = 1e-4 * 800.0 * 2.0 * (1450.0 / 60.0) / 7000.0
    assert QUICK_GEAR.life_s == pytest.approx(0.25 / depth_mm_s)
    assert ks_p(lives(QUICK_GEAR, duty(1000)), lognormal_cdf(0.25 / depth_mm_s, 0.4)) > 0.01


def test_half_the_pressure_or_half_the_speed_lives_twice_as_long():
    slow = replace(QUICK_GEAR, coefficient=1e-6)
    full = lives(slow, duty(40_000), range(3))
    assert lives(slow, duty(80_000, load=0.5), range(3)) / full == pytest.approx(np.full(3, 2.0), rel=1e-3)
    assert lives(slow, duty(80_000, speed=0.5), range(3)) / full == pytest.approx(np.full(3, 2.0), rel=1e-3)


def test_a_dry_gear_wears_a_thousand_times_as_fast_until_it_has_oil():
    gear = GearSpec().make(stream(1, "gear"))
    left = gear.hidden.left_s
    gear.fault("dry", None)
    assert gear.hidden.left_s == pytest.approx(left / 1000.0)
    assert gear.advance(duty(1), {})["friction"][0] == pytest.approx(0.08, rel=1e-3)
    gear.mend("dry")
    assert gear.hidden.left_s == pytest.approx(left, rel=1e-3)


def test_backlash_grows_on_both_flanks_to_the_limit():
    gear = GearSpec().make(stream(1, "gear"))
    gear.fault("wear", 100.0)
    assert gear.advance(duty(100), {})["backlash"][-1] == pytest.approx(0.5)


def test_a_belt_dies_when_creep_has_rubbed_its_volume_away():
    life = 3000.0 / (1.0 * 270.0 * 8.0 * 270.0 / 40_000.0)
    assert QUICK_BELT.life_s == pytest.approx(life)
    assert ks_p(lives(BeltSpec(rate_mm3_nm=0.05), duty(10_000)), lognormal_cdf(20.0 * life, 0.3)) > 0.01
    pulled = BeltSpec(rate_mm3_nm=0.01)
    ratio = lives(pulled, duty(100_000, load=0.5), range(3)) / lives(pulled, duty(20_000), range(3))
    assert ratio == pytest.approx(np.full(3, 4.0), rel=1e-3)


def test_it_only_creeps_while_the_wrap_holds_and_slips_beyond():
    spec = BeltSpec()
    most = 2.0 * (exp(0.35 * 2.8) - 1.0) / (exp(0.35 * 2.8) + 1.0) * spec.tension_n

    def ratio(pull):
        return replace(spec, pull_n=pull).make(stream(1, "belt")).advance(duty(1), {})["ratio"][0]

    assert ratio(0.999 * most) == pytest.approx(1.0 - 0.999 * most / 40_000.0, rel=1e-6)
    assert ratio(1.25 * most) == pytest.approx(0.8 * (1.0 - most / 40_000.0), rel=1e-6)


def test_the_sides_are_apart_by_the_exponential_of_wrap_and_friction_where_it_begins_to_slip():
    spec = BeltSpec()
    pull = spec.grip * spec.tension_n
    tight, slack = spec.tension_n + pull / 2.0, spec.tension_n - pull / 2.0
    assert tight / slack == pytest.approx(exp(spec.friction * spec.wrap_rad))


def test_a_worn_belt_slips_before_it_is_through_and_tension_falls_exponentially():
    belt = BeltSpec().make(stream(1, "belt"))
    belt.fault("wear", 1000.0)
    rows = belt.advance(duty(1000), {})
    assert rows["slip"][0] < 0.01
    assert rows["slip"][-1] > 0.1
    first = int(np.argmax(rows["slip"] > 0.02))
    assert 600 < first < 900
    assert rows["tension"][499] / rows["tension"][-1] == pytest.approx(1.0 / sqrt(0.4), rel=0.01)


def test_a_loose_belt_slips_until_its_tensioner_is_set():
    belt = BeltSpec().make(stream(1, "belt"))
    belt.fault("loose", None)
    assert belt.advance(duty(1), {})["ratio"][0] < 0.9
    belt.mend("loose")
    assert belt.advance(duty(1), {})["ratio"][0] > 0.99
