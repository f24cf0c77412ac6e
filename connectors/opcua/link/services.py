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


@dataclass(frozen=True, slots=True)
class Limits:
    """How many nodes a server takes in one call (OPC 10000-5, 6.3.11), never more than we ask at once."""

    read: int = MOST_PER_CALL
    browse: int = MOST_PER_BROWSE
    monitor: int = MOST_PER_CALL


async def limits_of(session: UaSession) -> Limits:
    """The limits a server declares; ours where it declares none or does not say."""
    nodes = [
        ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
        ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse,
        ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
    ]
    ours = Limits()
    values = await read(session, [ua.NodeId(ua.Int32(n)) for n in nodes], AttributeIds.Value, ours)
    declared = [v.Value.Value if v.Value is not None else None for v in values]
    most = [ours.read, ours.browse, ours.monitor]
    return Limits(*(min(d, m) if isinstance(d, int) and d > 0 else m for d, m in zip(declared, most, strict=True)))


async def in_calls(
    rows: Sequence[Row], size: int, call: Callable[[Sequence[Row]], Awaitable[Sequence[Result]]]
) -> list[Result]:
    """The results of many rows, by calls of at most `size` rows, fewer when the server says that is too much."""
    results: list[Result] = []
    while len(results) < len(rows):
        part = rows[len(results) : len(results) + size]
        try:
            answer = await call(part)
        except TOO_MUCH:
            if size == 1:
                raise
            size = max(1, min(size, len(part)) // 2)
            continue
        if len(answer) != len(part):
            raise ua.UaError(f"asked for {len(part)} nodes, got {len(answer)}")
        results += answer
    return results


async def read(
    session: UaSession, nodes: Sequence[ua.NodeId], attribute: AttributeIds, limits: Limits
) -> list[ua.DataValue]:
    """One attribute of many nodes, one DataValue each, in order."""
    return await in_calls(nodes, limits.read, lambda part: session.read_attributes(list(part), attribute))


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
