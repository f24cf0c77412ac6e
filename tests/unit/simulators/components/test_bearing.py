"""Bearing: rating life of ISO 281 with its scatter, growth of the spall by Paris' law."""

import numpy as np
import pytest

from simulators.components.bearing import BearingSpec
from simulators.streams import stream
from tests.unit.simulators.components.lives import duty, ks_p, lives

QUICK = BearingSpec(dynamic_kn=2.0, load_kn=2.0, rpm=60_000.0, growth=0.0001)
"""L10 is 1,000 s."""


def test_rating_life_is_that_of_the_standard():
    assert BearingSpec().l10_s / 3600 == pytest.approx((19.5 / 1.5) ** 3 * 1e6 / 1450 / 60)
    assert QUICK.l10_s == 1000.0


def test_life_scatters_as_weibull_with_a_tenth_failed_at_l10():
    found = lives(QUICK, duty(2000))
    assert ks_p(found, lambda t: 1.0 - 0.9 ** ((t / 1000.0) ** 1.5)) > 0.01
    assert np.mean(found > 1000.0) == pytest.approx(0.9, abs=0.06)


def test_half_the_load_lives_eight_times_as_long():
    pressed = BearingSpec(dynamic_kn=2.0, load_kn=2.0, rpm=60_000.0, preload=0.0)
    ratio = lives(pressed, duty(5000, load=0.5), range(5)) / lives(pressed, duty(5000), range(5))
    assert ratio == pytest.approx(np.full(5, 8.0), rel=0.01)


def test_damage_grows_by_the_paris_law():
    spec = BearingSpec()
    bearing = spec.make(stream(1, "bearing"))
    bearing.fault("wear", 1000.0)
    assert bearing.hidden.health == pytest.approx(1.0 - spec.first_pit)
    damage = bearing.advance(duty(1000), {})["friction"] / spec.friction
    assert damage[-1] == pytest.approx(1.0)
    rate, middle = np.diff(damage), np.sqrt(damage[1:] * damage[:-1])
    assert rate / middle**1.5 == pytest.approx(np.full(999, rate[0] / middle[0] ** 1.5), rel=1e-3)


def test_it_vibrates_like_a_good_one_until_the_pit_and_like_its_trip_at_the_trip():
    bearing = BearingSpec().make(stream(1, "bearing"))
    assert set(bearing.advance(duty(10), {})["vibration"]) == {1.4}
    bearing.fault("wear", 100.0)
    assert bearing.advance(duty(100), {})["vibration"][-1] == pytest.approx(9.0)
    assert set(bearing.advance(duty(10, load=0.0, speed=0.0), {})["vibration"]) == {0.0}


@pytest.mark.parametrize("seed", range(20))
def test_a_fault_without_a_life_trips_after_45_to_90_minutes_of_turning(seed):
    bearing = BearingSpec().make(stream(seed, "bearing"))
    bearing.fault("wear", None)
    assert 2700 <= bearing.hidden.left_s <= 5400
    left = bearing.hidden
    bearing.fault("wear", None)
    assert bearing.hidden == left


def test_a_fault_never_makes_a_life_longer():
    bearing = BearingSpec().make(stream(1, "bearing"))
    bearing.fault("wear", 100.0)
    bearing.fault("wear", 200.0)
    assert bearing.hidden.left_s == pytest.approx(100.0)
