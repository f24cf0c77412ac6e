"""Requests about many nodes, cut to what a server takes in one call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from asyncua import ua
from asyncua.client.ua_session import UaSession
from asyncua.ua import uaerrors
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds

from connectors.opcua.settings import MOST_PER_SUBSCRIPTION

Row = TypeVar("Row")
Result = TypeVar("Result")

MOST_PER_CALL = 1000
MOST_PER_BROWSE = 100
TOO_MUCH = (
    uaerrors.BadTooManyOperations,
    uaerrors.BadEncodingLimitsExceeded,
    uaerrors.BadRequestTooLarge,
    uaerrors.BadResponseTooLarge,
)
"""What servers say when a call holds more than they take; half as much is tried then."""


FIRST_PER_CALL = 100
"""Monitored items in the first call that creates them: what old PLCs survive. More is learnt."""
TRY_AGAIN = 10
"""Calls that must pass before a size that was refused is tried again; each refusal doubles it."""


@dataclass(slots=True)
class Size:
    """How many nodes one call may name: `now`, at most `most`. Halved when refused, and later tried upward again."""

    now: int
    most: int
    denied: int = 0
    patience: int = TRY_AGAIN
    passed_since: int = 0

    def declare(self, most: int) -> None:
        """The server says how much it takes."""
        self.most = most
        self.now = min(self.now, most)

    def refused(self, tried: int) -> None:
        """A call of so many was too much. With one node in it there is nothing left to halve."""
        if tried >= self.denied > 0:
            self.patience *= 2
        self.denied, self.passed_since = tried, 0
        self.now = max(1, min(self.now, tried) // 2)

    def slow(self, better: int) -> None:
        """A call was taken and took too long: so many would have been right."""
        self.now, self.passed_since = better, 0

    def passed(self, count: int) -> None:
        """A call of so many was taken. Full ones are a reason to try more."""
        if count < self.now:
            return
        self.passed_since += 1
        larger = min(self.now * 2, self.most)
        if not self.denied or larger < self.denied or self.passed_since >= self.patience:
            self.now, self.passed_since = larger, 0


class Limits:
    """How many nodes a server takes in one call (OPC 10000-5, 6.3.11), never more than we ask at once.

    Declared by the server, else learnt; what was learnt stays for the next link.
    """

    def __init__(self) -> None:
        self.reading = Size(MOST_PER_CALL, MOST_PER_CALL)
        self.browsing = Size(MOST_PER_BROWSE, MOST_PER_BROWSE)
        self.monitoring = Size(FIRST_PER_CALL, MOST_PER_CALL)
        self.room = MOST_PER_SUBSCRIPTION
        """Items that a subscription takes, as it was learnt."""

    @property
    def read(self) -> int:
        """Nodes of a Read."""
        return self.reading.now

    @property
    def browse(self) -> int:
        """Nodes of a Browse."""
        return self.browsing.now

    @property
    def monitor(self) -> int:
        """Items of a CreateMonitoredItems."""
        return self.monitoring.now


async def limits_of(session: UaSession, learnt: Limits | None = None) -> Limits:
    """The limits a server declares; ours where it declares none or does not say."""
    limits = learnt or Limits()
    nodes = [
        ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
        ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse,
        ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
    ]
    values = await read(session, [ua.NodeId(ua.Int32(n)) for n in nodes], AttributeIds.Value, limits)
    ours = (limits.reading, MOST_PER_CALL), (limits.browsing, MOST_PER_BROWSE), (limits.monitoring, MOST_PER_CALL)
    for value, (size, most) in zip(values, ours, strict=True):
        declared = value.Value.Value if value.Value is not None else None
        size.declare(min(declared, most) if isinstance(declared, int) and declared > 0 else most)
    return limits


async def in_calls(
    rows: Sequence[Row], size: int | Size, call: Callable[[Sequence[Row]], Awaitable[Sequence[Result]]]
) -> list[Result]:
    """The results of many rows, by calls of at most `size` rows, fewer when the server says that is too much."""
    size = size if isinstance(size, Size) else Size(size, size)
    results: list[Result] = []
    while len(results) < len(rows):
        part = rows[len(results) : len(results) + size.now]
        try:
            answer = await call(part)
        except TOO_MUCH:
            if len(part) == 1:
                raise
            size.refused(len(part))
            continue
        if len(answer) != len(part):
            raise ua.UaError(f"asked for {len(part)} nodes, got {len(answer)}")
        size.passed(len(part))
        results += answer
    return results


async def read(
    session: UaSession, nodes: Sequence[ua.NodeId], attribute: AttributeIds, limits: Limits
) -> list[ua.DataValue]:
    """One attribute of many nodes, one DataValue each, in order."""
    return await in_calls(nodes, limits.reading, lambda part: session.read_attributes(list(part), attribute))


async def namespaces_of(session: UaSession) -> list[str]:
    """The namespace URIs of a server, by index. They may change at any restart of it."""
    node = ua.NodeId(ua.Int32(ObjectIds.Server_NamespaceArray))
    [answer] = await session.read_attributes([node], AttributeIds.Value)
    found = answer.Value.Value if answer.Value is not None else None
    return [str(uri) for uri in found or []]


async def started_at(session: UaSession) -> datetime | None:
    """When the server started: tells one life of it from the next. None when it does not say."""
    node = ua.NodeId(ua.Int32(ObjectIds.Server_ServerStatus_StartTime))
    [answer] = await session.read_attributes([node], AttributeIds.Value)
    found = answer.Value.Value if answer.Value is not None else None
    return found if isinstance(found, datetime) else None


async def time_of_server(session: UaSession) -> datetime | None:
    """What the server's clock shows. None when it does not say."""
    node = ua.NodeId(ua.Int32(ObjectIds.Server_ServerStatus_CurrentTime))
    [answer] = await session.read_attributes([node], AttributeIds.Value)
    found = answer.Value.Value if answer.Value is not None else None
    return found if isinstance(found, datetime) else None


async def variant_types_of(
    session: UaSession, nodes: Sequence[ua.NodeId], limits: Limits
) -> list[ua.VariantType | None]:
    """The built-in type of each variable's values; None where the server cannot say.

    A DataType of the standard's numbering is the type itself; any other (an enumeration, a derived type) is told by
    the value that is there now.
    """
    declared = await read(session, nodes, AttributeIds.DataType, limits)
    found = [builtin(d.Value.Value if d.Value is not None else None) for d in declared]
    open_ones = [i for i, kind in enumerate(found) if kind is None]
    values = await read(session, [nodes[i] for i in open_ones], AttributeIds.Value, limits)
    for i, value in zip(open_ones, values, strict=True):
        kind = None if value.Value is None else value.Value.VariantType
        found[i] = kind if isinstance(kind, ua.VariantType) and kind != ua.VariantType.Null else None
    return found


def builtin(data_type: object) -> ua.VariantType | None:
    """The built-in type that a DataType node names, or None (OPC 10000-6, table 1)."""
    if not isinstance(data_type, ua.NodeId) or data_type.NamespaceIndex != 0:
        return None
    identifier = data_type.Identifier
    is_known = isinstance(identifier, int) and 0 < identifier < ua.VariantType.Variant.value
    return ua.VariantType(identifier) if is_known else None
