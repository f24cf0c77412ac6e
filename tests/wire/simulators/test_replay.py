"""A recording over real OPC UA and MQTT: clients get what it holds, with its times, gaps and status codes."""

import json
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from asyncua import Client, ua

from simulators.replay.line import path_of
from tests.unit.simulators.start import SECOND, START
from tests.unit.simulators.test_replay import BAD, ROWS, recorded
from tests.wire.mqtt.brokers import free_port, iotcore
from tests.wire.simulators.clock import ClockWithEnd
from tests.wire.simulators.exam import reading
from tests.wire.simulators.readers import mqtt_reader, until
from twin.cli.main import main
from twin.core.tags import TagTable
from twin.runtime.recording import read_recording, recorded_line

SKAB = Path(os.environ.get("LINETWIN_DATA", "")) / "skab" / "valve1" / "0.csv"
WAITING = 0x8032_0000
MS = 10**6


class Reader:
    """tag -> [(source time in ns, value, status)] of every notification but those that wait for data."""

    def __init__(self):
        self.seen = {}

    def datachange_notification(self, node, value, data):
        told = data.monitored_item.Value
        ns = (told.SourceTimestamp.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        if told.StatusCode.value != WAITING:
            self.seen.setdefault(node.nodeid.Identifier, []).append((ns * 1000, value, told.StatusCode.value))


@asynccontextmanager
async def reader(url, names):
    async with Client(url) as client:
        index = await client.get_namespace_index("urn:linetwin:replay")
        found = Reader()
        subscription = await client.create_subscription(100, found)
        nodes = [client.get_node(ua.NodeId(name, index)) for name in names]
        await subscription.subscribe_data_change(nodes, queuesize=1000)
        yield found


def recorded_rows(begin):
    """tag -> [(time, value or text, status)]"""
    found = {}
    for time, name, value, status, text in ROWS:
        shown = text if text is not None else None if np.isnan(value) else value
        found.setdefault(name, []).append((begin + time, shown, status))
    return found


async def test_an_opcua_client_gets_the_recording_moved_to_now():
    expected = recorded_rows(START)
    clock = ClockWithEnd(START, START + 10 * SECOND, speed=10)
    async with recorded().build(1, START).serve(clock) as addresses, reader(addresses["replay"], expected) as found:
        clock.go()
        await until(lambda: sum(map(len, found.seen.values())) >= len(ROWS))
    assert found.seen == expected


async def test_in_rounds_it_goes_on():
    clock = ClockWithEnd(START, START + 10 * SECOND, speed=10)
    run = recorded(rounds=True).build(1, START)
    name = "hall/press/force"
    expected = [one for begin in (0, 4, 8) for one in recorded_rows(START + begin * SECOND)[name]][:11]
    async with run.serve(clock) as addresses, reader(addresses["replay"], [name]) as found:
        clock.go()
        await until(lambda: len(found.seen.get(name, ())) >= len(expected))
    assert found.seen[name] == expected


async def test_an_mqtt_client_gets_every_sample_on_the_topic_of_its_tag(broker_port):
    clock = ClockWithEnd(START, START + 10 * SECOND, speed=10)
    quality = {0: 192, 0x4000_0000: 64, BAD: 0}
    expected = [
        (name.replace("#", "_"), {"ts": time // MS, "value": shown, "quality": quality[status]})
        for name, rows in recorded_rows(START).items()
        for time, shown, status in rows
    ]
    run = recorded().build(1, START)
    async with mqtt_reader(broker_port, "hall/#") as seen, run.serve(clock, mqtt=f"127.0.0.1:{broker_port}"):
        clock.go()
        await until(lambda: len(seen) >= len(expected))
    came = [(topic, json.loads(payload)) for topic, payload in seen]
    assert sorted(came, key=str) == sorted(expected, key=str)
    assert [body["ts"] for _, body in came] == sorted(body["ts"] for _, body in came)


async def stored_by_the_twin(file, folder, length, speed):
    """What our connector stores, under the plant file that the recording makes; and where the recording began."""
    line, begins = recorded_line(file)
    clock = ClockWithEnd(begins, begins + length, speed)
    async with line.build(1, begins).serve(clock) as addresses:
        text = line.plant_file({**addresses, "wait": "1500ms"})
        async with reading(text, "replay", folder, clock) as sheet:
            clock.go()
            last = {name: times[-1][0] for name, times in changes(file, begins + length).items()}
            await until(lambda: all(time in sheet.stored.get(name, {}) for name, time in last.items()))
    return {
        name: [(t, None if np.isnan(v) else v, s) for t, (v, s) in sorted(found.items()) if s != WAITING]
        for name, found in sheet.stored.items()
    }


def changes(file, until_ns):
    """tag of the made plant file -> its samples, without those that equal the one before: no server tells of them."""
    tags, found = TagTable(), {}
    whole = read_recording(file, tags)
    columns = (whole.tag.tolist(), whole.time.tolist(), whole.value.tolist(), whole.status.tolist())
    for tag, time, value, status in zip(*columns, strict=True):
        rows = found.setdefault(path_of(tags[tag].name), [])
        shown = None if np.isnan(value) else value
        if time < until_ns and (not rows or rows[-1][1:] != (shown, status)):
            rows.append((time, shown, status))
    return found


@pytest.mark.parametrize("ending", ["csv", "parquet"])
async def test_our_twin_stores_what_a_line_wrote_into_a_file(ending, tmp_path):
    file = tmp_path / f"shift.{ending}"
    given = (
        "packaging",
        "--for",
        "30s",
        "--start",
        "2026-11-23T05:00:00Z",
        "--fault",
        "filler.vibration.wire_break@9s",
    )
    assert main(["simulate", *given, "--out", str(file)]) == 0
    expected = changes(file, 2**62)
    assert {s for rows in expected.values() for _, _, s in rows} == {0, BAD}
    stored = await stored_by_the_twin(file, tmp_path, 31 * SECOND, speed=15)
    assert stored == expected


@pytest.mark.data
@pytest.mark.skipif(not SKAB.is_file(), reason="no public data sets: set LINETWIN_DATA to their folder")
async def test_our_twin_stores_a_public_data_set(tmp_path):
    stored = await stored_by_the_twin(SKAB, tmp_path, 120 * SECOND, speed=40)
    _, begins = recorded_line(SKAB)
    expected = changes(SKAB, begins + 120 * SECOND)
    assert stored == expected
    assert len(expected) == 10


def test_the_command_serves_a_recording_and_writes_its_plant_file(tmp_path, capsys):
    file, plant = tmp_path / "press.csv", tmp_path / "plant.yaml"
    file.write_text("time,tag,value\n2026-11-23T05:00:00Z,hall/force,1\n2026-11-23T05:00:01Z,hall/force,2\n")
    port = free_port()
    with iotcore(tmp_path, port):
        wires = ("--opcua-port", "0", "--mqtt", f"127.0.0.1:{port}", "--plant", str(plant))
        assert main(["simulate", str(file), "--keep-time", "--loop", "--seconds", "0.3", *wires]) == 0
    [said] = capsys.readouterr().out.splitlines()
    assert said.startswith(f"{file} from 2026-11-23T05:00:00Z, seed 1, speed 1: mqtt://127.0.0.1:{port}, opc.tcp://")
    assert 'hall/force: {from: replay, node: "hall/force"}' in plant.read_text()
