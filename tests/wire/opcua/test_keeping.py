"""What a link keeps right while it is up: nodes that go and come, items and subscriptions that die; what is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds

from connectors.opcua.link.monitor import Monitors
from simulators.wire.opcua import forget
from tests.wire.opcua.plant import Plc, Setup, eventually, free_port, opcua, setup, until
from tests.wire.opcua.test_outages import opened_again
from twin.core.batch import Batch
from twin.core.event import GAP, TAGS_COVERED, TAGS_UNCOVERED
from twin.testing import FaultProxy

GONE = ua.UInt32(0x80340000)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute's look every half second, and no grace for a loaded plant network."""
    for name, seconds in {"LOOK_S": 0.3, "IDLE_FIRST_S": 0.1, "IDLE_LONGEST_S": 0.1, "GRACE_S": 0.5}.items():
        monkeypatch.setattr(f"connectors.opcua.link.look.{name}", seconds)


class Taking:
    """Takes every batch as it comes, as the supervisor does."""

    def __init__(self, test: Setup, batches: AsyncIterator[Batch]) -> None:
        self.test = test
        self.taken: list[Batch] = []
        self._task = asyncio.create_task(self._take(batches))

    async def _take(self, batches: AsyncIterator[Batch]) -> None:
        async for batch in batches:
            self.taken.append(batch)

    def values(self, tag: str) -> list[float]:
        return self.test.values(self.taken, tag)

    async def has(self, tag: str, value: float) -> None:
        await eventually(lambda: value in self.values(tag), 30)

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def told(test: Setup, kind: str) -> list[dict[str, Any]]:
    return [dict(event.body) for event in test.record.events if event.kind == kind]


def tag(test: Setup, name: str) -> int:
    number = test.tags.get(name)
    assert number is not None
    return number


async def take_away(plc: Plc, name: str, said: bool) -> None:
    """A node goes. asyncua's server does not say so of itself; others do."""
    if said:
        await plc.server.write_attribute_value(plc.nodes[name].nodeid, ua.DataValue(StatusCode=ua.StatusCode(GONE)))
    forget(plc.server, plc.nodes[name].nodeid)


@pytest.mark.parametrize("said", [True, False], ids=["said", "unsaid"])
async def test_a_node_that_is_taken_away_is_told_and_comes_again_with_its_values(
    tmp_path: Path, quick: None, said: bool
) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n", "temp": "Line.temp"})
        async with test.connector.open() as batches:
            taking = Taking(test, batches)
            await taking.has("n", 0.0)
            await eventually(lambda: len(told(test, TAGS_COVERED)) == 1)
            await take_away(plc, "n", said)
            await eventually(lambda: test.record.problems.get("n", "").startswith("BadNodeIdUnknown"))
            [gone] = told(test, TAGS_UNCOVERED)
            assert gone["tags"] == [tag(test, "n")]
            await plc.write("temp", 99.0)
            await taking.has("temp", 99.0)
            await plc.add("n", ua.Variant(5.0, ua.VariantType.Double))
            await taking.has("n", 5.0)
            await eventually(lambda: [b["tags"] for b in told(test, TAGS_COVERED)][1:] == [[tag(test, "n")]])
            await taking.end()
    assert not any(test.record.problems.values())
    assert test.record.gaps == []


async def test_a_node_of_another_type_is_told_for_its_tag_alone_until_it_is_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.opcua.link.upkeep.MEND_FIRST_S", 0.2)
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n", "temp": "Line.temp"})
        async with test.connector.open() as batches:
            taking = Taking(test, batches)
            await taking.has("n", 0.0)
            await eventually(lambda: bool(told(test, TAGS_COVERED)))
            await retype(plc, "n", ua.VariantType.String)
            await force(plc, "n", ua.Variant("five", ua.VariantType.String))
            await eventually(lambda: bool(test.record.problems.get("n")))
            [gone] = told(test, TAGS_UNCOVERED)
            assert gone["tags"] == [tag(test, "n")]
            assert gone["cause"].startswith("retyped:")
            await retype(plc, "n", ua.VariantType.Double)
            await force(plc, "n", ua.Variant(6.0, ua.VariantType.Double))
            await taking.has("n", 6.0)
            await taking.end()
    assert not any(test.record.problems.values())


