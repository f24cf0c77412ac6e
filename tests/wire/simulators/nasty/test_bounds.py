"""How much a server grants, and how long it takes, as a plain client meets it."""

from __future__ import annotations

import asyncio
import time

import pytest
from asyncua import Client, ua
from asyncua.ua.uaerrors import BadTooManyOperations, BadTooManySessions, BadTooManySubscriptions

from simulators.wire.server import CONNECTIONS, OVERFLOW, transport_limits
from tests.wire.simulators.nasty.plain import counted, seen_by, variables, watching

SLOWLY = 1_000_000_000


async def test_a_subscription_holds_a_thousand_items():
    async with counted("few-items", machines=170, tick=SLOWLY) as (_, addresses), Client(addresses["plc"]) as client:
        nodes = list((await variables(client)).values())
        subscription = await client.create_subscription(500, Ignored())
        made = await subscription.subscribe_data_change(nodes)
        second = await (await client.create_subscription(500, Ignored())).subscribe_data_change(nodes[1000:])
    assert len(nodes) == 1020
    assert all(isinstance(one, int) for one in made[:1000])
    refused = [one for one in made if not isinstance(one, int)]
    assert {one.name for one in refused} == {"BadTooManyMonitoredItems"}
    assert len(refused) == 20
    assert all(isinstance(one, int) for one in second)


class Ignored:
    def datachange_notification(self, *_):
        pass


async def declared(client, node):
    return await client.get_node(ua.NodeId(getattr(ua.ObjectIds, PREFIX + node))).read_value()


PREFIX = "Server_ServerCapabilities_OperationLimits_"


@pytest.mark.parametrize(("name", "says"), [("small-calls", 100), ("small-calls-denied", 5000)])
async def test_a_call_holds_a_hundred(name, says):
    async with counted(name, machines=20, tick=SLOWLY) as (_, addresses), Client(addresses["plc"]) as client:
        nodes = list((await variables(client)).values())
        assert await declared(client, "MaxNodesPerRead") == says
        assert await declared(client, "MaxMonitoredItemsPerCall") == says
        assert len(await client.read_values(nodes[:100])) == 100
        with pytest.raises(BadTooManyOperations):
            await client.read_values(nodes[:101])
        subscription = await client.create_subscription(500, Ignored())
        with pytest.raises(BadTooManyOperations):
            await subscription.subscribe_data_change(nodes)
        assert len(await subscription.subscribe_data_change(nodes[:100])) == 100
        with pytest.raises(BadTooManyOperations):
            await client.browse_nodes(nodes)


async def test_one_publish_request_waits_and_the_older_is_sent_back():
    async with counted("few-publishes", tick=SLOWLY) as (_, addresses), Client(addresses["plc"]) as client:
        await client.create_subscription(10_000, Ignored())
        request = ua.PublishRequest()
        tasks = [asyncio.create_task(client.uaclient.session._send_request(request)) for _ in range(4)]
        await asyncio.wait(tasks[:3], timeout=30)
        sent_back = [type(task.exception()).__name__ for task in tasks[:3] if task.done() and task.exception()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert set(sent_back) == {"BadTooManyPublishRequests"}
    assert len(sent_back) >= 2  # one may have got the first message


async def test_items_are_made_slowly():
    async with counted("slow-items", machines=5, tick=SLOWLY) as (_, addresses), Client(addresses["plc"]) as client:
        nodes = list((await variables(client)).values())
        subscription = await client.create_subscription(500, Ignored())
        began = time.monotonic()
        await subscription.subscribe_data_change(nodes)
    assert time.monotonic() - began > 0.01 * len(nodes)


async def test_browsing_is_slow():
    async with counted("slow-browse", tick=SLOWLY) as (_, addresses), Client(addresses["plc"]) as client:
        began = time.monotonic()
        await client.nodes.objects.get_children()
    assert time.monotonic() - began > 0.5


async def test_what_is_wished_is_revised():
    async with counted("revised") as (_, addresses), Client(addresses["plc"]) as client:
        node = (await variables(client))["m0/double"]
        wished = ua.CreateSubscriptionParameters(100, 1000, 10, 0, True, 0)
        granted = await client.uaclient.session.create_subscription(wished, lambda _: None)
        item = ua.MonitoredItemCreateRequest(
            ua.ReadValueId(node.nodeid, ua.AttributeIds.Value),
            ua.MonitoringMode.Reporting,
            ua.MonitoringParameters(1, 100, None, 1000, True),
        )
        params = ua.CreateMonitoredItemsParameters(granted.SubscriptionId, ua.TimestampsToReturn.Both, [item])
        [made] = await client.uaclient.session.create_monitored_items(params)
    assert granted.RevisedPublishingInterval == 1000
    assert (made.RevisedSamplingInterval, made.RevisedQueueSize) == (1000, 20)


async def test_a_queue_of_two_runs_over_and_says_so():
    async with counted("small-queue") as (_, addresses), watching(addresses["plc"], period_ms=500) as seen:
        await seen.until(lambda: len(seen.of("double")) > 6)
    values = [(data.Value.Value, data.StatusCode.value) for data in seen.of("double")]
    flagged = [at for at, (_, status) in enumerate(values) if status & OVERFLOW == OVERFLOW]
    assert flagged
    for at, (value, status) in enumerate(values[1:], 1):
        lost = value - values[at - 1][0] > 1
        assert lost == (status & OVERFLOW == OVERFLOW)


async def test_there_is_one_session():
    async with counted("one-session") as (_, addresses), Client(addresses["plc"]):
        with pytest.raises(BadTooManySessions):
            await Client(addresses["plc"]).connect()


async def test_there_is_one_subscription():
    async with counted("one-subscription") as (_, addresses), Client(addresses["plc"]) as client:
        await client.create_subscription(500, Ignored())
        with pytest.raises(BadTooManySubscriptions):
            await client.create_subscription(500, Ignored())


async def test_switches_join():
    """Values found by GUID in an array, at server time, in calls of a hundred."""
    names = ("guid-ids", "array", "no-source-time", "small-calls", "restart@1s")
    async with counted(*names, machines=3) as (_, addresses), Client(addresses["plc"]) as client:
        from tests.wire.simulators.nasty.plain import Seen  # noqa: PLC0415

        seen = Seen()
        await seen_by(client, seen)
        await seen.until(lambda: len(seen.values.get("m2", [])) > 3)
    assert all(node.NodeIdType == ua.NodeIdType.Guid for node in seen.paths)
    assert all(data.SourceTimestamp is None and len(data.Value.Value) == 6 for data in seen.values["m2"])


async def test_connections_are_capped():
    async with counted() as (_, addresses):
        port = int(addresses["plc"].rpartition(":")[2])
        links = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS + 1)]
        refused, _ = links[-1]
        assert await asyncio.wait_for(refused.read(1), 30) == b""
        for _, writer in links:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in links), return_exceptions=True)
        async with watching(addresses["plc"]) as seen:
            await seen.until(lambda: len(seen.of("double")) > 1)


def test_an_unfinished_message_is_bounded():
    limits = transport_limits()
    assert limits.max_message_size <= 5_000_000
    assert limits.max_chunk_count * limits.max_recv_buffer <= 5_000_000
