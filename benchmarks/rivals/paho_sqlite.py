"""`python -m benchmarks.rivals.paho_sqlite PORT FILE`: a bare paho client, QoS 1, a commit a second to SQLite."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.plant import NAMES


def main(port: str, path: str) -> None:
    file = sqlite3.connect(path)
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = FULL")
    file.execute("CREATE TABLE IF NOT EXISTS sample (tag INTEGER, time REAL, value REAL)")
    tag_of = {f"bench/{name}": tag for tag, name in enumerate(NAMES)}
    waiting: list[tuple[int, float, float]] = []

    def keep(_client: Client, _data: Any, message: MQTTMessage) -> None:
        body = json.loads(message.payload)
        waiting.append((tag_of[message.topic], body["ts"] / 1000, body["v"]))

    def subscribe(client: Client, *_: Any) -> None:
        client.subscribe("bench/#", qos=1)

    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_message = keep
    client.on_connect = subscribe
    client.connect("127.0.0.1", int(port))
    client.loop_start()
    while True:
        time.sleep(1)
        rows = waiting[:]
        del waiting[: len(rows)]
        with file:
            file.executemany("INSERT INTO sample VALUES (?, ?, ?)", rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
