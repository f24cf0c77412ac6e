"""Built-in types of the wire as values of Python (OPC 10000-6, 5.2.2). Pure: bytes in, values out.

Numbers are int, float and bool, a StatusCode its number; texts are str, a ByteString is bytes, a null one None. Arrays
of numbers are numpy arrays, others are lists; more dimensions are arrays of arrays. What has a name but no other
meaning for a tag (LocalizedText, NodeId, ...) is `Named`, a DateTime `Moment`, a structure's bytes `Raw`.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any
from uuid import UUID

import numpy as np

from connectors.opcua.decode.reader import I32, I64, U16, U32, Reader
from twin.core.errors import Undecodable

NULL, BOOLEAN, STRING, DATE_TIME, GUID, BYTE_STRING, XML_ELEMENT, NODE_ID, EXPANDED_NODE_ID = 0, 1, *range(12, 19)
STATUS_CODE, QUALIFIED_NAME, LOCALIZED_TEXT, EXTENSION_OBJECT, DATA_VALUE, VARIANT, DIAGNOSTIC_INFO = range(19, 26)
"""Numbers of built-in types (OPC 10000-6, table 1)."""
NUMBERS = {
    BOOLEAN: "?", 2: "i1", 3: "u1", 4: "<i2", 5: "<u2", 6: "<i4", 7: "<u4", 8: "<i8", 9: "<u8", 10: "<f4", 11: "<f8",
    STATUS_CODE: "<u4",
}  # fmt: skip
"""Built-in types that are one number -> how it lies, in numpy's words."""
WIDTHS = {kind: np.dtype(form).itemsize for kind, form in NUMBERS.items()}
FORMS = {kind: Struct("<" + np.dtype(form).char.replace("l", "q").replace("L", "Q")) for kind, form in NUMBERS.items()}
ARRAY, DIMENSIONS, KIND = 0x80, 0x40, 0x3F
"""Bits of a Variant's first byte."""
SMALLEST = {
    STRING: 4, DATE_TIME: 8, GUID: 16, BYTE_STRING: 4, XML_ELEMENT: 4, NODE_ID: 2, EXPANDED_NODE_ID: 2,
    QUALIFIED_NAME: 6, LOCALIZED_TEXT: 1, EXTENSION_OBJECT: 3, DATA_VALUE: 1, VARIANT: 1, DIAGNOSTIC_INFO: 1, **WIDTHS,
}  # fmt: skip
"""Bytes that a value of each type takes at least: what an array may claim is bounded by what is there."""
TICKS_TO_1970 = 116_444_736_000_000_000
LAST_TICKS = 2_650_467_743_990_000_000
"""100 ns from 1601 to 1970, and to the end of the year 9999: later dates mean that one (OPC 10000-6, 5.2.2.5)."""
MOST_DIMENSIONS = 32
"""Of an array: each costs a pass over its values, and numpy has not many more."""
UNREAD = 0xC0
"""Bits of a DataValue's mask that mean nothing yet: what they would add to the bytes is unknown."""


@dataclass(frozen=True, slots=True)
class Named:
    """A value of which a tag keeps the text. kind: the name of its built-in type."""

    kind: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Moment:
    """A DateTime: ns since 1970 UTC, as exact as the wire."""

    ns: int


