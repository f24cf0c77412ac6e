"""What happened while nothing came is in the store afterwards, out of the server's history: all of it, each once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from simulators.wire.serve import Addresses, serve
from tests.wire.opcua.test_node_opcua import NodeServer, node_server
from tests.wire.opcua.test_node_opcua import pytestmark as needs_node
from tests.wire.simulators.nasty.counting import SERVER, Counting
from twin.api.access import Access
from twin.api.app import create_app
from twin.core.event import GAP, GAP_FILLED, Event
from twin.core.instant import FAR_FUTURE, FAR_PAST, SECOND, to_text
from twin.model.load import load
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin
from twin.state.coverage import NOT_RUNNING

US = 1000
"""What the simulated PLC's wire keeps of a time."""
PLANT = """
linetwin: 1
plant: p
connections:
  plc: {{opcua: "{url}", ns: "{ns}", every: 50ms, publishing: 100ms, queue: 1000}}
tags:
{tags}
"""
NAMES = ("line/m0/double", "line/m0/int32", "line/m0/float")
COUNTED = "\n".join(f"  {name}: {{from: plc, node: '{name[5:].replace('/', '.')}'}}" for name in NAMES)


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - the log announces it to nobody
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running(folder: Path, url: str, ns: str, tags: str) -> AsyncIterator[Twin]:
    plant = load(PLANT.format(url=url, ns=ns, tags=tags), "plant.yaml", connectors(), os.environ)
    async with open_twin(plant, folder, WallClock()) as twin:
        yield twin


@asynccontextmanager
async def counting_plc(history_s: float = 3600.0) -> AsyncIterator[tuple[Counting, Addresses]]:
    run = Counting(WallClock().now())
    run.wiring = replace(run.wiring, servers=(replace(SERVER, history_s=history_s),))
    async with serve(run, run.wiring, WallClock()) as addresses:
        yield run, addresses


def events(twin: Twin, kind: str) -> list[Event]:
    found = reversed(twin.reader.events(FAR_PAST, FAR_FUTURE, (kind,)))
    return [event for _, event in found if event.kind == kind]


def stored(twin: Twin, name: str) -> list[tuple[int, float]]:
    """The rows of a tag in the order of time. One that came live and from the history at once is one row."""
    id_ = twin.tags.get(f"p/{name}")
    rows = twin.reader.read(FAR_PAST, FAR_FUTURE, twin.reader.last()).samples
    mine = rows.tag == (-1 if id_ is None else id_)
    return sorted(set(zip(rows.time[mine].tolist(), rows.value[mine].tolist(), strict=True)))


def newest(twin: Twin, name: str) -> int:
    return max((time for time, _ in stored(twin, name)), default=0)


