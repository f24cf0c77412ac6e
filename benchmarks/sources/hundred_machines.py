"""100 simulated machines at real time on one OPC UA server, in one process: `python -m ... PORT`."""

from __future__ import annotations

import asyncio
import sys

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
from simulators.stoppage import Cause, Phase
from simulators.wiring import OpcUaServer, OpcUaValue, Wiring
from twin.runtime.clock import WallClock

ROWS = 20
CYCLES_MS = (500, 470, 460, 5200, 20_000)
"""Machines of a row, as those of the packaging line: 6.4 pieces a second together."""
TYPES = {"st": "Int32", "blocked": "Boolean", "starved": "Boolean", "total": "UInt32", "reject": "UInt32"}
SERVER = OpcUaServer("plc", "Simulated machines", "urn:linetwin:bench:machines", ("Machines",))

DOWN = (Phase(Condition.ABORTED, 20.0, 60.0),)
COMPONENTS = {"bearing": BearingSpec(), "motor": MotorSpec(load_of=("bearing.friction",))}
SENSORS = {
    "motor_temp": SensorSpec(("motor.temperature",), noise=0.08),
    "motor_current": SensorSpec(("motor.current",), noise_share=0.02, low=0.0),
    "vibration": SensorSpec(("bearing.vibration",), noise_share=0.04, low=0.0),
}


def machine(row: int, place: int) -> MachineSpec:
    """One of a row."""
    station = StationSpec(
        f"row{row}_{place}",
        cycle_ms=CYCLES_MS[place],
        start=(Phase(Condition.IDLE, 0.0, 1.0),),
        jam=DOWN,
        repair=DOWN,
        causes=(Cause("short stop", 900.0, DOWN),),
        takes={3: 12, 4: 4}.get(place, 1),
        reject=0.004,
    )
    infeed, outfeed = (f"row{row}_before{n}" if 0 < n < len(CYCLES_MS) else "" for n in (place, place + 1))
    return MachineSpec(station, PackMl(), infeed, outfeed, components=COMPONENTS, sensors=SENSORS)


def spec() -> LineSpec:
    """All machines as one line."""
    places = [(row, place) for row in range(ROWS) for place in range(len(CYCLES_MS))]
    buffers = [BufferSpec(f"row{row}_before{place}", 200, "piece", 100) for row, place in places if place > 0]
    return LineSpec("bench/hall", tuple(machine(*one) for one in places), tuple(buffers))


def wiring(names: tuple[str, ...]) -> Wiring:
    """Every value as a variable of the one server."""
    parts = {name: tuple(name.split("/")[2:]) for name in names}
    return Wiring(
        (SERVER,),
        {name: OpcUaValue("plc", ".".join(p), p, TYPES.get(p[-1], "Double")) for name, p in parts.items()},
    )


async def main(port: int) -> None:
    """Until it is killed."""
    line, clock = spec(), WallClock()
    run = LineRun(line, wiring(line.names), 1, clock.now())
    async with run.serve(clock, opcua_port=port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