@dataclass(frozen=True, slots=True)
class Raw:
    """A structure whose bytes are not understood. type: id of its encoding. cause: why not."""

    type: str
    body: bytes
    cause: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A value whose end is known but not its meaning. cause: why not."""

    cause: str


Opener = Callable[[str, bytes, int], Any]
"""What makes a value of a structure: id of its encoding, its bytes, how deep it lies. Raises Undecodable."""


def unopened(type: str, _body: bytes, _depth: int) -> Any:
    """No structure is known. Raises Undecodable."""
    raise Undecodable("structure of an unknown type", type)


class Values(Reader):
    """A Reader of built-in types."""

    __slots__ = ("opened",)

    def __init__(
        self, body: bytes, at: int = 0, end: int | None = None, depth: int = 0, opened: Opener = unopened
    ) -> None:
        super().__init__(body, at, end, depth)
        self.opened = opened

    def variant(self) -> Any:
        """A Variant's value; None when it holds none."""
        encoding = self.byte()
        kind = encoding & KIND
        if kind == NULL and encoding:
            raise Undecodable("array of nothing")
        if not encoding & ARRAY:
            if encoding & DIMENSIONS:
                raise Undecodable("dimensions without an array")
            return self.value(kind)
        flat = self.array(kind)
        return self.shaped(flat) if encoding & DIMENSIONS else flat

    def value(self, kind: int) -> Any:
        """One value of a built-in type."""
        form = FORMS.get(kind)
        if form is not None:
            return self.number(form)
        if kind == NULL:
            return None
        if kind not in READ:
            raise Undecodable("unknown built-in type", str(kind))
        self.deeper()
        value = READ[kind](self)
        self.back()
        return value

    def array(self, kind: int) -> Any:
        """An array without dimensions; None for the null one."""
        if kind not in SMALLEST:
            raise Undecodable("unknown built-in type", str(kind))
        count = self.count(SMALLEST[kind])
        if count < 0:
            return None
        if kind in NUMBERS:
            at = self.skip(count * WIDTHS[kind])
            return numbers(kind, self.body, at, count)
        return [self.value(kind) for _ in range(count)]

    def shaped(self, flat: Any) -> Any:
        """The array in its dimensions, which follow it; no array at all where they do not fit."""
        count = self.count(4)
        dimensions = [self.number(I32) for _ in range(max(0, count))]
        if flat is None or not dimensions:
            return flat
        if len(dimensions) > MOST_DIMENSIONS:
            return Broken("array of too many dimensions")
        if min(dimensions) < 0 or math.prod(dimensions) != len(flat):
            return Broken("array whose dimensions do not fit")
        return flat if len(dimensions) < 2 or not len(flat) else folded(flat, dimensions)

    def moment(self) -> Moment:
        """A DateTime."""
        return Moment((min(max(self.number(I64), 0), LAST_TICKS) - TICKS_TO_1970) * 100)

    def guid(self) -> UUID:
        """A Guid."""
        at = self.skip(16)
        return UUID(bytes_le=self.body[at : at + 16])

    def xml(self) -> Named:
        """An XmlElement."""
        return Named("XmlElement", self.text())

    def node_id(self) -> str:
        """A NodeId, or an ExpandedNodeId, as text."""
        encoding = self.byte()
        namespace, identifier = self.identifier(encoding & 0x3F)
        uri = self.text() if encoding & 0x80 else None
        server = self.number(U32) if encoding & 0x40 else 0
        parts = [f"ns={namespace}" if namespace else "", identifier, f"srv={server}" if server else ""]
        return ";".join(filter(None, [*parts, f"nsu={uri}" if uri else ""]))

    def identifier(self, form: int) -> tuple[int, str]:
        """Namespace index and identifier of a NodeId (OPC 10000-6, 5.2.2.9)."""
        if form == 0:
            return 0, f"i={self.byte()}"
        if form == 1:
            return self.byte(), f"i={self.number(U16)}"
        if form > 5:
            raise Undecodable("unknown form of a NodeId", str(form))
        namespace = self.number(U16)
        if form == 2:
            return namespace, f"i={self.number(U32)}"
        if form == 3:
            return namespace, f"s={self.text()}"
        if form == 4:
            return namespace, f"g={self.guid()}"
        return namespace, "b=" + b64encode(self.bytes() or b"").decode()

    def qualified_name(self) -> Named:
        """A QualifiedName, `2:Name`."""
        namespace = self.number(U16)
        return Named("QualifiedName", f"{namespace}:{self.text()}")

    def localized_text(self) -> Named:
        """A LocalizedText: its text, without the locale."""
        mask = self.byte()
        if mask & 1:
            self.bytes()
        return Named("LocalizedText", self.text() if mask & 2 else None)

    def extension_object(self) -> Any:
        """A structure, or its bytes where its type is unknown (OPC 10000-6, 5.2.2.15)."""
        type = self.node_id()
        encoding = self.byte()
        if encoding > 2:
            raise Undecodable("unknown encoding of a structure", str(encoding))
        body = (self.bytes() or b"") if encoding else b""
        if encoding != 1:
            return None if not encoding and type == "i=0" else Raw(type, body, "structure that is not in binary")
        try:
            return self.opened(type, body, self.depth)
        except Undecodable as error:
            return Raw(type, body, error.cause)

    def data_value(self) -> Any:
        """The value of a DataValue, its status and times left out."""
        mask = self.byte()
        if mask & UNREAD:
            raise Undecodable("unknown bits in a DataValue", f"0x{mask:02x}")
        value = self.variant() if mask & 1 else None
        self.skip(tail_size(mask))
        return value

    def diagnostic_info(self) -> Named:
        """A DiagnosticInfo, which means nothing for a tag."""
        mask = self.byte()
        if mask & 0x80:
            raise Undecodable("unknown bits in a DiagnosticInfo", f"0x{mask:02x}")
        self.skip(4 * (mask & 0x0F).bit_count())
        text = self.text() if mask & 0x10 else None
        self.skip(4 if mask & 0x20 else 0)
        if mask & 0x40:
            self.value(DIAGNOSTIC_INFO)
        return Named("DiagnosticInfo", text)


READ: dict[int, Callable[[Values], Any]] = {
    STRING: Values.text,
    DATE_TIME: Values.moment,
    GUID: Values.guid,
    BYTE_STRING: Values.bytes,
    XML_ELEMENT: Values.xml,
    NODE_ID: lambda values: Named("NodeId", values.node_id()),
    EXPANDED_NODE_ID: lambda values: Named("ExpandedNodeId", values.node_id()),
    QUALIFIED_NAME: Values.qualified_name,
    LOCALIZED_TEXT: Values.localized_text,
    EXTENSION_OBJECT: Values.extension_object,
    DATA_VALUE: Values.data_value,
    VARIANT: Values.variant,
    DIAGNOSTIC_INFO: Values.diagnostic_info,
}


def numbers(kind: int, body: bytes, at: int, count: int) -> Any:
    """An array of numbers that lies there, without a copy."""
    if kind == BOOLEAN:  # any byte but 0 is true
        return np.frombuffer(body, np.uint8, count, at) != 0
    return np.frombuffer(body, NUMBERS[kind], count, at)


def folded(flat: Any, dimensions: Sequence[int]) -> Any:
    """Values in their dimensions, which fit."""
    if isinstance(flat, np.ndarray):
        return flat.reshape(dimensions)
    for size in reversed(dimensions[1:]):
        flat = [flat[i : i + size] for i in range(0, len(flat), size)]
    return flat


def tail_size(mask: int) -> int:
    """Bytes behind the value of a DataValue: status, times, picoseconds."""
    return 4 * (mask >> 1 & 1) + 8 * (mask >> 2 & 3).bit_count() + 2 * (mask >> 4 & 3).bit_count()
