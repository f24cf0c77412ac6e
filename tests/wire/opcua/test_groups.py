"""Groups over real wires: intervals, queues, deadbands, triggers, on asyncua's server and on node-opcua's."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from asyncua import ua

from tests.wire.opcua.plant import START, Plc, eventually, free_port, setup, until
from tests.wire.opcua.test_node_opcua import node_server
from tests.wire.opcua.test_node_opcua import pytestmark as needs_node
from tests.wire.opcua.test_outages import drained, opened_again
from twin.core.instant import MILLISECOND, SECOND

GROUPS: dict[str, Any] = {
    "fast": {"publishing": 50 * MILLISECOND, "sampling": 20 * MILLISECOND, "queue": 40},
    "calm": {"deadband": 0.5},
    "stamps": {"trigger": "status_value_timestamp"},
    "part": {"deadband_percent": 5.0},
}


def node_only(function):
    for mark in needs_node:
        function = mark(function)
    return function


def asked(plc: Plc) -> dict[float, int]:
    """Publishing interval in ms -> items, as the server has them."""
    found: dict[float, int] = {}
    for one in plc.server.iserver.subscription_service.subscriptions.values():
        interval = one.data.RevisedPublishingInterval
        found[interval] = found.get(interval, 0) + len(one.monitored_item_srv._monitored_items)
    return found


async def test_one_subscription_for_each_publishing_interval_split_at_its_most(tmp_path: Path) -> None:
    tags: dict[str, Any] = {name: f"Line.{name}" for name in ("temp", "total", "running")}
    tags |= {"n": {"node": "Line.n", "group": "fast"}, "serial": {"node": "Line.serial", "group": "fast"}}
    keys = {"every": SECOND, "groups": GROUPS, "items_per_subscription": 2}
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, tags, **keys)
        async with test.connector.open() as batches:
            await until(batches, lambda bs: {row[0] for b in bs for row in test.rows(b)} >= set(tags))
            assert asked(plc) == {250.0: 3, 50.0: 2}
            assert len(plc.server.iserver.subscription_service.subscriptions) == 3
    assert 40 in {e.body["queue"] for e in test.record.events if e.kind == "tags.covered"}


async def test_a_node_in_two_groups_is_followed_in_both(tmp_path: Path) -> None:
    tags: dict[str, Any] = {"rough": {"node": "Line.temp", "group": "calm"}, "fine": "Line.temp"}
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, tags, groups=GROUPS)
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: sum(map(len, bs)) >= 2)
            for step, value in enumerate((20.6, 20.7, 30.0)):
                await plc.write("temp", value, at=START + timedelta(seconds=step))
            taken += await until(batches, lambda bs: all(30.0 in test.values(bs, tag) for tag in tags))
    assert test.values(taken, "rough") == [20.5, 30.0]
    assert test.values(taken, "fine") == [20.5, 20.6, 20.7, 30.0]


async def test_a_deadband_and_a_queue_are_kept_when_the_server_is_restarted(tmp_path: Path) -> None:
    port = free_port()
    tags: dict[str, Any] = {"temp": {"node": "Line.temp", "deadband": 1.0}, "n": {"node": "Line.n", "group": "fast"}}
    test = setup(f"opc.tcp://127.0.0.1:{port}", tmp_path, tags, groups=GROUPS)
    async with Plc(port).running() as plc, test.connector.open() as batches:
        await until(batches, lambda bs: sum(map(len, bs)) >= 2)
        await plc.server.stop()
        await drained(batches, [])
    async with Plc(port).running() as plc, AsyncExitStack() as stack:
        batches = await opened_again(test, stack)
        taken = await until(batches, lambda bs: 20.5 in test.values(bs, "temp"))
        for step, value in enumerate((21.0, 21.4, 23.0)):
            await plc.write("temp", value, at=START + timedelta(seconds=step))
        taken += await until(batches, lambda bs: 23.0 in test.values(bs, "temp"))
        queues = [e.body["queue"] for e in test.record.events if e.kind == "tags.covered"]
    assert test.values(taken, "temp") == [20.5, 23.0]
    assert queues.count(40) == 2


async def test_a_stamp_that_moves_alone_is_a_sample_where_that_is_asked_for(tmp_path: Path) -> None:
    tags: dict[str, Any] = {"each": {"node": "Line.temp", "group": "stamps"}, "temp": "Line.temp"}
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, tags, groups=GROUPS)
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: sum(map(len, bs)) >= 2)
            for step in range(3):
                await plc.write("temp", 7.0, at=START + timedelta(seconds=step))
            taken += await until(batches, lambda bs: test.values(bs, "each").count(7.0) == 3)
    assert test.values(taken, "temp") == [20.5, 7.0]


REFUSALS = {
    "temp": "BadFilterNotAllowed",
    "total": "BadMonitoredItemFilterUnsupported",
    "n": "BadDeadbandFilterInvalid",
}


async def test_a_deadband_that_a_server_refuses_is_left_out_and_told(tmp_path: Path) -> None:
    tags: dict[str, Any] = {name: {"node": f"Line.{name}", "deadband": 0.5} for name in REFUSALS}
    async with Plc().running() as plc:
        service = plc.server.iserver.subscription_service
        create = service.create_monitored_items

        async def refusing(params: ua.CreateMonitoredItemsParameters) -> list[ua.MonitoredItemCreateResult]:
            asked = params.ItemsToCreate
            filtered = [hasattr(one.RequestedParameters.Filter, "DeadbandType") for one in asked]
            params.ItemsToCreate = [one for one, has in zip(asked, filtered, strict=True) if not has]
            made = iter(await create(params))
            return [refused(one) if has else next(made) for one, has in zip(asked, filtered, strict=True)]

        def refused(one: ua.MonitoredItemCreateRequest) -> ua.MonitoredItemCreateResult:
            cause = REFUSALS[one.ItemToMonitor.NodeId.Identifier.removeprefix("Line.")]
            return ua.MonitoredItemCreateResult(ua.StatusCode(getattr(ua.StatusCodes, cause)))

        service.create_monitored_items = refusing
        test = setup(plc.url, tmp_path, tags)
        async with test.connector.open() as batches:
            await until(batches, lambda bs: sum(map(len, bs)) >= 3)
            await plc.write("temp", 20.6)
            await until(batches, lambda bs: 20.6 in test.values(bs, "temp"))
            said = test.record.notices["deadband"]
    assert all(f"Line.{name} ({cause})" in said for name, cause in REFUSALS.items())
    assert said.endswith("every change comes")
    assert not any(test.record.problems.values())


@node_only
async def test_both_deadbands_on_another_stack(tmp_path: Path) -> None:
    tags: dict[str, Any] = {
        "temp": {"node": "Line.temp", "group": "calm"},
        "level": {"node": "Tank.level", "group": "part"},  # 5 % of 0..200
        "recipe": {"node": "Line.recipe", "group": "calm"},
        "none": {"node": "Line.temp", "group": "part"},  # has no EURange
        "n": "Line.n",
    }
    async with node_server(tmp_path / "pki") as server:
        test = setup(server.url, tmp_path, tags, groups=GROUPS)
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: {row[0] for b in bs for row in test.rows(b)} >= set(tags))
            said = test.record.notices["deadband"]
            for round, (temp, level) in enumerate([(20.8, 108.0), (21.5, 112.0), (21.7, 103.0), (30.0, 100.0)]):
                server.tell(set="temp", value=temp)
                server.tell(set="level", value=level)
                server.tell(set="n", value=float(round + 1))
                taken += await until(batches, lambda bs, n=round + 1.0: n in test.values(bs, "n"))
            taken += await until(batches, lambda bs: True) if 30.0 not in test.values(taken, "temp") else []
    assert test.values(taken, "temp") == [20.5, 21.5, 30.0]
    assert test.values(taken, "level") == [100.0, 112.0, 100.0]
    assert "Line.recipe (Bad" in said
    assert "Line.temp (Bad" in said


async def test_what_is_asked_stands_beside_what_is_granted(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        test = setup(plc.url, tmp_path, {"n": {"node": "Line.n", "group": "fast"}}, groups=GROUPS)
        async with test.connector.open():
            await eventually(lambda: test.record.gauges.get("items") == 1)
    assert test.record.gauges["publishing_asked_s"] == 0.05
    assert test.record.gauges["sampling_asked_s"] == 0.02
