"""A line that people work at: three products, a changeover, two trades, breaks, shifts, meters, alarms; all by PackML
but the last machine.
"""

from simulators.around.ambient import AmbientSpec
from simulators.buffer import BufferSpec
from simulators.components.meter import MeterSpec
from simulators.components.motor import MotorSpec
from simulators.components.sensor import SensorSpec
from simulators.condition import Condition
from simulators.face import PackMl, StateCodes
from simulators.hall import LineSpec
from simulators.line import LineRun
from simulators.machine import MachineSpec
from simulators.orders.book import BookSpec, OrderSpec, ProductSpec
from simulators.people.attendance import People
from simulators.people.crew import CrewSpec
from simulators.people.shifts import ShiftSpec
from simulators.reports.machine_alarms import AlarmSpec
from simulators.station import StationSpec
from simulators.stoppage import Cause, Phase
from simulators.wiring import Wiring

ZONE = "Europe/Prague"
PATH = "hall/line"
READY = (Phase(Condition.IDLE, 1.0, 5.0),)
JAM = (Phase(Condition.ABORTED, 30.0, 90.0, by="operator"),)
REPAIR = (Phase(Condition.REPAIRED, 600.0, 900.0, by="mechanic"),)
CHANGEOVER = (Phase(Condition.COMPLETE, 1.0, 2.0), Phase(Condition.CHANGEOVER, 120.0, 300.0, by="operator"))
END = (Phase(Condition.COMPLETE, 2.0, 4.0),)
REASONS = {"jam": 1, "short stop": 2, "cleaning": 3, "motor": 4, "changeover": 5, "off shift": 8, "break": 9}
ALARMS = {"jam": AlarmSpec(3, "jam at the infeed"), "motor": AlarmSpec(7, "motor protection")}
CAUSES = (
    Cause("short stop", 300.0, (Phase(Condition.HELD, 3.0, 20.0),)),
    Cause("jam", 900.0, JAM),
    Cause("cleaning", 3000.0, (Phase(Condition.MAINTENANCE, 60.0, 120.0, by="operator"),)),
)
SETTINGS = {"order": 0, "recipe": 0, "reason": 0, "alarm": 0, "alarms": 0, "reject_dent": 0, "reject_underfill": 0}
SENSORS = {
    "power": SensorSpec(of=("meter.kw",), step=0.001),
    "energy": SensorSpec(of=("meter.kwh",), step=0.001),
    "motor_temp": SensorSpec(of=("motor.temperature",), noise=0.05),
}
CODES = {Condition.RUNNING: 1, Condition.STARVED: 2, Condition.BLOCKED: 3, Condition.ABORTED: 4, Condition.IDLE: 5,
         Condition.STOPPED: 6, Condition.CHANGEOVER: 7, Condition.OFF: 8}  # fmt: skip


def machine(name, cycle_ms, infeed="", outfeed="", face=None, **more):
    station = StationSpec(
        name, cycle_ms, READY, JAM, REPAIR, CAUSES, reject=0.02, reasons=REASONS, changeover=CHANGEOVER, order_end=END,
        **more,
    )  # fmt: skip
    components = {"motor": MotorSpec(current_a=8.0), "meter": MeterSpec(("motor.power",), standby_w=120.0)}
    return MachineSpec(
        station, face or PackMl(modes=True), infeed, outfeed, components, SENSORS, settings=SETTINGS, alarms=ALARMS,
        rejects={"dent": 1.0, "underfill": 2.0},
    )  # fmt: skip


BOOK = BookSpec(
    (ProductSpec("cola", 17, {"filler": 800}), ProductSpec("lemon", 18, {"filler": 1000}), ProductSpec("water", 19)),
    (OrderSpec("cola", 1000), OrderSpec("cola", 700), OrderSpec("lemon", 605), OrderSpec("water", 900)),
)


def spec(shifts=ShiftSpec(ZONE), **crew):  # noqa: B008 - frozen
    machines = (
        machine("filler", 800, outfeed="filled"),
        machine("capper", 700, "filled", "capped", restart_level=10),
        machine("packer", 4000, "capped", face=StateCodes(CODES), takes=6),
    )
    buffers = BufferSpec("filled", 60, "bottle", 10), BufferSpec("capped", 90, "bottle")
    crews = {"operator": CrewSpec(2, breaks=("09:00-09:15",), **crew), "mechanic": CrewSpec(1)}
    ambient = AmbientSpec(20.0, 4.0, 1.0, zone=ZONE, tag="hall_temp")
    return LineSpec(PATH, machines, buffers, (People(crews, ZONE), shifts, BOOK, ambient))


def build(seed, start, faults=(), **more):
    return LineRun(spec(**more), Wiring((), {}), seed, start, faults)


def series(columns):
    """name -> (times, values), for the values of the line."""
    names, time, name, value, _ = columns
    return {full.removeprefix(f"{PATH}/"): (time[name == i], value[name == i]) for i, full in enumerate(names)}
