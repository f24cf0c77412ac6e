"""What a server has, level by level, many nodes a request: 10,000 variables take tenths of a second, not minutes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from asyncua import ua
from asyncua.client.ua_session import UaSession
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds

from connectors.opcua.address import BrowsePath, NodeText, join_path
from connectors.opcua.link.services import Limits, builtin, in_calls, namespaces_of, read
from twin.core.ports import Node

OBJECTS = ua.NodeId(ua.Int32(ObjectIds.ObjectsFolder))
SERVER = ua.NodeId(ua.Int32(ObjectIds.Server))
ALIASES = ua.NodeId(ua.Int32(ObjectIds.Aliases))
HIERARCHICAL = ua.NodeId(ua.Int32(ObjectIds.HierarchicalReferences))
PROPERTY = ua.NodeId(ua.Int32(ObjectIds.HasProperty))
UNIT, RANGE = "EngineeringUnits", "EURange"
"""Properties of a variable (OPC 10000-8, 5.3.2) that are shown with it."""
NULL = ua.VariantType.Null
SHOWN = (
    ua.BrowseResultMask.ReferenceTypeId
    | ua.BrowseResultMask.NodeClass
    | ua.BrowseResultMask.BrowseName
    | ua.BrowseResultMask.DisplayName
)
"""What is asked of each node; type definitions are not."""
DEEPEST = 32
"""Levels: an address space may be a ring."""


@dataclass(frozen=True, slots=True)
class Found:
    """A node met on the way. path: browse names from the root; node: as the server numbers it today.

    is_attribute: a property of a variable (its unit, its range), which is not a variable of the plant.
    """

    path: str
    node: ua.NodeId
    name: str
    namespace: int
    is_variable: bool
    is_attribute: bool
    parent: str = ""
    display: str = ""


async def browse(
    session: UaSession, limits: Limits, match: str, limit: int, told: Callable[[int], None] = lambda _n: None
) -> Sequence[Node]:
    """Variables below Objects whose path matches a glob, with type, value and unit; the server's own are left out.

    told: hears how many nodes were seen so far.
    """
    variables: list[Found] = []
    attributes: dict[tuple[str, str], ua.NodeId] = {}
    seen = 0
    async for level in levels(session, limits, hidden=hidden_from(match)):
        seen += len(level)
        told(seen)
        attributes |= {(f.parent, f.name): f.node for f in level if f.is_attribute and f.name in {UNIT, RANGE}}
        variables += [f for f in level if f.is_variable and not f.is_attribute and matches(f.path, match)]
        if len(variables) >= limit:
            break
    return await described(session, limits, variables[:limit], attributes)


def hidden_from(match: str) -> Sequence[ua.NodeId]:
    """What every server has of its own and nobody looks for, unless it is asked for."""
    own = {"/Objects/Server": SERVER, "/Objects/Aliases": ALIASES}
    return [node for path, node in own.items() if not match.startswith(path)]


def matches(path: str, glob: str) -> bool:
    """Whether a path is meant: the whole of it, or its end after a `/`."""
    return fnmatchcase(path, glob) or fnmatchcase(path, f"*/{glob}")


async def levels(session: UaSession, limits: Limits, hidden: Sequence[ua.NodeId] = ()) -> AsyncIterator[list[Found]]:
    """The nodes below Objects, one level after the other, each node once."""
    level = [Found("/Objects", OBJECTS, "Objects", 0, False, False)]
    seen = {OBJECTS, *hidden}
    for _ in range(DEEPEST):
        parents = [f for f in level if not f.is_attribute]
        children = [child for children in await children_of(session, limits, parents) for child in children]
        level = []
        for child in children:
            if child.node not in seen:
                seen.add(child.node)
                level.append(child)
        if not level:
            return
        yield level


async def children_of(session: UaSession, limits: Limits, parents: Sequence[Found]) -> list[list[Found]]:
    """The children of each parent, in the server's order."""

    async def call(part: Sequence[Found]) -> Sequence[list[ua.ReferenceDescription]]:
        wanted = ua.BrowseParameters(NodesToBrowse=[description(p.node) for p in part], RequestedMaxReferencesPerNode=0)
        results = await session.browse(wanted)
        return [await whole(session, result) for result in results]

    references = await in_calls(parents, limits.browse, call)
    return [[found(parent, r) for r in rs] for parent, rs in zip(parents, references, strict=True)]


async def whole(session: UaSession, result: ua.BrowseResult) -> list[ua.ReferenceDescription]:
    """All references of a result, its continuation points followed."""
    references = list(result.References or [])
    point = result.ContinuationPoint
    while point:
        wanted = ua.BrowseNextParameters(ReleaseContinuationPoints=False, ContinuationPoints=[point])
        [more] = await session.browse_next(wanted)
        references += more.References or []
        point = more.ContinuationPoint
    return references


def description(node: ua.NodeId) -> ua.BrowseDescription:
    """Objects and variables below a node."""
    return ua.BrowseDescription(
        NodeId=node,
        BrowseDirection=ua.BrowseDirection.Forward,
        ReferenceTypeId=HIERARCHICAL,
        IncludeSubtypes=True,
        NodeClassMask=ua.NodeClass.Object | ua.NodeClass.Variable,
        ResultMask=SHOWN,
    )


