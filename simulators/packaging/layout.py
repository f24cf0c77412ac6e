"""What the packaging line consists of: speeds, buffers, stops, drives. The filler is the slowest, as in real lines:
everything after it catches up, so the buffers feed it free.
"""

from __future__ import annotations

from dataclasses import replace

from simulators.buffer import BufferSpec
from simulators.components.bearing import BearingSpec
from simulators.components.component import ComponentSpec
from simulators.components.motor import MotorSpec
from simulators.components.sensor import SensorSpec
from simulators.condition import Condition
from simulators.face import Contacts, PackMl, StateCodes, StatusWord
from simulators.hall import LineSpec
from simulators.machine import MachineSpec
from simulators.station import StationSpec
from simulators.stoppage import Cause, Phase, Phases
from simulators.streams import Stream, stream

PATH = "packaging/line1"
RECIPE = 17
"""Number of the only product: half a litre of cola."""

LABELLER_BITS = {
    Condition.RUNNING: 0,
    Condition.STARVED: 1,
    Condition.BLOCKED: 2,
    Condition.STOPPED: 3,
    Condition.HELD: 15,
    Condition.ABORTING: 15,
    Condition.ABORTED: 15,
    Condition.CLEARING: 15,
}

PACKER_CODES = {
    Condition.IDLE: 0,
    Condition.STOPPED: 1,
    Condition.RUNNING: 3,
    Condition.STARVED: 5,
    Condition.BLOCKED: 6,
    Condition.HELD: 8,
    Condition.ABORTING: 9,
    Condition.ABORTED: 9,
    Condition.CLEARING: 9,
}

MQTT_REPEAT_S = 30
REPAIR_S = (2400.0, 3000.0)
"""A new bearing takes 45 min, give or take five."""


def layout(seed: int) -> LineSpec:
    """The line of a seed: seeds differ in where counters stand at the start, and in all that happens then."""
    first = stream(seed, PATH, "counters")
    machines = (filler(first), capper(first), labeller(first), packer(seed, first), palletiser())
    buffers = (
        BufferSpec("filled", 200, "bottle", 100),
        BufferSpec("capped", 200, "bottle", 100),
        BufferSpec("labelled", 240, "bottle", 120),
        BufferSpec("packed", 40, "case", 16),
    )
    return LineSpec(PATH, machines, buffers)


SENSORS = {
    "motor_temp": SensorSpec(of=("motor.temperature",), noise=0.08),
    "motor_current": SensorSpec(of=("motor.current",), noise=0.004, noise_share=0.02, low=0.0, zero=0.02),
    "vibration": SensorSpec(of=("bearing.vibration",), noise=0.008, noise_share=0.04, low=0.0, zero=0.04),
}
"""What a maintainer would put on a drive; a sensor has noise even where the machine stands."""


def drive(current_a: float, no_load: float, rise_k: float, tau_s: float) -> dict[str, ComponentSpec]:
    """Motor and bearing on one shaft."""
    motor = MotorSpec(current_a=current_a, no_load=no_load, rise_k=rise_k, tau_s=tau_s, load_of=("bearing.friction",))
    return {"bearing": BearingSpec(friction=0.25), "motor": motor}


def filler(first: Stream) -> MachineSpec:
    """120 bottles a minute; empties sometimes fail to come."""
    station = StationSpec(
        "filler",
        cycle_ms=500,
        start=ready(),
        jam=packml_fault(120.0, 180.0),
        repair=packml_fault(*REPAIR_S),
        causes=(
            Cause("short stop", 900.0, (Phase(Condition.HELD, 4.0, 40.0),)),
            Cause("jam", 7200.0, packml_fault(90.0, 360.0)),
            Cause("no empties", 2700.0, (Phase(Condition.STARVED, 15.0, 90.0),)),
            Cause("cleaning", 9000.0, (Phase(Condition.STOPPED, 120.0, 240.0), Phase(Condition.IDLE, 3.0, 8.0))),
        ),
        reject=0.004,
        restart_room=25,
    )
    return MachineSpec(
        counting(station, first),
        PackMl(),
        outfeed="filled",
        components=drive(current_a=14.0, no_load=0.35, rise_k=38.0, tau_s=900.0),
        sensors=SENSORS,
        settings={"recipe": RECIPE},
    )


