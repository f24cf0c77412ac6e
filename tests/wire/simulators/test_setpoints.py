"""A setpoint of a simulated machine written over the wire: taken, shown, and refused where it is too much."""

from __future__ import annotations

from pathlib import Path

from simulators.plants import PUMPS
from tests.wire.opcua.plant import setup, until
from twin.runtime.clock import WallClock


async def test_written_speed_is_taken_or_refused_by_the_machine(tmp_path: Path) -> None:
    clock = WallClock()
    run = PUMPS.build(1, clock.now())
    async with run.serve(clock) as addresses:
        tags = {"speed": "GVL.stPump1.fSpeedSet", "flow": "GVL.stPump1.fFlow"}
        test = setup(addresses["rtu"], tmp_path, tags, ns="urn:*BeckhoffAutomation:Ua:PLC1")
        async with test.connector.open() as batches:
            await until(batches, lambda taken: 100.0 in test.values(taken, "speed"))
            done = await test.connector.write("speed", 60.0)
            refused = await test.connector.write("speed", 200.0)
            sensor = await test.connector.write("flow", 1.0)
            await until(batches, lambda taken: 60.0 in test.values(taken, "speed"))
    assert (done.outcome, done.read_back) == ("done", "60")
    assert (refused.outcome, refused.status, refused.read_back) == ("refused", 0x803C0000, "60")
    assert (sensor.outcome, sensor.status) == ("refused", 0x803B0000)
    run.step(clock.now() + 1_000_000)
    [record] = [one for one in run.truth() if one["kind"] == "setpoint"]
    assert (record["machine"], record["value"]) == ("water/station1/pump1", 60.0)
