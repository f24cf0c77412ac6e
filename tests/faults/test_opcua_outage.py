"""An OPC UA server that goes away for five seconds: the twin is back by itself, and the hole has a name and a cause."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from urllib.parse import quote

import pytest

from tests.faults.victim import TWIN, Victim, twin
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
    return [from_text(text) for text in one["time"]], one["gaps"]


async def until_samples(victim: Victim, count: int, after: int = 0) -> list[int]:
    async with asyncio.timeout(30):
        while True:
            times, _ = await series(victim)
            if sum(one > after for one in times) >= count:
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


async def coverage(victim: Victim) -> tuple[dict, tuple[str, str]]:
    """What the API says of the tag, and over which span."""
    answer = await asked(victim, f"/coverage?tag={quote(TAG)}&from=now-1h")
    return answer["tags"][0], (answer["from"], answer["to"])


def coverage_beside(victim: Victim, span: tuple[str, str]) -> dict:
    """What `twin coverage` says of the same span, beside the running twin."""
    said = twin("coverage", "--data", str(victim.data), "--tag", TAG, "--json", "--from", span[0], "--to", span[1])
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)["tags"][0]


def rows_kept(tag: dict) -> int:
    """How many samples there are, each once."""
    return tag["rows"]["received"] - tag["rows"]["repeats"] - tag["rows"]["overwritten"]


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
        tag, (_, tag_end) = await coverage(victim)
    assert [later - earlier for earlier, later in pairwise(times[1:])] == [SECOND] * (len(times) - 2)
    assert [kind for kind, _ in found] == ["connection.up", "connection.lost", "connection.up"]
    assert gaps == []  # the session was resumed: what came meanwhile is there
    before, since = tag["stretches"]
    assert (before["why"], since["state"], since["by"], since["to"]) == ("never", "covered", "subscription", tag_end)
    assert since["sampling_s"] == tag["blind_s"] > 0


async def test_a_killed_server_leaves_a_gap_with_its_cause(victim, proxy, port):
    with server(port):
        before = await until_samples(victim, 3)
        behind = time.time_ns() - before[-1]  # the PLC's clock stands still while its line is built
    await until_state(victim, "down")
    await asyncio.sleep(OUTAGE_S)
    with server(port):
        await until_state(victim, "up")
        times = await until_samples(victim, 3, after=before[-1])
        behind_again = time.time_ns() - times[-1]
        _, gaps = await series(victim)
        found = await kinds(victim)
        tag, span = await coverage(victim)
        beside = await asyncio.to_thread(coverage_beside, victim, span)
        stored = [one for one in (await series(victim))[0] if one < from_text(span[1])]
    assert [kind for kind, _ in found].count("connection.lost") == 1
    (gap,) = [body for kind, body in found if kind == "gap"]
    assert gap["cause"]
    holes = [(a + behind, b + behind_again) for a, b in pairwise(times) if b - a > 3 * SECOND // 2]
    assert len(holes) == 1
    for begin, end in holes:
        named = [g for g in gaps if from_text(g["from"]) < begin + 2 * SECOND and from_text(g["to"]) > end - 2 * SECOND]
        assert named, (to_text(begin), to_text(end), gaps)
        assert all(g["cause"] for g in named)
    assert len(times) <= rows_kept(tag) <= len(stored)
    missing = [one for one in tag["stretches"] if one["state"] == "missing" and one["why"] != "never"]
    ((begin, end),) = holes
    first, last = from_text(missing[0]["from"]), from_text(missing[-1]["to"])
    assert begin - 2 * SECOND <= first <= begin + 2 * SECOND
    assert end - 2 * SECOND <= last
    assert sum(from_text(one["to"]) - from_text(one["from"]) for one in missing) == last - first >= OUTAGE_S * SECOND
    assert {one["why"] for one in missing} <= {"gap", "lost"}
    assert all(one["cause"] for one in missing)
    assert [(one["from"], one["to"]) for one in beside["stretches"]] == [
        (one["from"], one["to"]) for one in tag["stretches"]
    ]
    assert rows_kept(tag) <= rows_kept(beside) <= len(stored) + 3  # more came while the command started
