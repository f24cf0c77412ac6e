"""Motor: one warm body, and insulation that ages by Arrhenius."""

from dataclasses import replace

import numpy as np
import pytest

from simulators.components.motor import MotorSpec
from simulators.streams import stream
from tests.unit.simulators.components.lives import SEEDS, duty, ks_p, life_s

HOT = MotorSpec(rise_k=100.0, tau_s=1.0, trip_c=500.0, life_h=0.1, slope=3.0)
"""122 degC at full load, at once."""


def insulation_s(spec, seed):
    """Seconds at full load until the insulation of a new motor is through."""
    resistance = spec.make(stream(seed, "life")).advance(duty(20_000), {})["insulation"]
    assert resistance[-1] <= spec.worn_mohm * 1.000001
    return 1 + int(np.argmax(resistance <= spec.worn_mohm * 1.000001))


def made(spec=None):
    return (MotorSpec() if spec is None else spec).make(stream(1, "motor"))


def test_the_winding_warms_as_one_body():
    spec = MotorSpec(rise_k=40.0, tau_s=500.0)
    motor = made(spec)
    motor.advance(duty(20_000, load=0.0, ambient=20.0), {})
    warm = motor.advance(duty(3000, ambient=20.0), {})["temperature"]
    t = np.arange(1, 3001)
    assert warm == pytest.approx(20.0 + 40.0 * (1.0 - np.exp(-t / 500.0)), abs=0.05)


def test_current_is_magnetising_and_load_current_at_right_angles():
    motor = made(MotorSpec(current_a=10.0, no_load=0.3))
    assert motor.advance(duty(1), {})["current"][0] == pytest.approx(10.0)
    half = motor.advance(duty(1, load=0.5), {})["current"][0]
    assert half == pytest.approx(10.0 * np.hypot(0.3, 0.5 * np.sqrt(1 - 0.09)))
    assert motor.advance(duty(1, load=0.0), {})["current"][0] == 0.0


def test_what_it_drives_adds_to_its_load():
    spec = MotorSpec(load_of=("bearing.friction", "belt.drag"))
    both = {"bearing.friction": np.full(1, 0.1), "belt.drag": np.full(1, 0.2)}
    assert (
        made(spec).advance(duty(1, load=0.5), both)["power"]
        == made(spec).advance(duty(1, load=0.8), {name: np.zeros(1) for name in both})["power"]
    )


def test_insulation_dies_where_the_miner_sum_says_weibull():
    factor = float(HOT.ageing(np.array(122.0)))
    scale = 360.0 / factor
    found = np.array([insulation_s(HOT, seed) for seed in SEEDS])
    assert ks_p(found, lambda t: 1.0 - np.exp(-((t / scale) ** 3.0))) > 0.01


def test_ten_kelvin_halve_the_life():
    cooler = replace(HOT, rise_k=90.0)
    for seed in range(5):
        assert insulation_s(cooler, seed) / insulation_s(HOT, seed) == pytest.approx(2.4, abs=0.2)
    assert MotorSpec().ageing(np.array([155.0, 165.0])) == pytest.approx([1.0, 2.0])


def test_blocked_cooling_trips_within_the_hour_and_free_cooling_never():
    motor = made()
    motor.advance(duty(3600), {})
    assert motor.safe_s > 1e6
    motor.fault("overheating", None)
    assert 1200 < motor.hidden.left_s < 3600
    left = motor.hidden.left_s
    assert life_s(motor, duty(5000)) == pytest.approx(left, abs=30)
    motor.replace()
    motor.advance(duty(3600, load=0.0), {})
    assert not motor.failed
    assert motor.safe_s > 1e6


def test_cooling_that_is_freed_in_time_lets_it_go_on():
    motor = made()
    motor.fault("overheating", None)
    hot = motor.advance(duty(900), {})["temperature"][-1]
    motor.mend("overheating")
    assert motor.advance(duty(3600), {})["temperature"][-1] < hot
    assert not motor.failed


def test_insulation_resistance_falls_to_the_least_that_ieee_43_asks_for():
    motor = made()
    motor.fault("wear", 600.0)
    resistance = motor.advance(duty(2000), {})["insulation"]
    assert motor.failed
    assert resistance[-1] == pytest.approx(5.0)
    assert np.all(np.diff(resistance) <= 0)
