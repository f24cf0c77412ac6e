"""A sensor that fails, through real wires and our connectors: Bad with its sub-code, or no value; never 0."""

import pytest

from simulators.plants import PACKAGING
from tests.unit.simulators.start import SECOND, START
from tests.wire.mqtt.brokers import free_port, iotcore
from tests.wire.simulators.clock import ClockWithEnd
from tests.wire.simulators.exam import reading
from tests.wire.simulators.readers import until

BAD_SENSOR_FAILURE, BAD_NO_DATA = 0x808C0000, 0x809B0000
BROKEN, MENDED = START + 20 * SECOND, START + 40 * SECOND
LINE = "packaging/line1"


@pytest.mark.parametrize(
    ("machine", "connection", "code"),
    [("filler", "s7", BAD_SENSOR_FAILURE), ("capper", "bk", BAD_SENSOR_FAILURE), ("packer", "cell", BAD_NO_DATA)],
)
async def test_a_wire_break_arrives_as_bad_and_the_mended_sensor_as_good(tmp_path, machine, connection, code):
    port = free_port()
    clock = ClockWithEnd(START, START + 60 * SECOND, speed=20)
    run = PACKAGING.build(3, START, [(f"{machine}.vibration.wire_break", BROKEN)])
    run.mend(f"{machine}.vibration.wire_break", MENDED)
    with iotcore(tmp_path, port):
        async with run.serve(clock, mqtt=f"127.0.0.1:{port}") as addresses:
            text = PACKAGING.plant_file(addresses)
            async with reading(text, connection, tmp_path, clock) as sheet:
                clock.go()
                name = f"{LINE}/{machine}/vibration"
                await until(lambda: max(sheet.stored.get(name, {START: 0})) >= clock.end - SECOND)
    stored = sheet.stored[name]
    during = {status for time, (_, status) in stored.items() if BROKEN <= time < MENDED}
    assert during == {code}
    assert all(value != value for value, status in stored.values() if status)
    assert all(status == 0 for time, (_, status) in stored.items() if time > MENDED + SECOND)
    neighbour = sheet.stored[f"{LINE}/{machine}/motor_temp"]
    assert {status for _, status in neighbour.values()} == {0}
    assert sheet.kept.dead == []