def capper(first: Stream) -> MachineSpec:
    """128 bottles a minute."""
    station = StationSpec(
        "capper",
        cycle_ms=470,
        start=ready(),
        jam=packml_fault(120.0, 300.0),
        repair=packml_fault(*REPAIR_S),
        causes=(
            Cause("short stop", 700.0, (Phase(Condition.HELD, 3.0, 30.0),)),
            Cause("no caps", 5400.0, (Phase(Condition.STOPPED, 20.0, 120.0),)),
            Cause("jam", 9000.0, packml_fault(60.0, 300.0)),
        ),
        reject=0.005,
        restart_level=20,
        restart_room=25,
    )
    return MachineSpec(
        counting(station, first),
        PackMl(),
        infeed="filled",
        outfeed="capped",
        components=drive(current_a=6.2, no_load=0.4, rise_k=30.0, tau_s=600.0),
        sensors=SENSORS,
    )


def labeller(first: Stream) -> MachineSpec:
    """130 bottles a minute; the operator changes its roll."""
    station = StationSpec(
        "labeller",
        cycle_ms=460,
        start=ready(),
        jam=fault(120.0, 180.0),
        repair=fault(*REPAIR_S),
        causes=(
            Cause("label torn", 1500.0, fault(20.0, 120.0)),
            Cause("roll change", 2700.0, (Phase(Condition.STOPPED, 45.0, 110.0),)),
        ),
        reject=0.006,
        restart_level=20,
        restart_room=25,
    )
    return MachineSpec(
        counting(station, first),
        StatusWord(LABELLER_BITS),
        infeed="capped",
        outfeed="labelled",
        components=drive(current_a=3.4, no_load=0.5, rise_k=26.0, tau_s=480.0),
        sensors=SENSORS,
    )


def packer(seed: int, first: Stream) -> MachineSpec:
    """11.5 cases of 12 bottles a minute. Its counter has 16 bits; an odd seed starts it 50 to 900 short of the wrap."""
    short_of_wrap = int(first.integers(50, 900))
    station = StationSpec(
        "packer",
        cycle_ms=5200,
        start=ready(),
        jam=fault(120.0, 420.0),
        repair=fault(*REPAIR_S),
        causes=(
            Cause("short stop", 1200.0, (Phase(Condition.HELD, 5.0, 45.0),)),
            Cause("no cartons", 3600.0, (Phase(Condition.STOPPED, 30.0, 150.0), Phase(Condition.IDLE, 2.0, 5.0))),
        ),
        takes=12,
        reject=0.002,
        restart_level=48,
        restart_room=4,
        first_total=65536 - short_of_wrap if seed % 2 else 10 * short_of_wrap,
    )
    return MachineSpec(
        station,
        StateCodes(PACKER_CODES, 65536),
        infeed="labelled",
        outfeed="packed",
        components=drive(current_a=8.8, no_load=0.3, rise_k=33.0, tau_s=700.0),
        sensors=SENSORS,
        repeat_s=MQTT_REPEAT_S,
    )


def palletiser() -> MachineSpec:
    """3 layers of 4 cases a minute, by two contacts and a pulse."""
    station = StationSpec(
        "palletiser",
        cycle_ms=20_000,
        start=(Phase(Condition.STARVED, 2.0, 6.0),),
        jam=fault(120.0, 420.0),
        repair=fault(*REPAIR_S),
        causes=(Cause("case askew", 2400.0, fault(20.0, 180.0)),),
        takes=4,
        restart_level=8,
    )
    return MachineSpec(
        station,
        Contacts(),
        infeed="packed",
        components=drive(current_a=11.0, no_load=0.3, rise_k=35.0, tau_s=800.0),
        sensors=SENSORS,
        idle_load=0.0,
        repeat_s=MQTT_REPEAT_S,
    )


def ready() -> Phases:
    """Switched on, nobody has pressed start yet."""
    return (Phase(Condition.IDLE, 2.0, 8.0),)


def fault(shortest_s: float, longest_s: float) -> Phases:
    """Down until it is mended; then it goes on."""
    return (Phase(Condition.ABORTED, shortest_s, longest_s),)


def packml_fault(shortest_s: float, longest_s: float) -> Phases:
    """Abort, mend, clear, and start again by hand, as PackML wants it."""
    return (
        Phase(Condition.ABORTING, 0.8, 2.0),
        Phase(Condition.ABORTED, shortest_s, longest_s),
        Phase(Condition.CLEARING, 1.0, 3.0),
        Phase(Condition.STOPPED, 2.0, 10.0),
        Phase(Condition.IDLE, 0.5, 2.0),
    )


def counting(station: StationSpec, first: Stream) -> StationSpec:
    """The station with its 32-bit counters where years of work have left them."""
    total = int(first.integers(1_000_000, 90_000_000))
    return replace(station, first_total=total, first_reject=total // 250)
