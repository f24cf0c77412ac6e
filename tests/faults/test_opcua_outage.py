"""An OPC UA server that goes away for five seconds: the twin is back by itself, and the hole has a name and a cause."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from urllib.parse import quote

import pytest

from tests.faults.victim import TWIN, Victim
from tests.wire.mqtt.brokers import free_port, wait_for_port
from twin.core.instant import SECOND, from_text, to_text
from twin.testing import FaultProxy

OUTAGE_S = 5.0
TAG = "faults/plant/filler/temp"
PLANT = """
linetwin: 1
plant: faults/plant
connections:
  s7: {{opcua: "opc.tcp://127.0.0.1:{port}", ns: "http://www.siemens.com/simatic-s7-opcua", every: 500ms}}
tags:
  filler/temp: {{from: s7, node: '"DB_Filler"."Mot"."rTemp"', unit: degC}}
"""


@contextmanager
def server(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A simulated PLC in a process of its own; killed on leaving."""
    process = subprocess.Popen(
        [*TWIN, "simulate", "packaging", "--opcua-port", str(port)], stdout=subprocess.DEVNULL, stderr=sys.stderr
    )
    try:
        wait_for_port(port, process)
        yield process
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def proxy(port):
    """A wire to the server that can be cut."""
    async with FaultProxy(port) as one:
        yield one


@pytest.fixture
def victim(tmp_path, proxy):
    one = Victim(tmp_path, PLANT.format(port=proxy.port))
    one.start()
    yield one
    one.end()


async def asked(victim: Victim, path: str) -> dict:
    """An answer of the twin's API."""
    answer = await asyncio.to_thread(victim.get, f"/api/v1{path}")
    assert victim.process
    return json.loads(answer or b"{}")


async def series(victim: Victim) -> tuple[list[int], list[dict]]:
    """Times of the samples of the tag, and its gaps."""
    answer = await asked(victim, f"/samples?tag={quote(TAG)}&from=now-1h&max_points=5000")
    if not answer.get("samples"):
        return [], []
    (one,) = answer["samples"]
    return [from_text(time) for time in one["time"]], one["gaps"]


async def until_samples(victim: Victim, count: int, after: int = 0) -> list[int]:
    async with asyncio.timeout(30):
        while True:
            times, _ = await series(victim)
            if sum(time > after for time in times) >= count:
                return times
            await asyncio.sleep(0.1)


async def state(victim: Victim) -> dict:
    answer = await asked(victim, "/connections")
    return answer["connections"][0] if answer else {"state": ""}


async def until_state(victim: Victim, wanted: str) -> dict:
    async with asyncio.timeout(30):
        while True:
            found = await state(victim)
            if found["state"] == wanted:
                return found
            await asyncio.sleep(0.05)


async def kinds(victim: Victim) -> list[tuple[str, dict]]:
    """Events of connection and gaps, oldest first."""
    answer = await asked(victim, "/events?kind=connection&kind=gap&from=now-1h")
    return [(event["kind"], event["body"]) for event in reversed(answer["events"])]


async def test_a_cut_wire_is_named_with_its_cause_and_nothing_is_missing(victim, proxy, port):
    with server(port):
        times = await until_samples(victim, 3)
        proxy.refuse()
        proxy.cut()
        down = await until_state(victim, "down")
        assert down["cause"]
        await asyncio.sleep(OUTAGE_S)
        assert (await state(victim))["attempts"] > 1
        proxy.mend()
        await until_state(victim, "up")
        last = times[-1] + int(OUTAGE_S + 2) * SECOND
        times = await until_samples(victim, 3, after=last)
        _, gaps = await series(victim)
        found = await kinds(victim)
    assert [later - earlier for earlier, later in pairwise(times[1:])] == [SECOND] * (len(times) - 2)
    assert [kind for kind, _ in found] == ["connection.up", "connection.lost", "connection.up"]
    (gap,) = gaps
    assert gap["cause"] == down["cause"]
    assert from_text(gap["to"]) - from_text(gap["from"]) >= OUTAGE_S * SECOND


async def test_a_killed_server_leaves_a_gap_with_its_cause(victim, proxy, port):
    with server(port):
        before = await until_samples(victim, 3)
    await until_state(victim, "down")
    await asyncio.sleep(OUTAGE_S)
    with server(port):
        await until_state(victim, "up")
        times = await until_samples(victim, 3, after=before[-1])
        _, gaps = await series(victim)
        found = await kinds(victim)
    assert [kind for kind, _ in found].count("connection.lost") == 1
    (gap,) = [body for kind, body in found if kind == "gap"]
    assert gap["cause"]
    holes = [(a, b) for a, b in pairwise(times) if b - a > 3 * SECOND // 2]
    assert len(holes) == 1
    for begin, end in holes:
        named = [g for g in gaps if from_text(g["from"]) < begin + 2 * SECOND and from_text(g["to"]) > end - 2 * SECOND]
        assert named, (to_text(begin), to_text(end), gaps)
        assert all(g["cause"] for g in named)
