"""Lines of any shape, for laws that hold in all of them: stages of parallel machines, a buffer between each two."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from simulators.buffer import BufferSpec
from simulators.components.bearing import BearingSpec
from simulators.components.motor import MotorSpec
from simulators.components.sensor import SensorSpec
from simulators.condition import Condition
from simulators.face import PackMl
from simulators.hall import LineSpec
from simulators.line import LineRun
from simulators.machine import MachineSpec
from simulators.station import StationSpec
from simulators.stoppage import Cause, Phase, Stop
from simulators.wiring import Wiring
from tests.unit.simulators.start import SECOND, START

DOWN = (Phase(Condition.ABORTED, 1.0, 20.0),)
NOWHERE = Wiring((), {})


@dataclass(frozen=True)
class Orders:
    """Fills the source of every first machine with another order at fixed instants; each changes over on the way."""

    refills: tuple[tuple[int, int], ...]  # (s after the start, pieces)
    values: tuple[str, ...] = ()

    def enter(self, hall):
        for machine in hall.machines.values():
            machine.station.prepare = prepare
        for number, (at, pieces) in enumerate(self.refills, 1):
            for source in hall.sources.values():
                act = lambda _, source=source, n=number, p=pieces: source.refill(n, p)  # noqa: E731
                hall.agenda.at(hall.agenda.now + 1000 * at, 1, act)
        return self

    def records(self, now):
        yield {"kind": "orders", "refills": self.refills}


def prepare(station, order):
    """Every other order is another product with another speed."""
    if order % 2:
        return None
    station.cycle_ms = station.spec.cycle_ms + 70
    return Stop("changeover", [(Condition.STOPPED, 1700)])


def machine(name, infeed, outfeed, cycle_ms, takes, reject, every_s):
    station = StationSpec(
        name,
        cycle_ms=cycle_ms,
        takes=takes,
        reject=reject,
        start=(Phase(Condition.IDLE, 0.0, 2.0),),
        jam=DOWN,
        repair=DOWN,
        causes=(Cause("short stop", every_s, DOWN),),
    )
    return MachineSpec(
        station,
        PackMl(),
        infeed,
        outfeed,
        components={"bearing": BearingSpec(), "motor": MotorSpec(load_of=("bearing.friction",))},
        sensors={
            "vibration": SensorSpec(("bearing.vibration",), noise=0.1),
            "load": SensorSpec(("machine.load",), step=0.1),
        },
    )


@st.composite
def lines(draw):
    stages = draw(st.integers(1, 4))
    capacities = draw(st.lists(st.integers(3, 40), min_size=stages - 1, max_size=stages - 1))
    buffers = tuple(BufferSpec(f"b{n}", c, "piece", draw(st.integers(0, c))) for n, c in enumerate(capacities))
    ends = ["", *(buffer.name for buffer in buffers), ""]
    machines = []
    for stage in range(stages):
        for place in range(draw(st.integers(1, 3))):
            machines.append(
                machine(
                    f"m{stage}{'abc'[place]}",
                    ends[stage],
                    ends[stage + 1],
                    draw(st.integers(90, 3000)),
                    draw(st.integers(1, 3)),
                    draw(st.sampled_from([0.0, 0.05, 0.5])),
                    draw(st.sampled_from([10.0, 300.0])),
                )
            )
    refills = tuple(draw(st.lists(st.tuples(st.integers(1, 240), st.integers(1, 60)), max_size=4)))
    return LineSpec("hall/line", tuple(machines), buffers, (Orders(refills),))


@st.composite
def faults(draw, spec, longest_s=300):
    parts = (
        "jam",
        "jam:5s",
        "bearing:20s",
        "motor.overheating:30s",
        "vibration.stuck:9s",
        "vibration.swapped",
        "load:7s",
    )
    names = [f"{m.name}.{part}" for m in spec.machines for part in parts]
    found = draw(st.lists(st.tuples(st.sampled_from(names), st.integers(0, longest_s * 1000)), max_size=6))
    return [(what, START + ms * 10**6) for what, ms in found]


def alive(spec, seed=1, faults=()):
    return LineRun(spec, NOWHERE, seed, START, faults)


def alike(spec, **more):
    """The line with other numbers in all its stations."""
    return replace(spec, machines=tuple(replace(m, station=replace(m.station, **more)) for m in spec.machines))


def seconds(number):
    return START + round(number * 1000) * (SECOND // 1000)
