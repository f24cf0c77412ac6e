import asyncio
import json

import pytest

from connectors.mqtt import PLUGIN
from tests.wire.mqtt.plant import publisher
from twin.cli.main import main
from twin.core.errors import Misconfigured
from twin.core.plugin import ConnectionSpec


async def test_everything_that_passes_is_seen_and_nothing_is_left_at_the_broker(broker):
    spec = ConnectionSpec("watch", "mqtt", f"mqtt://127.0.0.1:{broker}")
    with publisher(broker) as publish:
        async with PLUGIN.watch(spec, "line/#") as groups:
            await asyncio.to_thread(publish, b"1", b"\xff")
            await asyncio.to_thread(publish, b"hidden", topic="elsewhere")
            await asyncio.to_thread(publish, b"2", topic="line/y/z")
            seen = []
            async with asyncio.timeout(15):
                async for group in groups:
                    seen += group
                    if len(seen) == 3:
                        break
    assert seen == [("line/x", b"1"), ("line/x", b"\xff"), ("line/y/z", b"2")]


async def test_a_filter_mqtt_forbids_is_refused():
    with pytest.raises(Misconfigured, match="# stands alone"):
        async with PLUGIN.watch(ConnectionSpec("watch", "mqtt", "mqtt://127.0.0.1"), "a/#/b"):
            pass


@pytest.mark.mosquitto
def test_the_command_shows_topic_payload_and_rate(only_mosquitto, capsys):
    with publisher(only_mosquitto) as publish:
        publish(b'{"v": 5}', retain=True)
        assert main(["mqtt", "watch", f"mqtt://127.0.0.1:{only_mosquitto}", "--seconds", "0.5", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    shown = json.loads(line)
    assert (shown["topic"], shown["payload"]) == ("line/x", '{"v": 5}')
    assert shown["per_second"] > 0


def test_the_command_fails_in_one_line_without_a_broker(port, capsys):
    assert main(["mqtt", "watch", f"mqtt://127.0.0.1:{port}"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"twin mqtt: mqtt://127.0.0.1:{port}: ")


PLANT = """linetwin: 1
plant: acme/brno
connections:
  gw: {mqtt: "mqtt://10.0.1.5"}
tags:
  temp: {from: gw, topic: line/x, value: $.v, timestamp: {path: $.ts, unit: ms}}
"""


def test_a_message_is_tried_without_a_broker(tmp_path, capsys):
    plant, payload = tmp_path / "plant.yaml", tmp_path / "message"
    plant.write_text(PLANT)
    payload.write_bytes(b'{"ts": 1700000000000, "v": 21.5}')
    assert main(["mqtt", "test", str(plant), "line/x", f"@{payload}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"tag": "acme/brno/temp", "value": 21.5, "text": None, "time": "2023-11-14T22:13:20Z", "status": "Good"}
    ]
    assert main(["mqtt", "test", str(plant), "line/x", "{}"]) == 1
    assert capsys.readouterr().out == "acme/brno/temp: no value at $.v\n"
    assert main(["mqtt", "test", str(plant), "line/y", "{}"]) == 2
    assert "no tag reads topic 'line/y'; topics: line/x" in capsys.readouterr().err
