"""A new model on a running twin, a publisher that never pauses: every message is there once."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from tests.wire.mqtt.plant import Wall, publisher, until
from twin.core.event import CONNECTION_LOST, GAP
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.runtime.twin import open_twin

PLANT = """# {comment}
linetwin: 1
plant: acme/brno
connections: {{gw: {{mqtt: "mqtt://127.0.0.1:{port}", wait: 0s}}}}
tags:
  x: {{from: gw, topic: line/x, value: $.v, timestamp: {{path: $.ts, unit: ns}}}}
{more}"""
MORE = """types:
  mill:
    tags: {y: {topic: line/y, value: $.v, timestamp: {path: $.ts, unit: ns}}}
    state: [{is: running, when: y >= 0}, {is: idle}]
lines: {line1: {machines: {mill: {type: mill, from: gw}}}}
"""
MILL = "acme/brno/line1/mill"


async def test_no_message_is_missed_while_models_are_loaded(tmp_path: Path, broker: int) -> None:
    def plant(comment: str, more: str = ""):
        return load(PLANT.format(comment=comment, port=broker, more=more), "plant.yaml", connectors(), {})

    async with open_twin(plant("first"), tmp_path, Wall()) as twin:
        report = twin.reports["gw"]
        await until(lambda: report.state == "up")
        sent: list[int] = []
        done = asyncio.Event()
        with publisher(broker) as publish:

            async def send() -> None:
                while not done.is_set():
                    now = time.time_ns()
                    payload = json.dumps({"ts": now, "v": len(sent)}).encode()
                    await asyncio.to_thread(publish, payload)
                    await asyncio.to_thread(publish, payload, topic="line/y")
                    sent.append(now)

            async def some_more() -> None:
                wanted = len(sent) + 20
                await until(lambda: len(sent) >= wanted, 30)

            sending = asyncio.create_task(send())
            await some_more()
            await twin.load(plant("second"))
            await some_more()
            assert report.attempts == 1  # a comment disturbs no connection
            since = await twin.load(plant("third", MORE))
            assert report.attempts == 2
            await some_more()
            await until(lambda: twin.live().machines[MILL].state == "running", 30)  # its link was up long before it was
            await twin.load(plant("fourth"))
            await some_more()
            done.set()
            await sending
        x = twin.tags.ids_of(["acme/brno/x"])

        def stored() -> set[int]:  # what was on its way to the connector before came again, and counts once
            return set(twin.reader.read_tags(x, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples.time.tolist())

        await until(lambda: sent[-1] in stored(), 30)
        assert sorted(stored()) == sent
        y = twin.reader.read_tags(twin.tags.ids_of([f"{MILL}/y"]), FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
        assert len(y)
        assert y.time.min() >= since - 1_000_000_000
        assert twin.reports["gw"] is report
        assert report.state == "up"
        assert twin.reader.events(FAR_PAST, FAR_FUTURE, (CONNECTION_LOST, GAP)) == []
