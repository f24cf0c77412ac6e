"""Structures by the description that their server gives of them. Pure.

(StructureDefinition: OPC 10000-3, 8.48; encoding: OPC 10000-6, 5.2.6 to 5.2.8)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from connectors.opcua.decode.builtin import (
    EXTENSION_OBJECT,
    MOST_DIMENSIONS,
    NUMBERS,
    SMALLEST,
    VARIANT,
    WIDTHS,
    Values,
    folded,
    numbers,
)
from connectors.opcua.decode.reader import DEEPEST, I32, U32
from twin.core.errors import Undecodable


class Kind(StrEnum):
    """How the fields of a structure follow each other."""

    PLAIN = "plain"
    OPTIONAL = "optional"
    """A mask in front tells which of the optional fields are there."""
    UNION = "union"
    """A number in front tells which one field is there."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. type: number of a built-in type, or data type id of a structure. rank: dimensions, 0 for one value."""

    name: str
    type: int | str
    rank: int = 0
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """A type. name: its browse name, for people."""

    name: str
    fields: tuple[Field, ...]
    kind: Kind = Kind.PLAIN


@dataclass(frozen=True, slots=True)
class Fields:
    """A structure's fields by name; None for one that is not there."""

    name: str
    fields: Mapping[str, Any]


ABSTRACT: dict[str, int] = {
    "i=22": EXTENSION_OBJECT,
    "i=24": VARIANT,
    "i=26": VARIANT,
    "i=27": VARIANT,
    "i=28": VARIANT,
}
"""Data types whose values say themselves what they are: Structure, BaseDataType, Number, Integer, UInteger."""


@dataclass(slots=True)
class Structures:
    """What a server told of its types. types: by data type id. encodings: id of the binary encoding -> data type id.

    sizes: bytes that values of a type take at least, as far as they were asked for.
    """

    types: dict[str, Structure] = field(default_factory=dict[str, Structure])
    encodings: dict[str, str] = field(default_factory=dict[str, str])
    sizes: dict[str, int] = field(default_factory=dict[str, int])

    def clear(self) -> None:
        """Forget all: ids belong to one life of a server."""
        self.types.clear()
        self.encodings.clear()
        self.sizes.clear()

    def opened(self, type: str, body: bytes, depth: int = 0) -> Fields:
        """The structure in a body, which must hold nothing else. Raises Undecodable."""
        known = self.types.get(self.encodings.get(type, ""))
        if known is None:
            raise Undecodable("structure of an unknown type", type)
        reader = Values(body, depth=depth, opened=self.opened)
        values = self.read(known, reader)
        if reader.left:
            raise Undecodable("structure longer than its type", f"{known.name}: {reader.left} bytes more")
        return values

    def read(self, structure: Structure, reader: Values) -> Fields:
        """The fields of a structure that begins here."""
        reader.deeper()
        here = self.here(structure, reader)
        values = {one.name: self.value(one, reader) if is_here else None for one, is_here in here}
        reader.back()
        return Fields(structure.name, values)

    def here(self, structure: Structure, reader: Values) -> list[tuple[Field, bool]]:
        """Which fields follow."""
        if structure.kind is Kind.UNION:
            chosen = reader.number(U32)
            if chosen > len(structure.fields):
                raise Undecodable("union with an unknown field", f"{structure.name}: {chosen}")
            return [(one, position == chosen) for position, one in enumerate(structure.fields, start=1)]
        mask = reader.number(U32) if structure.kind is Kind.OPTIONAL else 0
        found: list[tuple[Field, bool]] = []
        for one in structure.fields:
            found.append((one, not one.optional or bool(mask & 1)))
            mask >>= one.optional
        return found

    def value(self, one: Field, reader: Values) -> Any:
        """A field's value."""
        if one.rank > 1:
            return self.matrix(one, reader)
        if one.rank == 1:
            return self.array(one, reader)
        return self.single(one, reader)

    def single(self, one: Field, reader: Values) -> Any:
        """One value of the field's type."""
        if isinstance(one.type, int):
            return reader.value(one.type)
        known = self.known(one.type)
        return self.read(known, reader) if self.size(one.type) else Fields(known.name, {})

    def array(self, one: Field, reader: Values) -> Any:
        """An array of the field's type."""
        if isinstance(one.type, int):
            return reader.array(one.type)
        count = reader.count(self.smallest(one.type))
        return None if count < 0 else [self.single(one, reader) for _ in range(count)]

    def matrix(self, one: Field, reader: Values) -> Any:
        """An array of several dimensions: these come first, its elements have no length of their own."""
        dimensions = [reader.number(I32) for _ in range(max(0, reader.count(4)))]
        if not dimensions or min(dimensions) <= 0:
            return None
        if len(dimensions) > MOST_DIMENSIONS:
            raise Undecodable("array of too many dimensions", str(len(dimensions)))
        smallest = self.smallest(one.type)
        count = 1
        for size in dimensions:
            count *= size
            if count * smallest > reader.left:
                raise Undecodable("cut off", f"{dimensions} elements claimed, {reader.left} bytes left")
        if isinstance(one.type, int) and one.type in NUMBERS:
            flat = numbers(one.type, reader.body, reader.skip(count * WIDTHS[one.type]), count)
            return folded(flat, dimensions)
        return folded([self.single(one, reader) for _ in range(count)], dimensions)

    def smallest(self, type: int | str) -> int:
        """Bytes that a value takes at least. Raises Undecodable for none: a length would claim ever so many of them."""
        size = self.size(type)
        if not size:
            raise Undecodable("array of nothing", self.known(str(type)).name)
        return size

    def size(self, type: int | str, within: tuple[str, ...] = ()) -> int:
        """The same, 0 for a structure of nothing. Raises Undecodable for a structure that is a part of itself."""
        if isinstance(type, int):
            return SMALLEST[type]
        structure = self.known(type)
        if structure.kind is not Kind.PLAIN:
            return 4
        if type in within or len(within) > DEEPEST:
            raise Undecodable("nested too deep", structure.name)
        if type not in self.sizes:
            self.sizes[type] = sum(4 if f.rank else self.size(f.type, (*within, type)) for f in structure.fields)
        return self.sizes[type]

    def known(self, type: str) -> Structure:
        """A type. Raises Undecodable."""
        found = self.types.get(type)
        if found is None:
            raise Undecodable("structure of an unknown type", type)
        return found

    def field_at(self, type: str, pick: tuple[int | str, ...]) -> int | str:
        """The type that a pick into a value of this data type ends at: a built-in's number, or a data type id.

        Raises Undecodable with what there is instead.
        """
        at: int | str = type
        for step in pick:
            if isinstance(step, int):
                continue
            structure = self.types.get(at) if isinstance(at, str) else None
            if structure is None:
                raise Undecodable("pick: not a structure", f"no field {step!r}")
            names = {one.name: one for one in structure.fields}
            if step not in names:
                raise Undecodable(f"pick: no field {step!r}", f"{structure.name} has {', '.join(names)}")
            at = names[step].type
        return at
