"""The variables of a PLC in its address space, and the short way to write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isnan
from struct import pack
from typing import Any, cast
from uuid import UUID

from asyncua import ua
from asyncua.common.node import Node
from asyncua.common.structures104 import new_struct, new_struct_field
from asyncua.server.address_space import AttributeValue
from asyncua.server.server import Server
from asyncua.ua.attribute_ids import AttributeIds

from simulators.samples import GOOD, Newest
from simulators.wire.nasty.quirk import ARRAY, STRUCTURE, Identifier
from simulators.wiring import OpcUaServer, OpcUaValue

BAD = 0x8000_0000
"""The bit of all Bad status codes."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FORMATS = {"Boolean": "?", "Int16": "h", "UInt16": "H", "Int32": "i", "UInt32": "I", "Float": "f", "Double": "d"}
"""Built-in type of a structure's field -> how it lies on the wire (OPC 10000-6, 5.2.2)."""

Identify = Callable[[Identifier], Identifier]


class Variable:
    """A node with one value. number: its place among the variables of the server; writes: how often it was written."""

    def __init__(self, node: ua.NodeId, type_: ua.VariantType, attribute: AttributeValue, number: int) -> None:
        self.node = node
        self.type = type_
        self.attribute = attribute
        self.number = number
        self.writes = 0

    async def put(self, data: ua.DataValue) -> None:
        """Write past asyncua's checks of type and access. Every subscription hears it."""
        self.writes += 1
        self.attribute.value = data
        for handle, callback in tuple(self.attribute.datachange_callbacks.items()):
            await callback(handle, data)


@dataclass(slots=True)
class Whole:
    """The values of a machine in one node. encoding: of its structure's type, None for an array of Doubles."""

    values: list[float]
    types: list[str]
    encoding: ua.NodeId | None = None

    def variant(self) -> ua.Variant:
        """All values of now. There is no status for each: a sensor that fails is NaN, in an integer's place 0."""
        if self.encoding is None:
            return ua.Variant(list(self.values), ua.VariantType.Double)
        body = ua.ByteString(b"".join(map(packed, self.values, self.types)))
        return ua.Variant(ua.ExtensionObject(TypeId=self.encoding, Body=body), ua.VariantType.ExtensionObject)


@dataclass(slots=True)
class Part:
    """Where the values of one name go: a variable of their own, or a place in one that holds a whole machine.

    texts: those that it shows, if it shows any.
    """

    variable: Variable
    texts: Sequence[str] = ()
    whole: Whole | None = None
    place: int = 0

    def data(self, value: float, time: int, status: int) -> ua.DataValue:
        """What the variable holds with this value in it."""
        if self.texts:
            held = ua.Variant() if status & BAD else ua.Variant(self.texts[int(value)], ua.VariantType.String)
            return data_value(held, time, status)
        if self.whole is None:
            return data_value(variant(value, self.variable.type, status), time, status)
        self.whole.values[self.place] = value
        return data_value(self.whole.variant(), time)