def found(parent: Found, reference: ua.ReferenceDescription) -> Found:
    """The child that a reference leads to."""
    name = reference.BrowseName.Name or ""
    target = reference.NodeId
    node = ua.NodeId(target.Identifier, target.NamespaceIndex, target.NodeIdType)
    return Found(
        join_path(parent.path, name),
        node,
        name,
        reference.BrowseName.NamespaceIndex,
        reference.NodeClass == ua.NodeClass.Variable,
        reference.ReferenceTypeId == PROPERTY and parent.is_variable,
        parent.path,
        (reference.DisplayName.Text or "") if reference.DisplayName is not None else "",
    )


async def described(
    session: UaSession, limits: Limits, variables: Sequence[Found], attributes: Mapping[tuple[str, str], ua.NodeId]
) -> list[Node]:
    """The variables as people see them, with their values of now."""
    namespaces = await namespaces_of(session)
    nodes = [v.node for v in variables]
    values, access = await asyncio.gather(  # the server works on one while we take the other apart
        read(session, nodes, AttributeIds.Value, limits), read(session, nodes, AttributeIds.UserAccessLevel, limits)
    )
    empty = [i for i, value in enumerate(values) if value.Value is None or value.Value.VariantType == NULL]
    types = await read(session, [nodes[i] for i in empty], AttributeIds.DataType, limits)
    ranks = await read(session, [nodes[i] for i in empty], AttributeIds.ValueRank, limits)
    said = {i: (held(type_), held(rank)) for i, type_, rank in zip(empty, types, ranks, strict=True)}
    wanted = [(v.path, name) for v in variables for name in (UNIT, RANGE) if (v.path, name) in attributes]
    answers = await read(session, [attributes[key] for key in wanted], AttributeIds.Value, limits)
    shown = {key: held(answer) for key, answer in zip(wanted, answers, strict=True)}
    return [
        described_one(
            variable, value, held(level), said.get(i), shown.get((variable.path, UNIT)),
            shown.get((variable.path, RANGE)), namespaces,
        )
        for i, (variable, value, level) in enumerate(zip(variables, values, access, strict=True))
    ]  # fmt: skip


def held(answer: ua.DataValue) -> Any:
    """What an answer holds, None for nothing."""
    return answer.Value.Value if answer.Value is not None else None


def described_one(
    variable: Found,
    value: ua.DataValue,
    level: object,
    said: tuple[object, object] | None,
    unit: object,
    range_: object,
    namespaces: Sequence[str],
) -> Node:
    """One variable: the type of its value, and the value or why there is none.

    level: its UserAccessLevel. said: DataType and ValueRank of one without a value now.
    """
    status = value.StatusCode
    is_bad = status is not None and status.is_bad()
    type_, shape = shape_of(value.Value) if said is None else declared_shape(*said)
    text = status.name if is_bad and status is not None else "" if held(value) is None else str(held(value))
    return Node(
        variable.path,
        address_text(variable.node, namespaces),
        type_,
        text,
        (unit.DisplayName.Text or "") if isinstance(unit, ua.EUInformation) else "",
        display=variable.display,
        range=(range_.Low, range_.High) if isinstance(range_, ua.Range) and range_.Low < range_.High else None,
        shape=shape,
        access="".join(letter for bit, letter in ((1, "r"), (2, "w")) if isinstance(level, int) and level & bit),
    )


def shape_of(value: ua.Variant | None) -> tuple[str, tuple[int, ...] | None]:
    """The type of a value, `Double[]` for an array, and the lengths of an array."""
    if value is None:
        return "", None
    if not value.is_array:
        return value.VariantType.name, None
    lengths = value.Dimensions or [len(value.Value or [])]
    return f"{value.VariantType.name}[]", tuple(int(n) for n in lengths)


def declared_shape(type_: object, rank: object) -> tuple[str, tuple[int, ...] | None]:
    """The same for a variable that has no value now, from what its node declares."""
    kind = builtin(type_)
    is_array = isinstance(rank, int) and rank >= 0
    return ("" if kind is None else kind.name) + ("[]" if is_array else ""), () if is_array else None


def address_text(node: ua.NodeId, namespaces: Sequence[str]) -> str:
    """A node id that stays right when the server numbers its namespaces anew: `nsu=URI;s=...`."""
    kind = {"Numeric": "i", "TwoByte": "i", "FourByte": "i", "String": "s", "Guid": "g", "ByteString": "b"}
    letter = kind[node.NodeIdType.name]
    identifier = node.Identifier.hex() if isinstance(node.Identifier, bytes) else str(node.Identifier)
    if node.NamespaceIndex == 0:
        return f"{letter}={identifier}"
    index = node.NamespaceIndex
    return str(NodeText(namespaces[index] if index < len(namespaces) else index, letter, identifier))


async def nodes_at(session: UaSession, limits: Limits, paths: Sequence[BrowsePath]) -> dict[BrowsePath, ua.NodeId]:
    """The nodes at browse paths; a path that leads nowhere is absent. Each folder on the way is read once."""
    reached: dict[tuple[tuple[int | None, str], ...], Found] = {
        (): Found("/Objects", OBJECTS, "Objects", 0, False, False)
    }
    for depth in range(max((len(p.names) for p in paths), default=0)):
        wanted = {p.names[: depth + 1] for p in paths if len(p.names) > depth and p.names[:depth] in reached}
        parents = list({names[:-1]: reached[names[:-1]] for names in wanted}.items())
        below = await children_of(session, limits, [parent for _, parent in parents])
        for (prefix, _), children in zip(parents, below, strict=True):
            for child in children:
                for name in ((None, child.name), (child.namespace, child.name)):
                    if (*prefix, name) in wanted:
                        reached.setdefault((*prefix, name), child)
    return {p: reached[p.names].node for p in paths if p.names in reached}
