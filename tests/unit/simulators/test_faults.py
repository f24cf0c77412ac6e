"""Faults: what is asked for happens, shows on the sensors, and is written down."""

from itertools import pairwise

import numpy as np
import pytest

from simulators.plants import PACKAGING
from tests.unit.simulators.reader import series
from tests.unit.simulators.start import HOUR, LINE, MACHINES, MINUTE, SECOND, START


def faults(run):
    return [record for record in run.truth() if record["kind"] == "fault"]


@pytest.mark.parametrize("machine", MACHINES)
def test_a_jam_stops_its_machine_at_once_for_some_minutes(machine):
    name = machine.rpartition("/")[2]
    run = PACKAGING.build(4, START, [(f"{name}.jam", START + MINUTE)])
    run.step(START + 20 * MINUTE)
    [fault] = faults(run)
    assert (fault["machine"], fault["component"], fault["start"]) == (machine, "jam", START + MINUTE)
    assert 2 * MINUTE <= fault["end"] - fault["start"] <= 10 * MINUTE
    down = [r for r in run.truth() if r["kind"] == "state" and r["machine"] == machine and r["state"] == "down"]
    assert any(r["from"] <= fault["start"] < r["to"] and r["to"] - r["from"] >= 2 * MINUTE for r in down)


@pytest.fixture(scope="module")
def calm():
    """The life of seed 1 without faults."""
    return series(PACKAGING.build(1, START).step(START + 200 * MINUTE))


