"""What a correct reader finds on the wire is the truth, to the millisecond and the piece."""

import numpy as np
import pytest

from simulators.plants import PACKAGING
from tests.unit.simulators.reader import READ, pieces, series, states
from tests.unit.simulators.start import HOUR, LINE, MINUTE, START

FAULTS = [("filler.bearing", START + 2 * MINUTE), ("packer.jam", START + HOUR), ("palletiser.bearing", START)]


@pytest.fixture(scope="module", params=[1, 2, 7])
def shift(request):
    """Eight hours with faults: samples, truth, seed."""
    run = PACKAGING.build(request.param, START, FAULTS)
    columns = run.step(START + 8 * HOUR)
    return columns, run.truth(), request.param


@pytest.mark.parametrize("machine", READ)
def test_states_on_the_wire_are_the_true_ones(shift, machine):
    columns, truth, _ = shift
    true = [(r["from"], r["state"]) for r in truth if r["kind"] == "state" and r["machine"] == f"{LINE}/{machine}"]
    assert len(true) > 50
    assert states(columns, machine) == true


@pytest.mark.parametrize("counter", ["total", "reject"])
@pytest.mark.parametrize("machine", READ)
def test_pieces_on_the_wire_are_the_true_ones(shift, machine, counter):
    columns, truth, _ = shift
    [true] = [
        r["times"]
        for r in truth
        if r["kind"] == "count" and r["machine"] == f"{LINE}/{machine}" and r["counter"] == counter
    ]
    assert pieces(columns, machine, counter) == true


def test_the_packer_wraps_within_a_shift_with_an_odd_seed(shift):
    columns, _, seed = shift
    _, total = series(columns)["packer/total"]
    assert total.max() < 65536
    assert (np.diff(total) < -60000).sum() == seed % 2


def test_samples_are_in_order_at_whole_milliseconds_and_one_per_instant(shift):
    (names, time, name, value, status), _, _ = shift
    assert (np.diff(time) >= 0).all()
    assert (time % 10**6 == 0).all()
    assert len(np.unique(np.stack([time, name]), axis=1).T) == len(time)
    assert np.isfinite(value).all()
    assert not status.any()
    assert sorted(set(name[time == START].tolist())) == list(range(len(names)))


def test_sensors_speak_once_a_second(shift):
    columns, _, _ = shift
    for name in ("filler/motor_temp", "packer/motor_current", "palletiser/vibration"):
        times, _ = series(columns)[name]
        assert (times % 10**9 == START % 10**9).all()
        assert len(times) > 0.95 * 8 * 3600


def test_mqtt_machines_repeat_what_they_show_for_late_subscribers_but_never_a_pulse(shift):
    columns, _, _ = shift
    of = series(columns)
    for name in ("packer/st", "packer/reject", "palletiser/motor", "palletiser/fault"):
        assert np.diff(of[name][0]).max() <= 30 * 10**9
    assert (of["palletiser/pulse"][1] == 0).sum() == 1
