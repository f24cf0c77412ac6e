"""How much a server grants, and how long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from asyncua import ua
from asyncua.ua.object_ids import ObjectIds

from simulators.wire.nasty.quirk import Limits, Quirk
from simulators.wire.nasty.switch import START, Switch

if TYPE_CHECKING:
    from asyncua.server.server import Server

OPERATION_LIMITS = (
    ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
    ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse,
    ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds,
    ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
)
SLOW_ITEM_S, SLOW_BROWSE_S = 0.01, 0.5


class Limited(Quirk):
    """A server that grants no more than this."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    async def prepare(self, server: Server) -> None:
        """Declare what a call may hold, truly or not."""
        declared = self.limits.operations if self.limits.declared is None else self.limits.declared
        if declared is None:
            return
        for node in OPERATION_LIMITS:
            value = ua.DataValue(ua.Variant(declared, ua.VariantType.UInt32))
            await server.write_attribute_value(ua.NodeId(ua.Int32(node)), value)


class Slow(Quirk):
    """A PLC whose processor has better things to do. each_s: for every node that a call names; call_s: for a call."""

    def __init__(self, service: str, each_s: float = 0.0, call_s: float = 0.0) -> None:
        self._service = service
        self._each_s = each_s
        self._call_s = call_s

    async def asked(self, service: str, nodes: int) -> None:
        """Wait, and let the connection wait with it."""
        if service == self._service:
            await asyncio.sleep(self._call_s + self._each_s * nodes)


def limited(limits: Limits) -> partial[Limited]:
    """What makes a server with these limits."""
    return partial(Limited, limits)


OPERATIONS = "the operations of a call"

SWITCHES: Sequence[Switch] = (
    Switch(
        "few-items",
        "opcua",
        "1,000 items a subscription, then BadTooManyMonitoredItems",
        "every value, the rest in a second subscription",
        limited(Limits(items=1000)),
        START,
    ),
    Switch(
        "small-calls",
        "opcua",
        "100 operations a call, declared, else BadTooManyOperations",
        "every value, asked for in calls of 100",
        limited(Limits(operations=100)),
        START,
        OPERATIONS,
    ),
    Switch(
        "small-calls-denied",
        "opcua",
        "100 operations a call, while its OperationLimits say 5,000",
        "every value, with calls halved until they pass",
        limited(Limits(operations=100, declared=5000)),
        START,
        OPERATIONS,
    ),
    Switch(
        "few-publishes",
        "opcua",
        "one PublishRequest waits, the older one gets BadTooManyPublishRequests",
        "every value",
        limited(Limits(publishes=1)),
        START,
    ),
    Switch(
        "slow-items",
        "opcua",
        "10 ms for each monitored item that is created",
        "every value, with patience",
        partial(Slow, "monitor", each_s=SLOW_ITEM_S),
        START,
    ),
    Switch(
        "slow-browse",
        "opcua",
        "half a second for each Browse call",
        "every value found by browsing, in few calls",
        partial(Slow, "browse", call_s=SLOW_BROWSE_S),
        START,
    ),
    Switch(
        "revised",
        "opcua",
        "publishing intervals below 1 s become 1 s, queues 20",
        "every value, and what was granted",
        limited(Limits(interval_ms=1000, queue=20)),
        START,
    ),
    Switch(
        "small-queue",
        "opcua",
        "queues of two, the overflow bit where one ran over",
        "what came, and each loss named",
        limited(Limits(queue=2)),
        START,
    ),
    Switch(
        "one-session",
        "opcua",
        "one session at a time, then BadTooManySessions",
        "every value after its own link broke, in the session of before",
        limited(Limits(sessions=1)),
        START,
    ),
    Switch(
        "one-subscription",
        "opcua",
        "one subscription for all, then BadTooManySubscriptions",
        "every value after its own link broke, in the subscription of before",
        limited(Limits(subscriptions=1)),
        START,
    ),
)
