"""What acts on a line from around it: inflow over the day, the gauge of a buffer, inspection of what others made."""

from datetime import UTC, datetime

import numpy as np
import pytest

from simulators.around.gauge import GaugeSpec
from simulators.around.inflow import InflowSpec
from simulators.around.inspection import InspectionSpec
from simulators.buffer import BufferSpec
from simulators.components.belt import BeltSpec
from simulators.components.pump import PumpSpec
from simulators.components.tool import ToolSpec
from simulators.condition import Condition
from simulators.face import StateCodes
from simulators.hall import Hall, LineSpec
from simulators.machine import MachineSpec
from simulators.station import StationSpec
from simulators.stoppage import Phase

MIDNIGHT = 1000 * round(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
MINUTE, HOUR = 60_000, 3_600_000
CODES = {Condition.RUNNING: 1, Condition.STARVED: 2, Condition.ABORTED: 3, Condition.IDLE: 0}


def machine(name, cycle_ms, infeed="", outfeed="", station=None, **more):
    now = (Phase(Condition.IDLE, 0.0, 0.0),)
    spec = StationSpec(name, cycle_ms, start=now, jam=now, repair=now, **(station or {}))
    return MachineSpec(spec, StateCodes(CODES), infeed, outfeed, **more)


def hall(machines, buffers=(), behaviours=(), seed=1):
    return Hall(LineSpec("works/line", tuple(machines), tuple(buffers), tuple(behaviours)), seed, MIDNIGHT)


def test_inflow_is_its_mean_over_a_day_and_most_at_its_peak():
    spec = InflowSpec("inlet", day=0.35, half=0.2, peak_h=9.0)
    shares = [spec.share(hour) for hour in np.arange(0.0, 24.0, 0.25)]
    assert np.mean(shares) == pytest.approx(1.0)
    assert max(shares) == pytest.approx(1.55) == spec.share(9.0)
    assert min(shares) > 0.4
    river = hall([machine("inlet", 20_000)], behaviours=[spec])
    station = river.machines["inlet"].station
    by_hour = []
    for hour in range(1, 25):
        before = station.total
        river.advance(MIDNIGHT + hour * HOUR)
        by_hour.append(station.total - before)
    assert sum(by_hour) == pytest.approx(24 * 180, rel=0.01)
    assert by_hour == pytest.approx([180 * spec.share(hour + 0.5) for hour in range(24)], abs=5)


def test_a_gauge_shows_its_buffer():
    inlet = machine("inlet", 10_000, outfeed="well", settings={"level": 0.0})
    spec = GaugeSpec("well", "inlet", each=0.1)
    station = hall([inlet], [BufferSpec("well", 100, "hl", 20)], [spec])
    station.advance(MIDNIGHT + 10 * MINUTE)
    _, _, index, value, _ = station.samples.drain()
    levels = value[index == station.samples.names.index("works/line/inlet/level")]
    assert levels[0] == pytest.approx(2.0)
    assert levels[-1] == pytest.approx(7.9)
    assert np.diff(levels) == pytest.approx(np.full(59, 0.1))


@pytest.mark.parametrize("worn", [False, True])
def test_the_measuring_machine_finds_what_worn_tools_have_made(worn):
    mills = [machine(f"mill{n}", 60_000, outfeed="milled", components={"tool": ToolSpec()}) for n in (1, 2)]
    measure = machine("measure", 20_000, "milled")
    spec = InspectionSpec("measure", ("mill1.tool.reject", "mill2.tool.reject"))
    cell = hall([*mills, measure], [BufferSpec("milled", 50, "part")], [spec])
    if worn:
        cell.machines["mill1"].touch(lambda: cell.machines["mill1"].physics.components["tool"].fault("chipped", None))
    cell.advance(MIDNIGHT + 30 * MINUTE)
    inspected = cell.machines["measure"].station
    assert inspected.total > 50
    share = inspected.reject / inspected.total
    assert (0.3 < share < 0.7) if worn else share == 0.0


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (InflowSpec("river"), "no machine 'river'; there are: mill"),
        (GaugeSpec("well", "mill"), "no buffer 'well'; there are: store"),
        (GaugeSpec("store", "mill"), "machine 'mill' has no setting 'level'"),
        (InspectionSpec("eye", ()), "no machine 'eye'; there are: mill"),
        (InspectionSpec("mill", ("lathe.tool.reject",)), "no machine has 'lathe.tool.reject'"),
        (InspectionSpec("mill", ("mill.tool.rust",)), "mill.tool gives wear, force, roughness, reject, not 'rust'"),
    ],
)
def test_what_there_is_not_is_refused_before_anything_lives(behaviour, message):
    with pytest.raises(ValueError, match=message):
        hall([machine("mill", 1000, components={"tool": ToolSpec()})], [BufferSpec("store", 5, "part")], [behaviour])


def test_a_slipping_belt_and_a_weak_pump_make_fewer_pieces_at_the_same_speed():
    belt = machine("belt", 1000, components={"belt": BeltSpec(loose=0.2)}, pace=("belt.ratio",))
    pump = machine("pump", 18_000, components={"pump": PumpSpec()}, pace=("pump.pace",))
    works = hall([belt, pump])
    works.advance(MIDNIGHT + HOUR)
    first = {name: one.station.total for name, one in works.machines.items()}
    assert first["pump"] == pytest.approx(200, abs=2)
    for name, mode in (("belt", "loose"), ("pump", "leak")):
        one = works.machines[name]
        one.touch(lambda one=one, name=name, mode=mode: one.physics.components[name].fault(mode, None))
    works.advance(MIDNIGHT + 2 * HOUR)
    second = {name: one.station.total - first[name] for name, one in works.machines.items()}
    assert 0.3 < second["belt"] / first["belt"] < 0.9
    assert second["pump"] / first["pump"] == pytest.approx(0.8, abs=0.02)
    assert works.machines["pump"].physics.newest["pump.flow"] == pytest.approx(16.0, rel=0.02)
