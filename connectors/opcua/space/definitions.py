"""What a server tells of its data types: structures, enumerations and what is derived from built-in ones.

Read with the DataTypeDefinition attribute (OPC 10000-3, 5.8.3), round by round, many types a request. A server that has
none (OPC UA 1.03 and older) leaves its structures undescribed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asyncua import ua
from asyncua.client.ua_session import UaSession
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds

from connectors.opcua.decode.builtin import EXTENSION_OBJECT, VARIANT
from connectors.opcua.decode.structure import ABSTRACT, Field, Kind, Structure, Structures
from connectors.opcua.decode.value import Pick
from connectors.opcua.link.services import Limits, builtin, in_calls, read
from twin.core.errors import Misconfigured, Undecodable

MOST_TYPES = 2000
"""Data types that are looked at for one connection: an address space may be endless."""
HAS_SUBTYPE = ua.NodeId(ua.Int32(ObjectIds.HasSubtype))
BUILTIN = {f"i={number}": number for number in range(1, VARIANT)}
ROOTS = ABSTRACT | {"i=29": ua.VariantType.Int32.value}
"""Where the derivation of a type may end, besides at a built-in one; the last is Enumeration."""
KINDS = {
    ua.StructureType.StructureWithOptionalFields: Kind.OPTIONAL,
    ua.StructureType.Union: Kind.UNION,
    ua.StructureType.UnionWithSubtypedValues: Kind.UNION,
}
SUBTYPED = (ua.StructureType.StructureWithSubtypedValues, ua.StructureType.UnionWithSubtypedValues)


class Definitions:
    """The types of one life of a server. Reading fills `structures`, which the decoder looks into."""

    def __init__(self) -> None:
        self.structures = Structures()
        self._parent: dict[str, str] = {}
        self._told: dict[str, tuple[str, ua.StructureDefinition]] = {}

    def clear(self) -> None:
        """Forget all: ids belong to one life of a server."""
        self.structures.clear()
        self._parent.clear()
        self._told.clear()

    async def learn(self, session: UaSession, limits: Limits, types: Iterable[ua.NodeId]) -> None:
        """Read these types and all that they are made of."""
        wanted = self._new(types)
        while wanted and len(self._parent) < MOST_TYPES:
            parents = await supertypes(session, limits, wanted)
            names = await read(session, wanted, AttributeIds.BrowseName, limits)
            found = await read(session, wanted, AttributeIds.DataTypeDefinition, limits)
            parts: list[ua.NodeId] = []
            for node, parent, name, told in zip(wanted, parents, names, map(content, found), strict=True):
                self._parent[node.to_string()] = "" if parent is None else parent.to_string()
                if isinstance(told, ua.StructureDefinition):
                    self._told[node.to_string()] = str(getattr(content(name), "Name", node)), told
                    parts += [field.DataType for field in told.Fields or []]
                elif parent is not None:
                    parts.append(parent)
            wanted = self._new(parts)
        self.structures.sizes.clear()
        for node, (name, told) in self._told.items():
            self.structures.types[node] = self._described(name, told)
            self.structures.encodings[told.DefaultEncodingId.to_string()] = node

    def end_of(self, type: ua.NodeId, pick: Pick) -> ua.VariantType:
        """The built-in type that a pick into values of a structure ends at. Raises Misconfigured."""
        lacking = self.missing(type)
        if lacking:
            raise Misconfigured(f"the server does not describe the structure {lacking}; only `type: bytes` can keep it")
        try:
            end = self.structures.field_at(type.to_string(), pick)
        except Undecodable as error:
            raise Misconfigured(str(error)) from error
        if isinstance(end, str):
            known = self.structures.types[end]
            names = ", ".join(one.name for one in known.fields)
            raise Misconfigured(f"its value is a structure {known.name}; the tag needs `pick`, one of: {names}")
        return ua.VariantType(end)

    def missing(self, type: ua.NodeId) -> str:
        """A type without which values of this one cannot be read; empty when all are known."""
        seen: set[str] = set()
        left = [type.to_string()]
        while left:
            node = left.pop()
            known = self.structures.types.get(node)
            if known is None:
                return node
            seen.add(node)
            left += [f.type for f in known.fields if isinstance(f.type, str) and f.type not in seen]
        return ""

    def _new(self, types: Iterable[ua.NodeId]) -> list[ua.NodeId]:
        """Those that were not looked at, each once."""
        named = {one.to_string(): one for one in types if builtin(one) is None}
        return [one for name, one in named.items() if name not in self._parent and name not in ROOTS]

    def _described(self, name: str, told: ua.StructureDefinition) -> Structure:
        subtyped = told.StructureType in SUBTYPED
        kind = KINDS.get(told.StructureType, Kind.PLAIN)
        fields = [self._field(one, subtyped, kind is Kind.OPTIONAL) for one in told.Fields or []]
        return Structure(name, tuple(fields), kind)

    def _field(self, told: ua.StructureField, subtyped: bool, may_be_optional: bool) -> Field:
        """A field. One that may hold subtypes says itself which it is: as a structure, or as a Variant."""
        type = self._type(told.DataType.to_string())
        if subtyped and told.IsOptional:
            type = EXTENSION_OBJECT if isinstance(type, str) or type == EXTENSION_OBJECT else VARIANT
        rank = max(0, told.ValueRank)  # a scalar is -1
        return Field(told.Name or "", type, rank, bool(told.IsOptional) and may_be_optional)

    def _type(self, node: str) -> int | str:
        """The built-in type that a type is made from; itself for a structure."""
        seen: set[str] = set()
        while node not in seen:
            seen.add(node)
            if node in self._told:
                return node
            if node in ROOTS:
                return ROOTS[node]
            if node in BUILTIN:
                return BUILTIN[node]
            node = self._parent.get(node, "") or node
        return node


def content(value: ua.DataValue) -> object:
    """What a value holds."""
    return value.Value.Value if value.Value is not None else None


async def supertypes(session: UaSession, limits: Limits, types: Sequence[ua.NodeId]) -> list[ua.NodeId | None]:
    """The type from which each is derived; None where the server does not say."""

    async def call(part: Sequence[ua.NodeId]) -> Sequence[ua.BrowseResult]:
        wanted = [
            ua.BrowseDescription(
                NodeId=one,
                BrowseDirection=ua.BrowseDirection.Inverse,
                ReferenceTypeId=HAS_SUBTYPE,
                IncludeSubtypes=False,
                NodeClassMask=ua.UInt32(0),
                ResultMask=ua.UInt32(0),
            )
            for one in part
        ]
        return await session.browse(ua.BrowseParameters(NodesToBrowse=wanted, RequestedMaxReferencesPerNode=0))

    found = await in_calls(types, limits.browse, call)
    return [result.References[0].NodeId if result.References else None for result in found]
