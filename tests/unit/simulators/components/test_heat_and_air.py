"""Heater and compressor: one warm body, scale, a tank and its leak."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest

from simulators.components.compressor import CompressorSpec
from simulators.components.heater import HeaterSpec
from simulators.streams import stream
from tests.unit.simulators.components.lives import duty, ks_p, lives


def made(spec):
    return spec.make(stream(1, "life"))


def test_a_heater_keeps_its_process_where_it_is_set():
    rows = made(HeaterSpec()).advance(duty(3600), {})
    assert rows["temperature"] == pytest.approx(np.full(3600, 85.0))
    assert rows["power"] == pytest.approx(np.full(3600, 0.94 * 12_000.0))
    assert made(HeaterSpec()).advance(duty(1, load=0.0), {})["power"][0] == pytest.approx(0.94 * 0.3 * 12_000.0)


def test_a_worn_element_no_longer_reaches_it_and_the_process_falls_as_one_body():
    heater = made(replace(HeaterSpec(), demand=1.0, oxide=1.0))
    heater.fault("wear", 1e7)
    heater.advance(duty(100_000), {})
    share = 1.0 - heater.hidden.health
    ends = 22.0 + 63.0 / (1.0 + np.sqrt(share))
    assert heater.advance(duty(1), {})["temperature"][0] == pytest.approx(ends, rel=0.01)


def test_scale_makes_the_element_hotter_towards_an_end_and_its_life_shorter():
    heater = made(HeaterSpec(scaling_h=1.0))
    element = heater.advance(duty(10 * 3600), {})["element"]
    over = element - 85.0
    assert over[3599] / over[0] == pytest.approx(1.0 + 0.5 * (1.0 - np.exp(-1.0)), rel=1e-3)
    assert over[-1] / over[0] == pytest.approx(1.5, rel=1e-3)
    clean, covered = made(HeaterSpec()), made(HeaterSpec())
    covered.fault("scaling", None)
    assert covered.hidden.left_s < 0.5 * clean.hidden.left_s
    covered.mend("scaling")
    assert covered.hidden.left_s == pytest.approx(clean.hidden.left_s)


def test_element_lives_scatter_as_weibull():
    spec = HeaterSpec(life_h=1.0, demand=1.0, oxide=0.0, scale=0.0)
    assert ks_p(lives(spec, duty(4000)), lambda t: 1.0 - np.exp(-((t / 3600.0) ** 2))) > 0.01


def test_a_compressor_swings_between_the_pressures_of_its_switch():
    rows = made(CompressorSpec()).advance(duty(7200), {})
    assert 6.9 < rows["pressure"].min() <= 7.0
    assert 8.5 <= rows["pressure"].max() < 8.6
    assert rows["running"].mean() == pytest.approx(0.7 / 1.2, rel=0.05)
    assert rows["power"].mean() == pytest.approx(7500.0 * 0.7 / 1.2, rel=0.05)


def test_the_tank_falls_by_the_ideal_gas_law():
    pressure = made(CompressorSpec()).advance(duty(20), {})["pressure"]
    kg_s = 0.7 * 1.2 / 60.0
    assert -np.diff(pressure) == pytest.approx(np.full(19, 287.0 * 293.0 / 0.5 * kg_s / 1e5))


def test_a_leak_takes_what_chokes_through_its_hole_and_shows_as_running():
    spec = CompressorSpec()
    through = 0.65 * pi / 4 * 0.0015**2 * 8.013e5 * np.sqrt(1.4 / (287 * 293)) * (2 / 2.4) ** 3
    assert spec.leak_kg_s(7.0) == pytest.approx(through)
    sound, leaking = made(spec), made(spec)
    leaking.fault("leak", None)
    share = [c.advance(duty(7200, load=0.5), {})["running"].mean() for c in (sound, leaking)]
    assert share[1] - share[0] == pytest.approx(spec.leak_kg_s(7.75) / (1.2 * 1.2 / 60), rel=0.1)
    leaking.mend("leak")
    leaking.advance(duty(3600, load=0.5), {})
    assert leaking.advance(duty(7200, load=0.5), {})["running"].mean() == pytest.approx(share[0], rel=0.05)


def test_a_leak_beyond_its_capacity_trips_it_and_a_new_one_is_tight():
    compressor = made(replace(CompressorSpec(), leak_mm=5.0))
    assert compressor.safe_s > 3600.0
    compressor.fault("leak", None)
    safe = compressor.safe_s
    assert 5.0 < safe < 3600.0
    compressor.advance(duty(int(safe)), {})
    assert not compressor.failed
    compressor.advance(duty(600), {})
    assert compressor.failed
    compressor.replace()
    assert not compressor.failed
    assert compressor.safe_s > 3600.0


def test_valves_live_as_weibull_and_deliver_less_in_the_end():
    assert ks_p(lives(CompressorSpec(life_h=1.0), duty(4000)), lambda t: 1.0 - np.exp(-((t / 3600.0) ** 2))) > 0.01
    worn = made(CompressorSpec())
    worn.fault("wear", 7200.0)
    running = worn.advance(duty(7200), {})["running"]
    assert running[-2000:].mean() > running[:2000].mean()
