"""Sensor: noise that nothing disturbs, and eight ways to lie."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.components.panel import Panel
from simulators.components.sensor import ABSENT, BAD_SENSOR_FAILURE, MODES, SensorSpec
from simulators.streams import stream

N = 1000
SPEC = SensorSpec(("bearing.vibration",), noise=0.008, noise_share=0.04, zero=0.04, low=0.0)
TRUE = {"bearing.vibration": np.full(N, 1.4), "motor.temperature": np.full(N, 60.0)}


def made(spec=SPEC):
    return spec.make(stream(1, "filler", "vibration"))


def read(mode=None, n=N, **said):
    sensor = made()
    sensor.read({name: series[:10] for name, series in TRUE.items()}, 10)
    if mode is not None:
        sensor.fault(mode, said)
    return sensor.read({name: series[:n] for name, series in TRUE.items()}, n)


def lived(mode, edges):
    """Sound, a fault, sound again, cut at edges."""
    sensor, wave = made(), 2.0 + np.sin(np.arange(N) / 50.0)
    parts = []
    for a, b in pairwise(sorted({0, 200, 700, N, *edges})):
        if a == 200:
            sensor.fault(mode, {})
        if a == 700:
            sensor.mend()
        parts.append(sensor.read({"bearing.vibration": wave[a:b]}, b - a))
    return b"".join(p[0].tobytes() for p in parts), b"".join(p[1].tobytes() for p in parts)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=15, deadline=None)
@given(edges=st.lists(st.integers(0, N), max_size=15))
def test_any_cutting_gives_the_same_bytes_while_a_fault_is_on_too(mode, edges):
    assert lived(mode, edges) == lived(mode, []) == lived(mode, range(N))


@pytest.mark.parametrize("mode", MODES)
def test_a_fault_that_is_over_leaves_nothing_behind(mode):
    value = np.frombuffer(lived(mode, [])[0])
    sound = np.frombuffer(lived("bias", [])[0])
    assert value[700:].tobytes() == sound[700:].tobytes()


def test_a_sound_sensor_reads_the_truth_with_noise_in_steps():
    value, status = read()
    assert not status.any()
    assert value.mean() == pytest.approx(1.44, abs=0.01)
    assert value.std() == pytest.approx(np.hypot(0.008, 0.04 * 1.4), rel=0.1)
    assert value.tobytes() == np.round(value, 4).tobytes()


def test_it_clips_to_its_range_and_rounds_to_its_converter():
    spec = SensorSpec(("motor.temperature",), step=0.5, high=59.7, noise=1.0)
    value, _ = made(spec).read(TRUE, N)
    assert value.max() <= 60.0
    assert set(np.mod(value, 0.5)) == {0.0}


def test_vibrations_join_as_rms_and_others_as_sum():
    of = {"a": np.array([3.0]), "b": np.array([4.0])}
    assert made(SensorSpec(("a", "b"), "rms")).read(of, 1)[0] == [5.0]
    assert made(SensorSpec(("a", "b"))).read(of, 1)[0] == [7.0]


def test_stuck_repeats_the_reading_before_or_the_one_that_is_said():
    assert len(set(read("stuck")[0])) == 1
    assert abs(read("stuck")[0][0] - 1.44) < 0.3
    assert set(read("stuck", at=7.5)[0]) == {7.5}


def test_drift_grows_by_its_rate_an_hour_and_bias_is_there_at_once():
    sound = read()[0]
    assert read("drift", rate=3.6)[0] - sound == pytest.approx(np.arange(1, N + 1) / 1000, abs=1e-4)
    assert read("bias", offset=2.0)[0] - sound == pytest.approx(np.full(N, 2.0), abs=1e-4)
    assert (read("bias")[0] - sound).mean() == pytest.approx(10 * (0.008 + 0.04 * 1.4), rel=0.01)


def test_noise_is_so_many_times_as_strong():
    assert read("noise", times=3.0)[0].std() == pytest.approx(3.0 * read()[0].std(), rel=0.01)


def test_spikes_are_as_many_and_as_large_as_said():
    apart = np.abs(read("spike", every=20.0, size=1.0)[0] - read()[0])
    spikes = apart > 0.5
    assert 25 <= spikes.sum() <= 80
    assert apart[~spikes].max() == 0.0


def test_dropout_leaves_rows_out_and_a_broken_wire_says_so():
    assert (read("dropout")[1] == ABSENT).all()
    assert (read("dropout", share=0.3)[1] == ABSENT).mean() == pytest.approx(0.3, abs=0.05)
    value, status = read("wire_break")
    assert np.isnan(value).all()
    assert (status == BAD_SENSOR_FAILURE).all()


def panel(*tags):
    return Panel({tag: (SensorSpec((of,)), stream(1, tag)) for tag, of in tags})


def test_swapped_sensors_show_each_other_until_mended():
    both = panel(("vibration", "bearing.vibration"), ("motor_temp", "motor.temperature"))
    both.fault("motor_temp", "swapped", {})
    swapped = both.read(TRUE, N)
    assert swapped["vibration"][0][0] == 60.0
    assert swapped["motor_temp"][0][0] == 1.4
    both.mend("vibration")
    assert both.read(TRUE, N)["vibration"][0][0] == 60.0
    both.mend("motor_temp")
    assert both.read(TRUE, N)["vibration"][0][0] == 1.4


@pytest.mark.parametrize("mended", ["a", "b"])
def test_swaps_that_overlap_end_one_by_one(mended):
    three = panel(("a", "bearing.vibration"), ("b", "motor.temperature"), ("c", "motor.current"))
    true = {**TRUE, "motor.current": np.full(N, 7.0)}
    three.fault("a", "swapped", {})
    three.fault("b", "swapped", {})
    three.mend(mended)
    shown = [three.read(true, N)[tag][0][0] for tag in ("a", "b", "c")]
    assert shown == ([1.4, 7.0, 60.0] if mended == "a" else [60.0, 1.4, 7.0])


def test_a_sensor_that_sticks_while_it_lies_shows_what_it_showed():
    sensor = made()
    sensor.fault("bias", {"offset": 5.0})
    value, _ = sensor.read(TRUE, N)
    sensor.fault("stuck", {})
    assert set(sensor.read(TRUE, N)[0]) == {value[-1]}


def test_a_sensor_that_is_alone_cannot_be_swapped():
    with pytest.raises(ValueError, match="the only one of its machine"):
        panel(("vibration", "bearing.vibration")).fault("vibration", "swapped", {})


@pytest.mark.parametrize(
    ("mode", "said", "message"),
    [
        ("rust", {}, "no fault 'rust'; it has stuck, drift, bias, noise, spike, dropout, swapped, wire_break"),
        ("drift", {"offset": 1.0}, "no setting 'offset'; it has rate"),
        ("stuck", {"for": 1.0}, "no setting 'for'; it has at"),
        ("swapped", {"rate": 1.0}, "no setting 'rate'; it has none"),
        ("dropout", {"share": 1.5}, "give a number from 0 to 1"),
        ("spike", {"every": 0.5}, "give a number from 1 to inf"),
        ("bias", {"offset": float("nan")}, "give a number from -inf to inf"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(mode, said, message):
    with pytest.raises(ValueError, match=message):
        made().fault(mode, said)