async def retype(plc: Plc, name: str, kind: ua.VariantType) -> None:
    declared = ua.DataValue(ua.Variant(ua.NodeId(ua.Int32(kind.value)), ua.VariantType.NodeId))
    await plc.server.write_attribute_value(plc.nodes[name].nodeid, declared, AttributeIds.DataType)


async def force(plc: Plc, name: str, variant: ua.Variant) -> None:
    """Write a value of any type: asyncua's server takes none that differs from the one before."""
    held = plc.server.iserver.aspace[plc.nodes[name].nodeid].attributes[AttributeIds.Value]
    held.value = ua.DataValue(variant, SourceTimestamp=datetime.now(UTC))
    for handle, notify in held.datachange_callbacks.items():
        await notify(handle, held.value)


async def test_an_item_that_died_is_made_anew_and_its_gap_told(tmp_path: Path, quick: None) -> None:
    """A program was loaded: the node has its old id, and no item of the server follows it."""
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n", "temp": "Line.temp"})
        async with test.connector.open() as batches:
            taking = Taking(test, batches)
            await taking.has("n", 0.0)
            await taking.has("temp", 20.5)
            node = plc.server.iserver.aspace[plc.nodes["n"].nodeid]
            node.attributes[AttributeIds.Value].datachange_callbacks.clear()
            busy = asyncio.create_task(beat(plc, "temp"))
            await plc.write("n", 5.0, at=None)
            await taking.has("n", 5.0)
            busy.cancel()
            await taking.end()
    assert [gap.body["tags"] for gap in test.record.gaps] == [[tag(test, "n")]]
    assert "no notification came" in test.record.gaps[0].body["cause"]


async def beat(plc: Plc, name: str) -> None:
    """A neighbour whose values come."""
    value = 0.0
    while True:
        value += 1.0
        await plc.write(name, value, at=None)
        await asyncio.sleep(0.05)


async def test_a_subscription_that_lives_and_says_nothing_is_made_anew_and_told(tmp_path: Path, quick: None) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n"})
        async with test.connector.open() as batches:
            taking = Taking(test, batches)
            await taking.has("n", 0.0)
            for subscription in plc.server.iserver.subscription_service.subscriptions.values():
                subscription.enqueue_datachange_event = nothing
            await plc.write("n", 5.0, at=None)
            await taking.has("n", 5.0)
            await eventually(lambda: bool(test.record.gaps) and test.record.notices.get("silent") == "")
            await taking.end()
    assert all(gap.body["tags"] == [tag(test, "n")] for gap in test.record.gaps)
    assert "silent" in test.record.gaps[0].body["cause"]
    assert told(test, TAGS_UNCOVERED)[0]["tags"] == [tag(test, "n")]
    assert told(test, TAGS_COVERED)[-1]["by"] == "subscription"


async def nothing(*_: object) -> None:
    """A data source that hangs."""


async def test_a_quiet_plant_is_not_taken_for_a_dead_one(tmp_path: Path, quick: None) -> None:
    """Values that stand still are read again and again, and nothing is made of it."""
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n", "temp": "Line.temp"})
        async with test.connector.open() as batches:
            taking = Taking(test, batches)
            await taking.has("n", 0.0)
            service = plc.server.iserver.subscription_service
            [before] = service.subscriptions
            for n in range(1, 12):
                await plc.write("n", float(n), at=None)
                await taking.has("n", float(n))
                await asyncio.sleep(0.2)
            assert list(service.subscriptions) == [before]
            await taking.end()
    assert [event.kind for event in test.record.events] == [TAGS_COVERED]


