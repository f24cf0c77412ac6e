"""The same line as in virtual time, over real OPC UA and MQTT: the twin on the wire sees what the one in memory saw."""

from __future__ import annotations

import socket
import threading
from urllib.parse import urlsplit

import pytest

from tests.wire.running import eventually
from twin.core.errors import Misconfigured
from twin.core.instant import from_text


def test_the_line_goes_on_over_the_wire_where_it_stands(twin_line) -> None:
    line = twin_line("packaging", seed=7, behind="20m")
    line.run("5m")
    line.fault("filler.jam", at="6m")
    threads = set(threading.enumerate())
    before = line.now
    with line.on_the_wire() as wire:
        assert wire.speed >= 1
        assert f"{wire.speed:g}" in wire.why or "at most" in wire.why
        assert "rows a plant-second" in wire.why
        plant = wire.get("/plant")
        assert [c["state"] for c in wire.get("/connections")["connections"]] == ["up"] * len(line.plant.connections)
        assert plant["path"] == line.plant.path
        end = int(before.timestamp() * 1e9) + 180 * 10**9
        eventually(lambda: from_text(wire.now) > end)
        filler = next(machine.path for machine in line.plant.machines() if machine.path.endswith("filler"))
        query = f"/states?asset={filler}&from={before.isoformat().replace('+', '%2B')}"
        eventually(lambda: any(one["state"] == "down" for one in wire.get(query)["states"]))
        ports = [urlsplit(url).port for url in (*wire.opcua_urls.values(), wire.mqtt_url, wire.api_url)]
        assert wire.opcua_url in wire.opcua_urls.values()
    assert line.now == before
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert set(threading.enumerate()) <= threads
    line.run("5m")
    stops = line.stops("filler")
    assert stops


def test_the_life_on_the_wire_is_that_of_virtual_time_to_the_byte(twin_line) -> None:
    line = twin_line("packaging", seed=3, behind="10m")
    line.fault("packer.jam", at="2m")
    line.run("4m")
    line.fault("filler.jam", at="5m")
    line.run("2m")
    run, lived = line.source.again()
    known = line.twin.reader.read(0, 2**62, 2**62).samples
    assert len(known) == len(lived[1])
    assert known.value.tobytes() == lived[3].tobytes()
    assert list(run.truth()) == list(line.source.truth())


def test_what_cannot_be_served_is_said_before_anything_starts(twin_line, tmp_path) -> None:
    with pytest.raises(Misconfigured, match="speed 0 must be greater than 0"), twin_line("packaging").on_the_wire(0):
        pass


def test_a_recording_cannot_go_on(twin_line, tmp_path) -> None:
    recording = tmp_path / "press.csv"
    recording.write_text("time,tag,value\n2026-03-02T06:00:00Z,my/plant/press/temp,61.5\n")
    plant = tmp_path / "plant.yaml"
    plant.write_text(
        "linetwin: 1\nplant: my/plant\nconnections: {c: {opcua: 'opc.tcp://10.0.0.1:4840', ns: 'urn:a'}}\n"
        "tags: {press/temp: {from: c, node: T}}\n"
    )
    line = twin_line(plant=plant, source=recording)
    with pytest.raises(Misconfigured, match="is a recording, which no machine can go on with"):
        line.on_the_wire()