class Tree:
    """Makes the nodes of a PLC below Objects."""

    def __init__(self, server: Server, index: int, spec: OpcUaServer, identify: Identify) -> None:
        self._server = server
        self._index = index
        self._spec = spec
        self._identify = identify
        self._folders: dict[tuple[str, ...], Node] = {(): server.nodes.objects}
        self._count = 0

    async def add(self, values: Mapping[str, OpcUaValue], newest: Mapping[str, Newest], layout: str) -> dict[str, Part]:
        """All values under their folders; name -> what a write needs."""
        if layout in {ARRAY, STRUCTURE}:
            return await self._wholes(values, newest, layout)
        return {name: await self.part(value) for name, value in values.items()}

    async def part(self, value: OpcUaValue) -> Part:
        """The variable of one value, which holds nothing yet."""
        type_ = ua.VariantType[value.type]
        return Part(await self._variable(value.node, value.browse, variant(0, type_), type_), value.texts)

    async def _wholes(
        self, values: Mapping[str, OpcUaValue], newest: Mapping[str, Newest], layout: str
    ) -> dict[str, Part]:
        parts: dict[str, Part] = {}
        machines: dict[str, list[str]] = {}
        for name in values:
            machines.setdefault(name.rpartition("/")[0], []).append(name)
        for machine, names in machines.items():
            browse = shared([values[name].browse for name in names]) or (machine.rpartition("/")[2],)
            whole = Whole([newest[name][1] for name in names], [values[name].type for name in names])
            type_, declared = ua.VariantType.Double, None
            if layout == STRUCTURE:
                type_ = ua.VariantType.ExtensionObject
                declared, whole.encoding = await self._structure(browse[-1], names, whole.types)
            variable = await self._variable("/".join(browse), browse, whole.variant(), type_, declared)
            parts |= {name: Part(variable, (), whole, place) for place, name in enumerate(names)}
        return parts

    async def _structure(self, name: str, names: Sequence[str], types: Sequence[str]) -> tuple[ua.NodeId, ua.NodeId]:
        """A new type whose fields are the values' own names, and its encoding."""
        fields = [
            new_struct_field(own.rpartition("/")[2], ua.VariantType[type_])
            for own, type_ in zip(names, types, strict=True)
        ]
        made, [encoding] = await new_struct(self._server, self._index, f"T_{name}", fields)
        return made.nodeid, encoding.nodeid

    async def _variable(
        self,
        node: str,
        browse: Sequence[str],
        first: ua.Variant,
        type_: ua.VariantType,
        declared: ua.NodeId | None = None,
    ) -> Variable:
        *above, own = (*self._spec.folders, *browse)
        parent = await self._folder(tuple(above))
        id_ = node_id(self._identify(node), self._index)
        await parent.add_variable(id_, ua.QualifiedName(own, ua.UInt16(self._index)), first, datatype=declared)
        attribute = self._server.iserver.aspace[id_].attributes[AttributeIds.Value]
        self._count += 1
        return Variable(id_, type_, attribute, self._count - 1)

    async def _folder(self, path: tuple[str, ...]) -> Node:
        """The folder of a path below Objects, made with those above it where it is not there yet."""
        if path not in self._folders:
            parent = await self._folder(path[:-1])
            name = ua.QualifiedName(path[-1], ua.UInt16(self._index))
            self._folders[path] = await parent.add_folder(node_id("/".join(path), self._index), name)
        return self._folders[path]


def shared(paths: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """What paths have in common, from their beginning.

    >>> shared([("DB", "Mot", "rTemp"), ("DB", "Stat", "eState")])
    ('DB',)
    """
    same: list[str] = []
    for names in zip(*paths, strict=False):
        if len(set(names)) > 1:
            break
        same.append(names[0])
    return tuple(same)


def data_value(value: ua.Variant, time: int, status: int = GOOD) -> ua.DataValue:
    """A value with its status and the line's instant as both timestamps, exact to the ms."""
    moment = EPOCH + timedelta(microseconds=time // 1000)
    stamp = cast(ua.DateTime, moment)  # asyncua writes a plain datetime; only its annotation asks for its own type
    return ua.DataValue(value, ua.StatusCode(ua.UInt32(status)), SourceTimestamp=stamp, ServerTimestamp=stamp)


def node_id(identifier: Identifier, index: int) -> ua.NodeId:
    """An identifier in a namespace of the server."""
    kinds: dict[type, Callable[[Any], Any]] = {str: ua.String, int: ua.Int32, bytes: ua.ByteString}
    if isinstance(identifier, UUID):
        return ua.NodeId(cast(ua.Guid, identifier), ua.Int16(index))  # asyncua takes a plain UUID
    return ua.NodeId(kinds[type(identifier)](identifier), ua.Int16(index))


def variant(value: float, type_: ua.VariantType, status: int = GOOD) -> ua.Variant:
    """A number in the PLC's own type; nothing where the status is Bad."""
    if status & BAD:
        return ua.Variant()
    if type_ is ua.VariantType.Boolean:
        return ua.Variant(bool(value), type_)
    if type_ in {ua.VariantType.Float, ua.VariantType.Double}:
        return ua.Variant(value, type_)
    if type_ is ua.VariantType.String:
        return ua.Variant(f"{value:g}", type_)
    return ua.Variant(int(value), type_)


def packed(value: float, type_: str) -> bytes:
    """A field of a structure on the wire."""
    if type_ in {"Double", "Float"}:
        return pack("<" + FORMATS[type_], value)
    return pack("<" + FORMATS[type_], 0 if isnan(value) else int(value))