@pytest.mark.parametrize("cut_again", [False, True])
async def test_one_of_several_subscriptions_is_replaced_when_the_server_has_ended_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut_again: bool
) -> None:
    """Its gap is told once it is replaced, even when the link breaks at that."""
    async with Plc().running() as plc, FaultProxy(plc.port) as proxy:
        names = ("n", "temp", "total", "running")
        test = setup(opcua(proxy), tmp_path, {name: f"Line.{name}" for name in names})
        test.connector._limits.room = 2
        async with AsyncExitStack() as stack:
            batches = await opened_again(test, stack)
            await until(batches, lambda bs: {name for b in bs for name, *_ in test.rows(b)} == set(names))
            assert test.record.gauges["subscriptions"] == 2
            service = plc.server.iserver.subscription_service
            await service.delete_subscriptions([max(service.subscriptions)])
            proxy.cut()
            with pytest.raises(Exception, match="connection c1"):
                await until(batches, lambda _: False)
        if cut_again:
            place = Monitors.place

            async def broken(self: Monitors, handles: Sequence[int]) -> list[int]:
                monkeypatch.setattr(Monitors, "place", place)
                raise ConnectionResetError(str(handles))

            monkeypatch.setattr(Monitors, "place", broken)
        async with AsyncExitStack() as stack:
            batches = await opened_again(test, stack)
            for name in ("n", "total"):
                value, kind = (7.0, ua.VariantType.Double) if name == "n" else (9, ua.VariantType.UInt32)
                await plc.write(name, value, kind)
            await until(batches, lambda bs: {7.0} <= set(test.values(bs, "n")) and 9.0 in test.values(bs, "total"))
            assert len(service.subscriptions) == 2
    [gap] = test.record.gaps
    assert gap.body["tags"] == sorted(tag(test, name) for name in ("total", "running"))
    assert {tuple(b["tags"]) for b in told(test, TAGS_COVERED) if b.get("resumed")} <= {(0, 1), (0, 1, 2, 3)}


async def test_a_resume_tells_that_the_time_between_was_covered(tmp_path: Path) -> None:
    async with Plc().running() as plc, FaultProxy(plc.port) as proxy:
        test = setup(opcua(proxy), tmp_path, {"n": "Line.n"})
        async with AsyncExitStack() as stack:
            batches = await opened_again(test, stack)
            await anext(batches)
            proxy.cut()
            with pytest.raises(Exception, match="connection c1"):
                await until(batches, lambda _: False)
        async with AsyncExitStack() as stack:
            await opened_again(test, stack)
    first, again = told(test, TAGS_COVERED)
    assert again == first | {"resumed": True, "since": again["since"]}
    covered = next(event.time for event in test.record.events if event.kind == TAGS_COVERED)
    assert again["since"] >= covered
    assert told(test, GAP) == []


async def test_what_has_no_room_at_all_is_read(tmp_path: Path) -> None:

    def small(server: Any) -> None:
        service = server.iserver.subscription_service
        server.iserver.max_subscriptions = service.max_subscriptions = 1
        create = service.create_monitored_items

        async def one_item(params: ua.CreateMonitoredItemsParameters) -> list[ua.MonitoredItemCreateResult]:
            subscription = service.subscriptions[params.SubscriptionId]
            room = max(0, 1 - len(subscription.monitored_item_srv._monitored_items))
            full = ua.StatusCode(ua.UInt32(0x80DB0000))
            rest = params.ItemsToCreate[room:]
            params.ItemsToCreate = params.ItemsToCreate[:room]
            return [*await create(params), *(ua.MonitoredItemCreateResult(full) for _ in rest)]

        service.create_monitored_items = one_item

    async with Plc().running(prepare=lambda server: as_async(small, server)) as plc:
        test = setup(plc.url, tmp_path, {"n": "Line.n", "temp": "Line.temp"})
        async with test.connector.open() as batches:
            taking = Taking(test, batches)
            for value in (1.0, 2.0):
                await plc.write("n", value, at=None)
                await plc.write("temp", value, at=None)
                await taking.has("n", value)
                await taking.has("temp", value)
            await taking.end()
    assert {b["by"] for b in told(test, TAGS_COVERED)} == {"subscription", "poll"}
    assert "they are read instead" in test.record.notices["items"]


async def as_async(call: Any, *given: Any) -> None:
    call(*given)


async def test_the_configured_host_is_dialled_whatever_the_server_says(tmp_path: Path) -> None:
    port = free_port()
    async with Plc(port).running() as plc, FaultProxy(plc.port) as proxy:
        test = setup(opcua(proxy), tmp_path, {"n": "Line.n"})
        async with test.connector.open() as batches:
            await anext(batches)
            assert proxy.open == 1
