"""Values that are read by the clock: servers without subscriptions, and groups that ask for it."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asyncua import Server, ua
from asyncua.server.internal_session import InternalSession
from asyncua.ua import uaerrors

from connectors.opcua.link.channel import RawSession
from tests.wire.opcua.plant import START, Plc, eventually, free_port, opcua, setup, until
from tests.wire.opcua.test_groups import node_only
from tests.wire.opcua.test_node_opcua import node_server
from tests.wire.opcua.test_outages import drained, opened_again
from twin.core.instant import MILLISECOND
from twin.testing import FaultProxy

GROUPS: dict[str, Any] = {"read": {"mode": "poll", "sampling": 100 * MILLISECOND}}


def without_subscriptions(server: Server) -> None:
    async def refused(*_: Any, **__: Any) -> None:
        raise uaerrors.BadServiceUnsupported

    server.iserver.subscription_service.create_subscription = refused


async def test_a_server_without_subscriptions_is_read_and_that_is_told(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        without_subscriptions(plc.server)
        test = setup(plc.url, tmp_path, {"temp": "Line.temp", "recipe": "Line.recipe", "none": "Line.none"})
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: sum(map(len, bs)) >= 2)
            await plc.write("temp", 21.0, at=START)
            taken += await until(batches, lambda bs: 21.0 in test.values(bs, "temp"))
            await plc.write("recipe", "lime", ua.VariantType.String, at=START)
            taken += await until(batches, lambda bs: "recipe" in {row[0] for b in bs for row in test.rows(b)})
    assert "the server has no subscriptions" in test.record.notices["items"]
    assert test.values(taken, "temp") == [20.5, 21.0]
    assert [text for b in taken for name, _, text, _ in test.rows(b) if name == "recipe"] == ["cola", "lime"]
    assert test.record.problems["none"].startswith("BadNodeIdUnknown")
    covered = [e.body for e in test.record.events if e.kind == "tags.covered"]
    assert {body["by"] for body in covered} == {"poll"}
    assert {tag for body in covered for tag in body["tags"]} == {test.tags.get("temp"), test.tags.get("recipe")}


async def test_one_group_is_read_while_the_rest_is_notified(tmp_path: Path) -> None:
    tags: dict[str, Any] = {"temp": {"node": "Line.temp", "group": "read"}, "n": "Line.n"}
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, tags, groups=GROUPS)
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: sum(map(len, bs)) >= 2)
            await plc.write("temp", 1.0, at=START)
            taken += await until(batches, lambda bs: 1.0 in test.values(bs, "temp"))
            await plc.write("temp", 1.0, at=START + timedelta(seconds=1))  # the same value again is no change
            await plc.write("temp", 2.0, at=START + timedelta(seconds=2))
            taken += await until(batches, lambda bs: 2.0 in test.values(bs, "temp"))
            await plc.write("n", 5.0)
            taken += await until(batches, lambda bs: 5.0 in test.values(bs, "n"))
            [items] = [one.monitored_item_srv for one in plc.server.iserver.subscription_service.subscriptions.values()]
            assert len(items._monitored_items) == 1
            await eventually(lambda: len({e.body["by"] for e in test.record.events}) == 2)
    assert test.values(taken, "temp") == [20.5, 1.0, 2.0]
    assert {e.body["by"]: e.body["sampling"] for e in test.record.events}["poll"] == 100 * MILLISECOND
    assert test.record.notices["items"] == ""


@pytest.mark.parametrize("does", [True, False])
async def test_nodes_that_are_read_are_registered_where_the_server_does_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: bool
) -> None:
    asked: list[int] = []

    async def register(_: RawSession, nodes: list[ua.NodeId]) -> list[ua.NodeId]:
        asked.append(len(nodes))
        if not does:
            raise uaerrors.BadServiceUnsupported
        return nodes

    monkeypatch.setattr(RawSession, "register_nodes", register)  # asyncua's server gives back what it is asked for
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"temp": "Line.temp", "n": "Line.n"}, poll=True, sampling=100 * MILLISECOND)
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: sum(map(len, bs)) >= 2)
            await plc.write("n", 1.0)
            taken += await until(batches, lambda bs: 1.0 in test.values(bs, "n"))
            assert plc.server.iserver.subscription_service.subscriptions == {}
    assert asked == [2]


async def test_what_was_not_read_while_the_store_stood_is_a_gap(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": {"node": "Line.n", "group": "read"}}, groups=GROUPS)
        async with test.connector.open() as batches:
            await until(batches, lambda bs: sum(map(len, bs)) >= 1)
            batches.bound = 1  # type: ignore[attr-defined] - the inbox is full with one row
            await plc.write("n", 1.0)
            await eventually(lambda: test.record.counts["polls_withheld"] >= 2)
            await plc.write("n", 2.0)
            taken = await until(batches, lambda bs: 2.0 in test.values(bs, "n"))
            await eventually(lambda: any(e.kind == "gap" for e in test.record.events))
    assert test.values(taken, "n") == [1.0, 2.0]
    gap = next(e for e in test.record.events if e.kind == "gap")
    assert gap.body["tags"] == [test.tags.get("n")]
    assert gap.body["cause"] == "not read: what was read before is not stored yet"
    assert gap.body["from"] < gap.body["to"]


async def test_a_round_longer_than_its_interval_is_a_gap_and_then_a_longer_interval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = InternalSession.read

    async def slow(session: InternalSession, params: ua.ReadParameters) -> list[ua.DataValue]:
        await asyncio.sleep(0.25)
        return await inner(session, params)

    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": {"node": "Line.n", "group": "read"}}, groups=GROUPS)
        async with test.connector.open() as batches:
            await until(batches, lambda bs: sum(map(len, bs)) >= 1)
            monkeypatch.setattr(InternalSession, "read", slow)
            await eventually(lambda: "polling" in test.record.notices)
            await eventually(lambda: [e.kind for e in test.record.events].count("tags.covered") >= 2)
    assert test.record.notices["polling"].startswith("1 items cannot be read every 0.1 s; they are read every 0.")
    assert "take longer than 0.1 s to read" in next(e for e in test.record.events if e.kind == "gap").body["cause"]
    longer = [e.body["sampling"] for e in test.record.events if e.kind == "tags.covered"]
    assert longer[0] == 100 * MILLISECOND < longer[1]


async def test_a_node_that_is_taken_away_and_back_is_covered_again(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": {"node": "Line.n", "group": "read"}}, groups=GROUPS)
        async with test.connector.open() as batches:
            await until(batches, lambda bs: sum(map(len, bs)) >= 1)
            await plc.server.delete_nodes([plc.nodes["n"]])
            await eventually(lambda: "BadNodeIdUnknown" in test.record.problems.get("n", ""))
            await plc.add("n", ua.Variant(4.0, ua.VariantType.Double))
            await until(batches, lambda bs: 4.0 in test.values(bs, "n"))
            await eventually(lambda: test.record.problems["n"] == "")
    kinds = [e.kind for e in test.record.events]
    assert kinds == ["tags.covered", "tags.uncovered", "tags.covered"]


async def test_an_outage_of_what_is_read_is_a_gap(tmp_path: Path) -> None:
    port = free_port()
    async with Plc(port).running() as plc, FaultProxy(port) as wire:
        test = setup(opcua(wire), tmp_path, {"n": "Line.n"}, poll=True, sampling=100 * MILLISECOND)
        async with test.connector.open() as batches:
            await until(batches, lambda bs: sum(map(len, bs)) >= 1)
            rest = asyncio.create_task(drained(batches, []))
            before = time.time_ns()
            asked = test.record.signs
            await eventually(lambda: test.record.signs > asked + 2)
            wire.cut()
            await rest
        await plc.write("n", 3.0)
        async with AsyncExitStack() as stack:
            batches = await opened_again(test, stack)
            await until(batches, lambda bs: 3.0 in test.values(bs, "n"))
    [gap] = [e for e in test.record.events if e.kind == "gap"]
    assert before < gap.body["from"] < gap.body["to"]  # not from the beginning on


async def test_what_is_read_is_missed_while_what_is_notified_comes_back_whole(tmp_path: Path) -> None:
    tags: dict[str, Any] = {"temp": {"node": "Line.temp", "group": "read"}, "n": "Line.n"}
    port = free_port()
    async with Plc(port).running() as plc, FaultProxy(port) as wire:
        test = setup(opcua(wire), tmp_path, tags, groups=GROUPS)
        async with test.connector.open() as batches:
            await until(batches, lambda bs: sum(map(len, bs)) >= 2)
            await eventually(lambda: len({e.body["by"] for e in test.record.events}) == 2)
            wire.cut()
            await drained(batches, [])
        await plc.write("temp", 1.0)
        await plc.write("temp", 2.0)
        async with AsyncExitStack() as stack:
            batches = await opened_again(test, stack)
            await until(batches, lambda bs: 2.0 in test.values(bs, "temp"))
            await eventually(lambda: any(e.kind == "gap" for e in test.record.events))
    resumed = [e.body["tags"] for e in test.record.events if e.body.get("resumed")]
    assert resumed == [[test.tags.get("n")]]
    [gap] = [e for e in test.record.events if e.kind == "gap"]
    assert gap.body["tags"] == [test.tags.get("temp")]
    assert gap.body["cause"] == "not read: the connection was away"
    assert [e.body["by"] for e in test.record.events if e.kind == "tags.covered"][-1] == "poll"


async def test_values_of_a_clock_that_stands_are_kept_apart_when_they_are_read(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n"}, poll=True, sampling=100 * MILLISECOND)
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: sum(map(len, bs)) >= 1)
            for value in (1.0, 2.0, 1.0):
                await plc.write("n", value, at=START)
                taken += await until(batches, lambda bs, v=value: v in test.values(bs, "n"))
    times = [int(time) for batch in taken for time in batch.time]
    assert test.values(taken, "n")[-3:] == [1.0, 2.0, 1.0]
    assert [time - times[-3] for time in times[-3:]] == [0, 1, 2]


async def test_what_cannot_be_decoded_is_not_covered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def junk(_session: RawSession, _nodes: list[ua.NodeId]) -> bytes:
        return b"junk"

    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n"}, poll=True, sampling=100 * MILLISECOND)
        async with test.connector.open() as batches:
            await until(batches, lambda bs: sum(map(len, bs)) >= 1)
            await eventually(lambda: len(test.record.events) == 1)
            with monkeypatch.context() as spoilt:
                spoilt.setattr(RawSession, "read_raw", junk)
                await eventually(lambda: test.record.events[-1].kind == "tags.uncovered")
            await eventually(lambda: test.record.events[-1].kind == "tags.covered")
    assert [e.kind for e in test.record.events] == ["tags.covered", "tags.uncovered", "gap", "tags.covered"]


@node_only
async def test_another_stack_is_read(tmp_path: Path) -> None:
    tags = {"temp": "Line.temp", "n": "Line.n", "serial": "Line.serial"}
    async with node_server(tmp_path / "pki") as server:
        test = setup(server.url, tmp_path, tags, poll=True, sampling=100 * MILLISECOND)
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: sum(map(len, bs)) >= 3)
            server.tell(set="n", value=9.0)
            taken += await until(batches, lambda bs: 9.0 in test.values(bs, "n"))
    assert test.values(taken, "temp") == [20.5]
    assert test.values(taken, "n") == [0.0, 9.0]
