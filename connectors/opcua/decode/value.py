"""One value of the wire as a number or a text. Pure but for the driver's value types, which `probe` brings."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
from asyncua import ua

from connectors.opcua.decode.builtin import Broken, Moment, Named, Raw
from connectors.opcua.decode.structure import Fields
from twin.core.errors import Undecodable
from twin.core.tags import TagType

EXACT = 2**53
"""Every integer up to here is a float64; past it the exact digits go into the text column."""
TEXTS = {ua.VariantType.String, ua.VariantType.LocalizedText, ua.VariantType.QualifiedName, ua.VariantType.Guid,
         ua.VariantType.XmlElement, ua.VariantType.NodeId, ua.VariantType.ExpandedNodeId}  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Cell = tuple[float, str | None]
Pick = tuple[int | str, ...]
"""Steps into an array (an index, from 0) or a structure (a field's name)."""


def tag_type_of(kind: ua.VariantType) -> TagType:
    """How a tag is kept whose values are of this built-in type (OPC 10000-6, 5.1.2)."""
    if kind in TEXTS:
        return TagType.TEXT
    return TagType.BYTES if kind == ua.VariantType.ByteString else TagType.NUMBER


def cell_of(value: Any, pick: Pick, type: TagType) -> Cell:
    """The (value, text) that a tag of this type keeps of a wire value. Raises Undecodable when it cannot hold it.

    No value at all is (NaN, None), whatever the type.
    """
    value = picked(value, pick)
    if value is None:
        return math.nan, None
    return {TagType.NUMBER: number_cell, TagType.TEXT: text_cell, TagType.BYTES: bytes_cell}[type](value)


def picked(value: Any, pick: Pick) -> Any:
    """The element of an array, the field of a structure, or the value itself."""
    value = plain(value)
    for step in pick:
        if value is None:
            return None
        value = plain(element(value, step) if isinstance(step, int) else field(value, step))
    if isinstance(value, list | tuple | np.ndarray):
        raise Undecodable("array: the tag needs `pick`", f"{len(value)} elements")
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Fields):
        raise Undecodable("structure: the tag needs `pick`", f"{value.name} has {', '.join(value.fields)}")
    return value


def plain(value: Any) -> Any:
    """The value in a Variant or DataValue of the driver's; None for its structure of no type."""
    while isinstance(value, ua.Variant | ua.DataValue):
        value = value.Value
    is_none = isinstance(value, ua.ExtensionObject) and value.Body is None and value.TypeId.Identifier == 0
    return None if is_none else value


def element(value: Any, index: int) -> Any:
    """The element of an array."""
    if isinstance(value, Raw | Broken):
        raise Undecodable(value.cause)
    if not isinstance(value, list | tuple | np.ndarray):
        raise Undecodable("pick: not an array", repr(value)[:80])
    if index >= len(value):
        raise Undecodable("pick: array too short", f"no [{index}] in {len(value)} elements")
    return value[index]


def field(value: Any, name: str) -> Any:
    """The field of a structure."""
    if isinstance(value, Raw):
        raise Undecodable(value.cause, value.type)
    if not isinstance(value, Fields):
        raise Undecodable("pick: not a structure", repr(value)[:80])
    if name not in value.fields:
        raise Undecodable(f"pick: no field {name!r}", f"{value.name} has {', '.join(value.fields)}")
    return value.fields[name]


def number_cell(value: Any) -> Cell:
    """A number; an integer past 2**53 keeps its digits beside it. A DateTime is its ns since 1970 UTC."""
    if isinstance(value, Moment):
        value = value.ns
    elif isinstance(value, datetime):
        value = ns_of(value)
    elif isinstance(value, ua.StatusCode):
        value = value.value
    if isinstance(value, bool | float):
        return float(value), None
    if isinstance(value, int):
        return float(value), None if -EXACT <= value <= EXACT else str(int(value))
    raise unfit(value, "a number is")


def text_cell(value: Any) -> Cell:
    """A text; a number becomes text only because the plant file asks for `type: text`."""
    if isinstance(value, Named) and value.kind != "DiagnosticInfo":
        return math.nan, utf8(value.text)
    if isinstance(value, ua.LocalizedText):
        return math.nan, utf8(value.Text)
    if isinstance(value, ua.XmlElement):
        return math.nan, utf8(value.Value)
    if isinstance(value, ua.StatusCode):
        return math.nan, str(value.value)
    if isinstance(value, ua.QualifiedName | ua.NodeId):
        return math.nan, utf8(value.to_string())
    if isinstance(value, str | bool | int | float | UUID):
        return math.nan, utf8(str(value))
    raise unfit(value, "a text is")


def bytes_cell(value: Any) -> Cell:
    """Bytes as hex, those of a structure that is not understood among them."""
    if isinstance(value, Raw):
        value = value.body
    elif isinstance(value, ua.ExtensionObject):
        value = value.Body or b""
    if isinstance(value, bytes):
        return math.nan, value.hex()
    raise unfit(value, "bytes are")


def unfit(value: Any, expected: str) -> Undecodable:
    """Why a value is not what its tag keeps."""
    if isinstance(value, Raw | Broken):
        return Undecodable(value.cause)
    name = value.kind if isinstance(value, Named) else type(value).__name__
    return Undecodable(f"{name} where {expected} expected", repr(value)[:80])


def utf8(text: str | None) -> str | None:
    """The text. Raises Undecodable where its bytes were no UTF-8: neither store nor page could hold it."""
    if text is None or text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Undecodable("not UTF-8", repr(text)[:80]) from None
    return text


def ns_of(moment: datetime) -> int:
    """Exact ns since 1970 UTC (the driver gives UTC to the microsecond)."""
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
