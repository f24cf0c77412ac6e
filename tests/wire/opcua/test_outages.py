"""Links that break: nothing missing where the server kept it, a named gap where it did not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.wire.opcua.plant import Plc, Setup, free_port, opcua, setup, until
from twin.core.batch import Batch
from twin.core.errors import StoreFailed, Unreachable
from twin.testing import FaultProxy


async def opened_again(test: Setup, stack: AsyncExitStack, seconds: float = 20.0):
    """What the supervisor does: try until it works."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                return await stack.enter_async_context(test.connector.open())
            except Unreachable:
                await asyncio.sleep(0.1)


async def drained(batches: AsyncIterator[Batch], taken: list[Batch]) -> str:
    """Take everything up to the loss of the link, which ends it; how the loss is told."""
    try:
        async with asyncio.timeout(30):
            async for batch in batches:
                taken.append(batch)
    except Unreachable as error:
        return str(error)
    raise AssertionError("the iterator ended without an error")


async def test_a_cut_connection_loses_nothing(tmp_path: Path) -> None:
    async with Plc().running() as plc, FaultProxy(plc.port) as proxy:
        test = setup(opcua(proxy), tmp_path, {"n": "Line.n"}, queue=1000)
        taken: list[Batch] = []
        async with test.connector.open() as batches:
            taken.append(await anext(batches))
            await plc.count_up("n", 1, 50)
            writing = asyncio.create_task(plc.count_up("n", 51, 400))
            proxy.cut()
            await drained(batches, taken)
        async with AsyncExitStack() as stack:
            batches = await opened_again(test, stack)
            await writing
            taken += await until(batches, lambda bs: 400.0 in test.values(bs, "n"))
    assert sorted(set(test.values(taken, "n"))) == [float(n) for n in range(401)]
    assert test.record.gaps == []


async def test_what_was_not_durable_comes_again(tmp_path: Path) -> None:
    """The store fails: the batch that it had in hand is not acknowledged, so the server still has it."""
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n"})
        in_hand: list[Batch] = []

        async def store_that_fails() -> None:
            async with test.connector.open() as batches:
                await anext(batches)
                await plc.count_up("n", 1, 20)
                in_hand.extend(await until(batches, lambda bs: 20.0 in test.values(bs, "n")))
                raise StoreFailed("no space left")

        with pytest.raises(StoreFailed):
            await store_that_fails()
        async with test.connector.open() as batches:
            again = await until(batches, lambda bs: 20.0 in test.values(bs, "n"))
    assert set(test.values(in_hand[-1:], "n")) <= set(test.values(again, "n"))
    assert test.record.counts["republished"] >= 1


async def test_a_restarted_server_with_other_namespace_numbers_is_subscribed_anew_and_the_gap_is_named(
    tmp_path: Path,
) -> None:
    port = free_port()
    test = setup(f"opc.tcp://127.0.0.1:{port}", tmp_path, {"n": "Line.n", "temp": "Line.temp"})
    taken: list[Batch] = []
    async with AsyncExitStack() as stack:
        async with Plc(port).running() as plc:
            batches = await opened_again(test, stack)
            taken.append(await anext(batches))
            first_index = plc.index
        await drained(batches, taken)
        last_known = max(int(b.time.max()) for b in taken)
    with pytest.raises(Unreachable):
        async with test.connector.open():
            pass
    async with Plc(port, before=("urn:other:a", "urn:other:b")).running() as plc, AsyncExitStack() as stack:
        assert plc.index != first_index
        batches = await opened_again(test, stack)
        await plc.write("n", 5.0)
        await until(batches, lambda bs: 5.0 in test.values(bs, "n"))
    [gap] = test.record.gaps
    assert gap.subject == "c1"
    assert gap.body["from"] < gap.body["to"] == gap.time
    assert last_known - 5_000_000_000 < gap.body["from"]
    assert test.record.problems == {}


async def test_a_silent_link_is_noticed(tmp_path: Path) -> None:
    """A black hole: the socket stays open and says nothing; no send fails, only the keep-alive is missing."""
    async with Plc().running() as plc, FaultProxy(plc.port) as proxy:
        test = setup(opcua(proxy), tmp_path, {"n": "Line.n"})
        taken: list[Batch] = []
        async with test.connector.open() as batches:
            taken.append(await anext(batches))
            proxy.hold()
            await plc.count_up("n", 1, 10)
            assert "no sign of life for 7.5 s" in await drained(batches, taken)
        proxy.cut()
        proxy.flow()
        async with AsyncExitStack() as stack:
            batches = await opened_again(test, stack)
            taken += await until(batches, lambda bs: 10.0 in test.values(bs, "n"))
    assert sorted(set(test.values(taken, "n"))) == [float(n) for n in range(11)]
    assert test.record.gaps == []


async def test_a_slow_consumer_stops_the_wire_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.opcua import connector  # noqa: PLC0415

    small = connector.Inbox
    monkeypatch.setattr(connector, "Inbox", lambda name: small(name, bound=20))
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n"}, queue=1000)
        async with test.connector.open() as batches:
            await anext(batches)
            await plc.count_up("n", 1, 600)
            taken = await until(batches, lambda bs: 600.0 in test.values(bs, "n"))
    assert test.values(taken, "n") == [float(n) for n in range(1, 601)]


async def test_no_server_is_unreachable_with_the_place(tmp_path: Path) -> None:
    test = setup(f"opc.tcp://127.0.0.1:{free_port()}", tmp_path, {"n": "Line.n"})
    with pytest.raises(Unreachable, match=r"connection c1: opc.tcp://127.0.0.1:\d+: .*is the server on"):
        async with test.connector.open():
            pass
