"""Faults as nobody would ask for them: all that a line offers, one on the other, for no time, mended in between."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.plants import CNC, PACKAGING, PLANTS
from tests.unit.simulators.balance import assert_balanced, by_machine, takes_of
from tests.unit.simulators.reader import series
from tests.unit.simulators.start import HOUR, MINUTE, SECOND, START

END = START + HOUR // 2
LASTING = ("", "", ":30s", ":1s", ":10m", ":0.5s", ":0.001s")


def offered(line):
    """Every fault of a line by its whole name."""
    there = line.build(0, START).breakable()
    return [f"{name}.{part}.{mode}" for name, parts in there.items() for part, modes in parts.items() for mode in modes]


def faults(run):
    return [record for record in run.truth() if record["kind"] == "fault"]


@st.composite
def mischief(draw, names):
    """(instant, whether it is mended, what), the instants often the same."""
    acts = []
    for _ in range(draw(st.integers(1, 12))):
        what = draw(st.sampled_from(names))
        at = START + draw(st.integers(0, 1700)) * SECOND + draw(st.sampled_from((0, 0, 123 * 10**6)))
        acts.append((at, False, what + draw(st.sampled_from(LASTING))))
        for again in draw(st.lists(st.sampled_from((0, 1, 3, 30, 60)), max_size=2)):
            acts.append((at + again * SECOND, draw(st.booleans()), what))
    return sorted(acts, key=lambda act: act[0])


def tell(run, act):
    at, mended, what = act
    (run.mend if mended else run.fault)(what, at)


@pytest.mark.parametrize("line", PLANTS, ids=lambda line: line.name)
@settings(max_examples=8, deadline=None)
@given(data=st.data(), seed=st.integers(0, 99))
def test_whatever_breaks_the_line_lives_on_and_it_does_not_matter_when_it_was_told(line, data, seed):
    acts = data.draw(mischief(offered(line)))
    early, late = line.build(seed, START), line.build(seed, START)
    for act in acts:
        tell(early, act)
    rows = early.step(END)
    parts = []
    for act in acts:
        parts.append(late.step(act[0]))
        tell(late, act)
    parts.append(late.step(END))
    for column in (1, 2, 3, 4):
        assert np.concatenate([part[column] for part in parts]).tobytes() == rows[column].tobytes()
    truth = early.truth()
    assert late.truth() == truth
    assert_balanced(truth, takes_of(line.described(seed).spec))
    assert_orders_add_up(truth)
    for fault in faults(early):
        times = [fault["start"], fault["failure"], fault["end"]]
        assert sorted(time for time in times if time is not None) == [time for time in times if time is not None]


def assert_orders_add_up(truth):
    """What a machine made for its orders is what it made."""
    facts = by_machine(truth)
    orders = [record for record in truth if record["kind"] == "order"]
    for counter in ("total", "reject"):
        for machine in {record["machine"] for record in orders}:
            made = sum(record[counter] for record in orders if record["machine"] == machine)
            assert made == facts[counter][machine]


@pytest.mark.parametrize("at", [MINUTE, MINUTE + 300 * 10**6])
@pytest.mark.parametrize("lasts", ["", ":0.5s"])
def test_a_broken_tool_stops_its_machine_at_once(at, lasts):
    run = CNC.build(1, START, [(f"mill1.tool.breakage{lasts}", START + at)])
    run.step(START + 5 * MINUTE)
    [fault] = faults(run)
    assert (fault["mode"], fault["start"], fault["failure"]) == ("breakage", START + at, START + at)
    assert fault["end"] is None or fault["end"] > START + 2 * MINUTE
    assert [r["start"] for r in run.truth() if r["kind"] == "stop" and r["cause"] == "tool"] == [START + at]


def test_a_chipped_tool_that_is_mended_is_whole():
    run = CNC.build(1, START, [("mill1.tool.chipped:1m", START + MINUTE)])
    wears = []
    for minutes in (1, 2, 3):
        run.step(START + minutes * MINUTE)
        wears.append(run._hall.machines["mill1"].physics.newest["tool.wear"])
    before, chipped, after = wears
    assert chipped - before > 0.15
    assert after - before < 0.05
    assert [fault["end"] for fault in faults(run)] == [START + 2 * MINUTE]


def test_a_fault_that_is_over_when_the_next_begins_are_two():
    again = [("filler.vibration.bias:1m", START + MINUTE), ("filler.vibration.bias:1m", START + 2 * MINUTE)]
    run = PACKAGING.build(1, START, again)
    run.step(START + 5 * MINUTE)
    times = [(fault["start"], fault["end"]) for fault in faults(run)]
    assert times == [(START + MINUTE, START + 2 * MINUTE), (START + 2 * MINUTE, START + 3 * MINUTE)]


def test_mending_one_sensor_leaves_the_swapped_cables_of_another():
    tags = PACKAGING.build(1, START).sensors()["filler"]
    next_one = tags[(tags.index("vibration") + 1) % len(tags)]
    told = [("filler.vibration.swapped", START + MINUTE), (f"filler.{next_one}.bias:30s", START + 2 * MINUTE)]
    run = PACKAGING.build(1, START, told)
    of = series(run.step(START + 5 * MINUTE))
    times, values = of["filler/vibration"]
    [swapped, _] = faults(run)
    assert swapped["end"] is None
    _, usual = series(PACKAGING.build(1, START).step(START + 5 * MINUTE))[f"filler/{next_one}"]
    assert set(values[times >= START + 3 * MINUTE]) <= set(usual)
