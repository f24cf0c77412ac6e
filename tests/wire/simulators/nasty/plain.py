"""A client that knows nothing of ours: asyncua's, plain. What it sees is what a stranger would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from asyncua import Client, ua
from asyncua.common.node import Node

from simulators.wire.serve import Addresses, serve
from tests.wire.simulators.nasty.counting import Counting
from twin.runtime.clock import WallClock

TICK = 20_000_000


@asynccontextmanager
async def counted(*nasty: str, machines: int = 1, tick: int = TICK) -> AsyncIterator[tuple[Counting, Addresses]]:
    """A counting line on the wire, in real time."""
    clock = WallClock()
    run = Counting(clock.now(), machines, tick)
    async with serve(run, run.wiring, clock, nasty=nasty) as addresses:
        yield run, addresses


class Seen:
    """What a subscription brought: path of a node -> its data values, in order."""

    def __init__(self) -> None:
        self.values: dict[str, list[ua.DataValue]] = {}
        self.paths: dict[ua.NodeId, str] = {}
        self.ended: list[ua.StatusCode] = []

    def datachange_notification(self, node: Node, _: Any, data: Any) -> None:
        self.values.setdefault(self.paths[node.nodeid], []).append(data.monitored_item.Value)

    def status_change_notification(self, status: ua.StatusChangeNotification) -> None:
        self.ended.append(status.Status)

    def of(self, value: str) -> list[ua.DataValue]:
        """Of the first machine's value."""
        return self.values.get(f"m0/{value}", [])

    async def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - the driver has no event for it
                await asyncio.sleep(0.01)


async def variables(client: Client) -> dict[str, Node]:
    """Path below the PLC's folder -> variable, found by browsing."""
    found: dict[str, Node] = {}

    async def walk(node: Node, path: str) -> None:
        for child in await node.get_references(ua.ObjectIds.HierarchicalReferences, ua.BrowseDirection.Forward):
            if child.NodeId.NamespaceIndex == 0:
                continue
            own = f"{path}/{child.BrowseName.Name}" if path else child.BrowseName.Name
            if child.NodeClass == ua.NodeClass.Variable:
                found[own.removeprefix("PLC1/")] = client.get_node(child.NodeId)
            else:
                await walk(client.get_node(child.NodeId), own)

    await walk(client.nodes.objects, "")
    return found


@asynccontextmanager
async def watching(url: str, period_ms: float = 50, queue: int = 1000, **settings: Any) -> AsyncIterator[Seen]:
    """A subscription to everything below the PLC."""
    async with Client(url, **settings) as client:
        seen = Seen()
        await seen_by(client, seen, period_ms, queue)
        yield seen


async def seen_by(client: Client, seen: Seen, period_ms: float = 50, queue: int = 1000):
    nodes = await variables(client)
    seen.paths |= {node.nodeid: path for path, node in nodes.items()}
    subscription = await client.create_subscription(period_ms, seen)
    await subscription.subscribe_data_change(list(nodes.values()), queuesize=queue)
    return subscription