def same(run: Counting, twin: Twin) -> None:
    """The store has what the machine did, from its first row to its last: nothing lost, invented or twice."""
    for name in NAMES:
        rows = stored(twin, name)
        sent = [(time // US * US, value) for time, value in run.sent_of(name)]
        sent = [row for row in sent if rows[0][0] <= row[0] <= rows[-1][0]]
        assert rows == sent, name


async def covered(twin: Twin, gap: Event) -> list[dict[str, Any]]:
    """What GET /coverage says of a gap, for all tags."""
    transport = httpx2.ASGITransport(app=create_app(twin, Access()), client=("127.0.0.1", 50000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        span = {"from": to_text(gap.body["from"]), "to": to_text(gap.body["to"])}
        answer = await client.get("/api/v1/coverage", params={"connection": "plc", **span})
    return [one for tag in answer.json()["tags"] for one in tag["stretches"]]


@pytest.mark.slow
async def test_subscriptions_that_the_server_closed(tmp_path: Path) -> None:
    async with (
        counting_plc() as (run, addresses),
        running(tmp_path, addresses["plc"], "urn:plant:plc", COUNTED) as twin,
    ):
        await eventually(lambda: all(len(stored(twin, name)) > 5 for name in NAMES))
        await addresses.nasty("subscriptions-closed")
        await eventually(lambda: len(events(twin, GAP)) >= 1)
        await eventually(lambda: len(events(twin, GAP_FILLED)) == len(events(twin, GAP)))
        last = run.until + SECOND
        await eventually(lambda: min(newest(twin, name) for name in NAMES) > last)
        filled = events(twin, GAP_FILLED)
        same(run, twin)
    assert all(event.body["refused"] == {} for event in filled)


async def test_the_twin_did_not_run(tmp_path: Path) -> None:
    async with counting_plc() as (run, addresses):
        async with running(tmp_path, addresses["plc"], "urn:plant:plc", COUNTED) as twin:
            await eventually(lambda: all(len(stored(twin, name)) > 5 for name in NAMES))
        stopped = run.until
        await eventually(lambda: run.until > stopped + 4 * SECOND)
        async with running(tmp_path, addresses["plc"], "urn:plant:plc", COUNTED) as twin:
            await eventually(lambda: len(events(twin, GAP_FILLED)) == 1)
            last = run.until + SECOND
            await eventually(lambda: min(newest(twin, name) for name in NAMES) > last)
            [gap], [filled] = events(twin, GAP), events(twin, GAP_FILLED)
            same(run, twin)
            assert twin.reports["plc"].counters["filled"] == filled.body["rows"] >= 3 * 35
            stretches = await covered(twin, gap)
    assert gap.body["cause"] == NOT_RUNNING
    assert gap.body["from"] - 6 * SECOND < filled.body["from"] <= gap.body["from"]  # taken, not sent
    assert filled.body["to"] == gap.body["to"]
    assert (len(filled.body["tags"]), filled.body["refused"]) == (3, {})
    assert {one["state"] for one in stretches} == {"filled"}


async def test_a_restarted_server_whose_machine_went_on(tmp_path: Path) -> None:
    async with (
        counting_plc() as (run, addresses),
        running(tmp_path, addresses["plc"], "urn:plant:plc", COUNTED) as twin,
    ):
        await eventually(lambda: all(len(stored(twin, name)) > 5 for name in NAMES))
        await addresses.nasty("restart")
        await eventually(lambda: len(events(twin, GAP_FILLED)) >= 1)
        last = run.until + SECOND
        await eventually(lambda: min(newest(twin, name) for name in NAMES) > last)
        same(run, twin)


async def test_without_history_the_gap_stays_and_is_told_once(tmp_path: Path) -> None:
    async with counting_plc(history_s=0.0) as (_, addresses):
        async with running(tmp_path, addresses["plc"], "urn:plant:plc", COUNTED) as twin:
            await eventually(lambda: all(len(stored(twin, name)) > 5 for name in NAMES))
        for _ in range(2):
            async with running(tmp_path, addresses["plc"], "urn:plant:plc", COUNTED) as twin:
                told = len(events(twin, GAP_FILLED))
                await eventually(lambda twin=twin, told=told: len(events(twin, GAP_FILLED)) > told)
                notices = dict(twin.reports["plc"].notices)
                gaps, filled = events(twin, GAP), events(twin, GAP_FILLED)
        assert len(filled) == len(gaps) == 2
        [cause] = filled[-1].body["refused"]
        assert "AccessLevel without HistoryRead" in cause
        assert notices["history"].endswith(cause)


class TestNode:
    """node-opcua, the stranger."""

    pytestmark = needs_node

    @pytest.mark.slow
    async def test_the_twin_did_not_run(self, tmp_path: Path) -> None:
        tags = "  n: {from: plc, node: Line.n}"
        async with node_server(tmp_path / "pki") as server:
            server.tell(historize=["n"])
            async with running(tmp_path / "data", server.url, "urn:test:plc", tags) as twin:
                server.tell(count="n", **{"from": 1, "to": 100, "every_ms": 60})
                await eventually(lambda: any(value >= 10 for _, value in stored(twin, "n")))
            await self.until(server, tmp_path / "probe", 60.0)
            async with running(tmp_path / "data", server.url, "urn:test:plc", tags) as twin:
                await eventually(lambda: len(events(twin, GAP_FILLED)) == 1)
                await eventually(lambda: any(value == 100 for _, value in stored(twin, "n")))
                rows = stored(twin, "n")
        assert len({time for time, _ in rows}) == len(rows)
        values = [value for _, value in rows if value > 0]
        missing = set(range(1, 101)) - set(values)
        assert len(values) == len(set(values))
        assert not {value for value in missing if 12 <= value <= 60}

    @staticmethod
    async def until(server: NodeServer, folder: Path, value: float) -> None:
        """Wait until the machine has come so far."""
        async with running(folder, server.url, "urn:test:plc", "  n: {from: plc, node: Line.n}") as other:
            await eventually(lambda: any(seen >= value for _, seen in stored(other, "n")))