@pytest.mark.parametrize("machine", MACHINES)
def test_a_damaged_bearing_wears_trips_and_is_replaced(calm, machine):
    name = machine.rpartition("/")[2]
    run = PACKAGING.build(1, START, [(f"{name}.bearing", START + 10 * MINUTE)])
    of = series(run.step(START + 6 * HOUR))
    [fault] = faults(run)
    trip, end = fault["failure"], fault["end"]
    assert 45 * MINUTE <= trip - fault["start"] <= 180 * MINUTE
    assert 40 * MINUTE <= end - trip <= 60 * MINUTE

    def level(life, value, start, until):
        times, values = life[f"{name}/{value}"]
        return np.quantile(values[(times >= start) & (times < until)], 0.9)

    last, after = (trip - 3 * MINUTE, trip), (end + HOUR // 2, end + HOUR)
    assert level(of, "vibration", *last) > 4 * level(calm, "vibration", *last)
    assert level(of, "motor_current", *last) > 1.1 * level(calm, "motor_current", *last)
    assert level(of, "motor_temp", *last) > 2 + level(calm, "motor_temp", *last)
    assert level(of, "vibration", *after) < 1.2 * level(calm, "vibration", *last)
    assert level(of, "vibration", trip + SECOND, trip + MINUTE) < 0.1


def test_vibration_grows_all_the_way_to_the_trip():
    run = PACKAGING.build(1, START, [("filler.bearing", START)])
    times, values = series(run.step(START + 3 * HOUR))["filler/vibration"]
    [fault] = faults(run)
    edges = np.linspace(START, fault["failure"], 6)
    levels = [np.quantile(values[(times >= a) & (times < b)], 0.8) for a, b in pairwise(edges)]
    assert levels == sorted(levels)


@pytest.mark.parametrize(("life", "minutes"), [("12m", 12), ("900s", 15), ("1h", 60)])
def test_a_bearing_lives_as_long_as_its_fault_says(life, minutes):
    run = PACKAGING.build(1, START, [(f"filler.bearing:{life}", START + MINUTE)])
    run.step(START + 3 * HOUR)
    [fault] = faults(run)
    assert (fault["machine"], fault["component"]) == (f"{LINE}/filler", "bearing")
    assert minutes * MINUTE - SECOND <= fault["failure"] - fault["start"] <= 1.5 * minutes * MINUTE


def test_damaging_a_damaged_bearing_changes_nothing():
    once = PACKAGING.build(1, START, [("filler.bearing", START)])
    twice = PACKAGING.build(1, START, [("filler.bearing", START), ("filler.bearing", START + MINUTE)])
    assert once.step(START + HOUR)[3].tobytes() == twice.step(START + HOUR)[3].tobytes()
    assert once.truth() == twice.truth()


def test_what_is_not_over_has_no_end():
    run = PACKAGING.build(1, START, [("filler.bearing", START)])
    run.step(START + MINUTE)
    [fault] = faults(run)
    assert fault == {
        "kind": "fault",
        "machine": f"{LINE}/filler",
        "component": "bearing",
        "mode": "wear",
        "start": START,
        "failure": None,
        "end": None,
    }


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("filler.bearing:", "nothing stands after the colon; a duration is written like filler.bearing:12m"),
        ("filler.bearing:0m", "'0m' makes no sense here; a duration is written like filler.bearing:12m"),
        ("filler.jam:soon", "'soon' makes no sense here; a duration is written like filler.jam:12m"),
        ("filler.bearing:rate=1", "'rate=1' makes no sense here"),
        ("filler.vibration.drift:rate=fast", "'fast' is no number"),
        ("filler.vibration.drift:speed=1", "has no setting 'speed'; it has rate"),
        ("filler.vibration:1m,2m", "'2m' makes no sense here"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(what, why):
    with pytest.raises(ValueError, match=rf"fault '{what}': .*{why}"):
        PACKAGING.build(1, START, [(what, START)])


@pytest.mark.parametrize(
    ("what", "near"),
    [
        ("filler", "filler.jam"),
        ("oven.jam", ""),
        ("filler.gear", ""),
        ("filler.baering", "filler.bearing"),
        ("filler.vibration.stuk", "filler.vibration.stuck"),
        (".jam", ""),
        ("filler.", "filler.jam"),
        ("", ""),
    ],
)
def test_an_unknown_fault_is_refused_with_the_nearest_and_what_there_is(what, near):
    hint = f"did you mean '{near}'" if near else ""
    with pytest.raises(ValueError, match=rf"no fault '{what}'; {hint}.*there are: filler.jam, filler.bearing, .*more$"):
        PACKAGING.build(1, START, [(what, START)])


def test_a_jam_lasts_as_long_as_its_fault_says():
    run = PACKAGING.build(1, START, [("packer.jam:12m", START + MINUTE)])
    run.step(START + HOUR)
    [fault] = faults(run)
    assert fault["end"] - fault["start"] == 12 * MINUTE


def test_a_sensor_that_sticks_does_so_for_the_time_asked_for():
    run = PACKAGING.build(1, START, [("filler.vibration.stuck:10m", START + MINUTE)])
    times, values = series(run.step(START + 20 * MINUTE))["filler/vibration"]
    [fault] = faults(run)
    assert (fault["component"], fault["mode"], fault["failure"]) == ("vibration", "stuck", None)
    assert (fault["start"], fault["end"]) == (START + MINUTE, START + 11 * MINUTE)
    assert not ((times > START + MINUTE) & (times < START + 11 * MINUTE)).any()
    assert len(set(values[times >= START + 11 * MINUTE])) > 300


def test_a_broken_wire_gives_one_bad_sample_without_a_value():
    run = PACKAGING.build(1, START, [("filler.vibration.wire_break", START + MINUTE)])
    names, time, name, value, status = run.step(START + 2 * MINUTE)
    bad = status != 0
    assert (time[bad].tolist(), status[bad].tolist()) == ([START + MINUTE], [0x808C0000])
    assert np.isnan(value[bad]).all()
    assert names[name[bad][0]] == f"{LINE}/filler/vibration"
    assert run.newest[f"{LINE}/filler/vibration"][2] == 0x808C0000


def test_a_fault_in_the_past_is_refused():
    run = PACKAGING.build(1, START)
    run.step(START + MINUTE)
    run.fault("filler.jam", START + MINUTE)
    with pytest.raises(ValueError, match="this instant has passed"):
        run.fault("filler.jam", START + MINUTE - 10**6)


def test_a_jam_is_mended_before_its_time():
    run = PACKAGING.build(1, START, [("filler.jam", START + MINUTE)])
    run.mend("filler.jam", START + MINUTE + 10 * SECOND)
    run.step(START + 2 * MINUTE)
    [fault] = faults(run)
    assert fault["end"] - fault["start"] == 10 * SECOND
    last = [r for r in run.truth() if r["kind"] == "state" and r["machine"] == f"{LINE}/filler"][-1]
    assert last["state"] == "running"


@pytest.mark.parametrize("minutes", [20, 65])
def test_a_worn_bearing_is_replaced_before_or_after_it_fails(minutes):
    run = PACKAGING.build(1, START, [("filler.bearing:30m", START + MINUTE)])
    run.mend("filler.bearing", START + minutes * MINUTE)
    run.step(START + 2 * HOUR)
    [fault] = faults(run)
    assert fault["end"] == START + minutes * MINUTE
    assert (fault["failure"] is None) == (minutes == 20)
