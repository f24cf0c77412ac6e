"""What is particular to the machining cell and the pump station, beside the laws that hold for every line."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.around.inflow import InflowSpec
from simulators.description.document import read_text
from simulators.description.line import read_line
from simulators.description.mistake import Mistake
from simulators.plants import BOTTLING, CNC, PUMPS
from tests.unit.simulators.balance import assert_balanced, by_machine, takes_of
from tests.unit.simulators.reader import series
from tests.unit.simulators.start import HOUR, MINUTE, START

LINES = {line.name: line for line in (CNC, PUMPS, BOTTLING)}
BREAKS = {
    "cnc": [
        "mill1.tool",
        "mill1.tool.chipped",
        "mill2.bearing:20m",
        "deburr.brush:10m",
        "wash.heater.scaling",
        "mill2.jam",
    ],
    "bottling": ["rinser.jam", "filler.bearing:20m", "capper.motor", "labeller.jam", "packer.bearing", "packer.jam"],
    "pumps": ["pump1.pump", "pump2.pump.leak:30m", "pump1.strainer:15m", "pump3.motor", "inlet.jam", "pump1.jam"],
}


@pytest.mark.parametrize("name", LINES)
@settings(max_examples=4, deadline=None)
@given(data=st.data(), seed=st.integers(0, 999), minutes=st.integers(1, 150))
def test_pieces_balance_at_any_instant_with_any_faults(name, data, seed, minutes):
    line = LINES[name]
    what = data.draw(st.lists(st.tuples(st.sampled_from(BREAKS[name]), st.integers(0, 100)), max_size=3))
    run = line.build(seed, START, [(fault, START + at * MINUTE) for fault, at in what])
    run.step(START + minutes * MINUTE)
    assert_balanced(run.truth(), takes_of(line.described(seed).spec))


@pytest.mark.parametrize("name", LINES)
def test_any_stepping_gives_the_same_bytes_and_truth(name):
    faults = [(what, START + 10 * MINUTE) for what in BREAKS[name][:3]]
    whole = LINES[name].build(3, START, faults)
    rows = whole.step(START + HOUR)
    cut = LINES[name].build(3, START, faults)
    parts = [cut.step(START + at * 7 * MINUTE + 1) for at in range(1, 9)] + [cut.step(START + HOUR)]
    for column in range(1, 5):
        assert np.concatenate([part[column] for part in parts]).tobytes() == rows[column].tobytes()
    assert cut.truth() == whole.truth()


@pytest.fixture(scope="module")
def shift():
    """Eight hours of the cell."""
    run = CNC.build(1, START)
    return series(run.step(START + 8 * HOUR)), run.truth()


def test_tools_are_changed_about_every_hour_of_cutting_and_each_time_for_wear(shift):
    _, truth = shift
    stops = Counter((r["machine"].rpartition("/")[2], r["cause"]) for r in truth if r["kind"] == "stop")
    for mill in ("mill1", "mill2"):
        assert 5 <= stops[mill, "tool"] <= 10
    faults = [r for r in truth if r["kind"] == "fault" and r["component"] == "tool"]
    assert {(r["mode"], r["failure"] == r["start"]) for r in faults} == {("wear", True)}


def test_spindles_draw_more_with_a_worn_tool_than_with_a_new_one(shift):
    of, truth = shift
    times, current = of["machining/cell1/mill1/spindle_current"]
    running = current > 15.0
    for change in [r for r in truth if r["kind"] == "fault" and r["machine"].endswith("mill1")][1:4]:
        before = running & (times > change["start"] - 5 * MINUTE) & (times < change["start"])
        after = running & (times > change["end"]) & (times < change["end"] + 5 * MINUTE)
        assert np.median(current[before]) > 1.15 * np.median(current[after])


def test_what_worn_tools_have_made_is_found_by_the_measuring_machine(shift):
    _, truth = shift
    facts = by_machine(truth)
    share = {name.rpartition("/")[2]: facts["reject"][name] / made for name, made in facts["total"].items()}
    assert 0.01 < share["measure"] < 0.12
    assert max(share["mill1"], share["mill2"]) < 0.01
    run = CNC.build(1, START, [("mill1.tool.chipped", START), ("mill2.tool.chipped", START)])
    run.step(START + 30 * MINUTE)
    spoilt = by_machine(run.truth())
    measure = "machining/cell1/measure"
    assert spoilt["reject"][measure] > 0.5 * spoilt["total"][measure]


@pytest.fixture(scope="module")
def day():
    """From six to six at the station."""
    run = PUMPS.build(1, START)
    return series(run.step(START + 12 * HOUR)), run.truth()


def test_pumps_follow_the_inflow(day):
    of, truth = day
    made = {name.rpartition("/")[2]: total for name, total in by_machine(truth)["total"].items()}
    [inflow] = [one for one in PUMPS.described(1).spec.behaviours if isinstance(one, InflowSpec)]
    shares = [inflow.share(hour) for hour in np.arange(6.0, 18.0, 1.0 / 12.0)]
    assert made["inlet"] == pytest.approx(12 * 180 * np.mean(shares), rel=0.01)
    assert made["pump1"] + made["pump2"] + made["pump3"] == pytest.approx(made["inlet"], abs=300)
    assert min(made["pump1"], made["pump2"]) > made["pump3"]
    assert not any(r["state"] == "blocked" for r in truth if r["kind"] == "state")
    _, level = of["water/station1/inlet/level"]
    assert 0.0 <= level.min() < level.max() < 2.9


def test_a_hectolitre_is_what_the_flow_meter_says(day):
    of, truth = day
    times, flow = of["water/station1/pump1/flow"]
    held = np.diff(np.append(times, START + 12 * HOUR)) / HOUR  # on change: zeros follow each other where it stands
    through = 10.0 * np.sum(flow * held)
    assert by_machine(truth)["total"]["water/station1/pump1"] == pytest.approx(through, rel=0.02)


def test_lifting_costs_energy(day):
    of, truth = day
    _, kwh = of["water/station1/pump1/energy"]
    lifted = by_machine(truth)["total"]["water/station1/pump1"] / 10.0  # m3, some 32 m high
    assert np.all(np.diff(kwh) > 0.0)
    assert 0.087 / 0.9 < (kwh[-1] - 12 * 0.025) / lifted < 0.087 / 0.35


def test_a_pump_that_cavitates_is_loud_and_lifts_less_until_mended():
    at = START + 3 * HOUR
    of = series(PUMPS.build(1, START, [("pump1.pump.cavitation:20m", at)]).step(at + HOUR))

    def median(value, start, end):
        times, values = of[f"water/station1/pump1/{value}"]
        return np.median(values[(times >= start) & (times < end)])

    for value, change in (("flow", 0.9), ("pressure", 0.97)):
        assert median(value, at + MINUTE, at + 19 * MINUTE) < change * median(value, at - 20 * MINUTE, at)
    assert median("vibration", at + MINUTE, at + 19 * MINUTE) > 2.0 * median("vibration", at - 20 * MINUTE, at)
    assert median("flow", at + 21 * MINUTE, at + 40 * MINUTE) > 18.0


def test_inflow_gauges_and_inspection_are_used():
    used = {type(one).__name__ for line in LINES.values() for one in line.described(1).spec.behaviours}
    assert used >= {"InflowSpec", "GaugeSpec", "InspectionSpec"}


def test_a_mistake_around_a_line_is_told_with_its_line():
    text = PUMPS.file.read_text(encoding="utf-8").replace("peak: 9h", "peek: 9h")
    number = text[: text.index("peek")].count("\n") + 1
    with pytest.raises(Mistake, match=rf"pumps.yaml:{number}: inflow\[0\]: unknown key 'peek'; did you mean 'peak'"):
        read_line(read_text(text, "pumps.yaml"), 1)
