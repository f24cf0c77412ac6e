"""One value of the wire as a number or a text. Pure but for the driver's value types."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from asyncua import ua

from twin.core.errors import Undecodable
from twin.core.tags import TagType

EXACT = 2**53
"""Every integer up to here is a float64; past it the exact digits go into the text column."""
TEXTS = {ua.VariantType.String, ua.VariantType.LocalizedText, ua.VariantType.QualifiedName, ua.VariantType.Guid,
         ua.VariantType.XmlElement, ua.VariantType.NodeId, ua.VariantType.ExpandedNodeId}  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Cell = tuple[float, str | None]


def tag_type_of(kind: ua.VariantType) -> TagType:
    """How a tag is kept whose values are of this built-in type (OPC 10000-6, 5.1.2)."""
    if kind in TEXTS:
        return TagType.TEXT
    return TagType.BYTES if kind == ua.VariantType.ByteString else TagType.NUMBER


def cell_of(value: Any, pick: tuple[int, ...], type: TagType) -> Cell:
    """The (value, text) that a tag of this type keeps of a wire value. Raises Undecodable when it cannot hold it.

    pick: indices into an array, from 0. No value at all is (NaN, None), whatever the type.
    """
    value = picked(value, pick)
    if value is None:
        return math.nan, None
    return {TagType.NUMBER: number_cell, TagType.TEXT: text_cell, TagType.BYTES: bytes_cell}[type](value)


def picked(value: Any, pick: tuple[int, ...]) -> Any:
    """The element of an array, or the value itself."""
    for index in pick:
        if not isinstance(value, list | tuple):
            raise Undecodable("pick: not an array", repr(value)[:80])
        if index >= len(value):
            raise Undecodable("pick: array too short", f"no [{index}] in {len(value)} elements")
        value = value[index]
    if isinstance(value, list | tuple):
        raise Undecodable("array: the tag needs `pick`", f"{len(value)} elements")
    return value


def number_cell(value: Any) -> Cell:
    """A number; an integer past 2**53 keeps its digits beside it. A DateTime is its ns since 1970 UTC."""
    if isinstance(value, datetime):
        value = ns_of(value)
    elif isinstance(value, ua.StatusCode):
        value = value.value
    if isinstance(value, bool | float):
        return float(value), None
    if isinstance(value, int):
        return float(value), None if -EXACT <= value <= EXACT else str(int(value))
    raise Undecodable(f"{type(value).__name__} where a number is expected", repr(value)[:80])


def text_cell(value: Any) -> Cell:
    """A text; a number becomes text only because the plant file asks for `type: text`."""
    if isinstance(value, ua.LocalizedText):
        return math.nan, value.Text
    if isinstance(value, ua.XmlElement):
        return math.nan, value.Value
    if isinstance(value, ua.QualifiedName | ua.NodeId):
        return math.nan, value.to_string()
    if isinstance(value, str | bool | int | float | UUID):
        return math.nan, str(value)
    raise Undecodable(f"{type(value).__name__} where a text is expected", repr(value)[:80])


def bytes_cell(value: Any) -> Cell:
    """Bytes as hex."""
    if isinstance(value, bytes):
        return math.nan, value.hex()
    raise Undecodable(f"{type(value).__name__} where bytes are expected", repr(value)[:80])


def ns_of(moment: datetime) -> int:
    """Exact ns since 1970 UTC (the driver gives UTC to the microsecond)."""
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
