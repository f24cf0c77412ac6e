"""100 machines as asyncua's examples simulate one (`examples/server-minimal.py`): `python -m ... PORT`.

A loop that writes made-up values with `write_value`: each second three sensors of every machine, and its counter as
often as pieces come. No physics, no states, no truth.
"""

from __future__ import annotations

import asyncio
import random
import sys

from asyncua import Server

from benchmarks.sources.hundred_machines import CYCLES_MS, ROWS, SERVER
from simulators.wire.opcua import url

SENSORS = ("motor_temp", "motor_current", "vibration")


async def main(port: int) -> None:
    """Until it is killed."""
    server = Server()
    await server.init()
    server.set_endpoint(url(port))
    index = await server.register_namespace(SERVER.namespace)
    machines = []
    for number in range(ROWS * len(CYCLES_MS)):
        folder = await server.nodes.objects.add_object(index, f"machine{number}")
        sensors = [await folder.add_variable(index, name, 20.0) for name in SENSORS]
        total = await folder.add_variable(index, "total", 0)
        machines.append((sensors, total, 1000 / CYCLES_MS[number % len(CYCLES_MS)]))
    made = [0.0] * len(machines)
    async with server:
        begun = asyncio.get_running_loop().time()
        seconds = 0
        while True:
            for number, (sensors, total, per_s) in enumerate(machines):
                for sensor in sensors:
                    await sensor.write_value(20.0 + random.random())
                before, made[number] = int(made[number]), made[number] + per_s
                for piece in range(before, int(made[number])):
                    await total.write_value(piece + 1)
            seconds += 1
            await asyncio.sleep(max(0.0, begun + seconds - asyncio.get_running_loop().time()))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
