"""Quantities of components act on the flow, and a component that fails stops its machine in the second it fails."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.components.component import Hidden
from simulators.components.running import running_sum
from simulators.components.sensor import SensorSpec
from simulators.condition import Condition
from simulators.face import StatusWord
from simulators.hall import LineSpec
from tests.unit.simulators.networks import alive, machine, seconds
from tests.unit.simulators.start import HOUR, MINUTE, SECOND, START


@dataclass(frozen=True)
class WickSpec:
    """Burns a second of itself in each second of work; its light falls to half of it halfway."""

    life_s: float
    gives: ClassVar = ("light", "smoke")
    modes: ClassVar = ("wear", "leak")

    def make(self, source):
        return Wick(self)


class Wick:
    def __init__(self, spec):
        self.modes, self._life, self._used, self.wet = spec.modes, spec.life_s, 0.0, False

    @property
    def failed(self):
        return self._used >= self._life

    @property
    def safe_s(self):
        return self._life - self._used

    @property
    def hidden(self):
        return Hidden(1.0 - self._used / self._life, self._life - self._used)

    def advance(self, duty, of):
        used = running_sum(self._used, duty.working)
        self._used = float(used[-1])
        half = used >= self._life / 2
        return {"light": np.where(half | self.wet, 0.5, 1.0), "smoke": np.where(half, 0.3, 0.0)}

    def fault(self, mode, life_s):
        if mode == "wear":
            self._life = self._used + (10.0 if life_s is None else life_s)
        else:
            self.wet = True

    def mend(self, mode):
        self.wet = False

    def replace(self):
        self._used, self.wet = 0.0, False


def lamp(life_s, **more):
    """One machine, a piece a second, whose wick burns."""
    plain = machine("lamp", "", "", 1000, 1, 0.0, 1e9)
    station = replace(plain.station, start=(), causes=(), reasons={"wick": 7})
    sensors = {"light": SensorSpec(("wick.light",)), "speed": SensorSpec(("machine.speed",))}
    face = StatusWord({Condition.RUNNING: 0})
    spec = replace(plain, station=station, face=face, components={"wick": WickSpec(life_s)}, sensors=sensors, **more)
    return LineSpec("hall/line", (spec,))


def of_kind(run, kind):
    return [record for record in run.truth() if record["kind"] == kind]


def total(run):
    [times] = [record["times"] for record in of_kind(run, "count") if record["counter"] == "total"]
    return len(times)


@settings(max_examples=30, deadline=None)
@given(life_s=st.integers(1, 500), cuts=st.lists(st.integers(0, 900), max_size=8))
def test_a_life_ends_in_its_last_second_however_it_is_stepped(life_s, cuts):
    run = alive(lamp(float(life_s)))
    for at in (*sorted(cuts), 900):
        run.step(seconds(at))
    fault = of_kind(run, "fault")[0]
    assert (fault["component"], fault["mode"]) == ("wick", "wear")
    assert fault["start"] == fault["failure"] == START + (life_s - 1) * SECOND
    stop = next(stop for stop in of_kind(run, "stop") if stop["cause"] != "start")
    assert (stop["cause"], stop["reason"], stop["start"], stop["end"]) == ("wick", 7, fault["failure"], fault["end"])


def test_a_pace_is_read_each_minute_and_counts_for_the_next_piece():
    run = alive(lamp(600.0, pace=("wick.light",)))
    run.step(START + 5 * MINUTE + SECOND // 2)
    assert total(run) == 300
    run.step(START + 9 * MINUTE + SECOND // 2)
    assert total(run) == 300 + 120


def test_bad_pieces_follow_a_quantity():
    run = alive(lamp(4 * 3600.0, reject_of=("wick.smoke",)))
    run.step(START + 2 * HOUR)
    [bad] = [record["times"] for record in of_kind(run, "count") if record["counter"] == "reject"]
    assert bad == []
    run.step(START + 4 * HOUR - MINUTE)
    [bad] = [record["times"] for record in of_kind(run, "count") if record["counter"] == "reject"]
    assert len(bad) == pytest.approx(0.3 * 7140, rel=0.1)


def test_a_fault_that_is_not_wear_ends_by_itself_or_when_it_is_mended():
    run = alive(lamp(1e6), faults=[("lamp.wick.leak:20s", seconds(30)), ("lamp.wick.leak", seconds(100))])
    run.mend("lamp.wick.leak", seconds(130))
    names, time, name, value, _ = run.step(seconds(200))
    light = name == names.index("hall/line/lamp/light")
    changes = [((at - START) // SECOND, shown) for at, shown in zip(time[light], value[light], strict=True)]
    assert changes == [(0, 1.0), (30, 0.5), (50, 1.0), (100, 0.5), (130, 1.0)]
    assert [(f["mode"], f["start"], f["failure"], f["end"]) for f in of_kind(run, "fault")] == [
        ("leak", seconds(30), None, seconds(50)),
        ("leak", seconds(100), None, seconds(130)),
    ]


def test_health_is_noted_every_ten_minutes():
    run = alive(lamp(4000.0))
    run.step(START + 35 * MINUTE)
    [health] = of_kind(run, "health")
    assert (health["from"], health["every"]) == (START, 600 * SECOND)
    assert health["left_s"] == [3999.0, 3399.0, 2799.0, 2199.0]
    assert health["health"] == pytest.approx([left / 4000 for left in health["left_s"]], abs=1e-6)


def test_sensors_that_change_places_show_each_others_values():
    run = alive(lamp(1e6), faults=[("lamp.light.swapped", seconds(10)), ("lamp.wick.leak", seconds(10))])
    names, time, name, value, _ = run.step(seconds(20))
    late = time >= seconds(10)
    last = {names[index].rpartition("/")[2]: shown for index, shown in zip(name[late], value[late], strict=True)}
    assert last.get("light", 1.0) == 1.0
    assert last["speed"] == 0.5


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"pace": ("wick.flow",)}, "machine 'lamp': pace reads 'wick.flow', which there is not; there are machine."),
        ({"reject_of": ("tool.wear",)}, "machine 'lamp': reject_of reads 'tool.wear'"),
        ({"repairs": {"tool": ()}}, "machine 'lamp': a repair of 'tool', which is no component of it"),
    ],
)
def test_a_quantity_that_is_not_there_is_named(more, why):
    with pytest.raises(ValueError, match=why):
        lamp(1.0, **more)
