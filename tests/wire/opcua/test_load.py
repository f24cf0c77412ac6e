"""A new model on a running twin, a PLC whose counter never stands: every count is there."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.wire.opcua.plant import URI, Plc, eventually, free_port
from twin.core.event import CONNECTION_LOST, GAP
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.model.load import load
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin

PLANT = """# {comment}
linetwin: 1
plant: acme
connections: {{s7: {{opcua: "{url}", ns: "{uri}", every: 50ms, wait: 0s}}}}
tags:
  temp: {{from: s7, node: Line.temp}}
{more}"""
MORE = "  n: {from: s7, node: Line.n}\n"


def values(twin: Twin, tag: str) -> list[float]:
    ids = twin.tags.ids_of([f"acme/{tag}"])
    return sorted(set(twin.reader.read_tags(ids, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples.value.tolist()))


async def test_no_value_is_missed_while_models_are_loaded(tmp_path: Path) -> None:
    plc = Plc()

    def plant(comment: str, more: str = ""):
        text = PLANT.format(comment=comment, url=plc.url, uri=URI, more=more)
        return load(text, "plant.yaml", connectors(), {})

    async with plc.running(), open_twin(plant("first"), tmp_path, WallClock()) as twin:
        report = twin.reports["s7"]
        await eventually(lambda: report.state == "up" and bool(values(twin, "temp")))
        done = asyncio.Event()
        written: list[float] = []

        async def count() -> None:
            while not done.is_set():
                written.append(1000.0 + len(written))
                at = datetime.fromtimestamp(time.time(), UTC)
                await plc.write("temp", written[-1], at=at)
                await asyncio.sleep(0.01)

        async def some_more() -> None:
            wanted = len(written) + 20
            await eventually(lambda: len(written) >= wanted)

        counting = asyncio.create_task(count())
        await some_more()
        await twin.load(plant("second"))
        await some_more()
        assert report.attempts == 1  # a comment disturbs no connection
        await twin.load(plant("third", MORE))
        assert report.attempts == 2
        await some_more()
        await twin.load(plant("fourth"))
        await some_more()
        done.set()
        await counting
        await eventually(lambda: written[-1] in values(twin, "temp"))
        assert [one for one in values(twin, "temp") if one >= 1000.0] == written
        assert values(twin, "n") == [0.0]
        assert twin.reports["s7"] is report
        assert report.state == "up"
        assert twin.reader.events(FAR_PAST, FAR_FUTURE, (CONNECTION_LOST, GAP)) == []


async def test_a_successor_that_cannot_connect_is_a_loss_and_its_end_too(tmp_path: Path) -> None:
    plc = Plc()

    def plant(url: str):
        return load(PLANT.format(comment="", url=url, uri=URI, more=""), "plant.yaml", connectors(), {})

    async with plc.running(), open_twin(plant(plc.url), tmp_path, WallClock()) as twin:
        await eventually(lambda: twin.reports["s7"].state == "up")
        await twin.load(plant(f"opc.tcp://127.0.0.1:{free_port()}"))
        await eventually(lambda: twin.reports["s7"].state == "down")
        await eventually(lambda: len(twin.reader.events(FAR_PAST, FAR_FUTURE, (CONNECTION_LOST,))) == 1)
        await plc.write("temp", 7.0, at=datetime.fromtimestamp(time.time(), UTC))
        await twin.load(plant(plc.url))
        await eventually(lambda: twin.reports["s7"].state == "up" and 7.0 in values(twin, "temp"))
