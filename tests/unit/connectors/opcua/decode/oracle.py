"""The driver's own decoder beside ours, and what may lie on a wire."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua import ua_binary
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary
from hypothesis import strategies as st

from connectors.opcua.decode.aim import Target
from connectors.opcua.decode.columns import Reading, add_data_changes, add_value
from connectors.opcua.decode.rows import Rows, joined
from tests.unit.connectors.opcua.wire import data_change
from twin.core.tags import TagType

V = ua.VariantType
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ARRIVAL = 1_900_000_000_000_000_000
WHOLE = {
    V.SByte: (-(2**7), 2**7 - 1),
    V.Byte: (0, 2**8 - 1),
    V.Int16: (-(2**15), 2**15 - 1),
    V.UInt16: (0, 2**16 - 1),
    V.Int32: (-(2**31), 2**31 - 1),
    V.UInt32: (0, 2**32 - 1),
    V.Int64: (-(2**63), 2**63 - 1),
    V.UInt64: (0, 2**64 - 1),
}
TIMES = st.integers(-(10**16), 10**17).map(
    lambda micros: EPOCH + timedelta(microseconds=micros % (2 * 10**17) - 10**16)
)
WORDS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NODE_IDS = st.one_of(
    st.builds(ua.NodeId, st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1)),
    st.builds(ua.NodeId, st.text("ab;=", min_size=1, max_size=5), st.integers(0, 2**16 - 1)),
    st.builds(ua.NodeId, st.uuids(), st.integers(0, 2**16 - 1)),
    st.builds(ua.NodeId, st.binary(min_size=1, max_size=5), st.integers(0, 2**16 - 1)),
)
SCALARS: dict[ua.VariantType, st.SearchStrategy[Any]] = {
    **{kind: st.integers(*bounds) for kind, bounds in WHOLE.items()},
    V.Boolean: st.booleans(),
    V.Float: st.floats(width=32),
    V.Double: st.floats(),
    V.String: WORDS,
    V.DateTime: TIMES,
    V.Guid: st.uuids(),
    V.ByteString: st.none() | st.binary(max_size=12),
    V.XmlElement: st.builds(ua.XmlElement, WORDS),
    V.NodeId: NODE_IDS,
    V.ExpandedNodeId: NODE_IDS,
    V.StatusCode: st.integers(0, 2**32 - 1).map(ua.StatusCode),
    V.QualifiedName: st.builds(ua.QualifiedName, WORDS, st.integers(0, 2**15 - 1)),
    V.LocalizedText: st.builds(ua.LocalizedText, WORDS, WORDS),
    V.ExtensionObject: st.builds(
        ua.ExtensionObject, st.just(ua.NodeId("Strange", 7)), st.binary(min_size=1, max_size=9)
    ),
}


@st.composite
def variants(draw: st.DrawFn, deep: int = 1) -> ua.Variant:
    """A value of any type: one, an array, an array of arrays, nothing, a Variant of Variants."""
    kind = draw(st.sampled_from([*SCALARS, V.Null, V.Variant]))
    if kind is V.Null:
        return ua.Variant()
    if kind is V.Variant:
        if not deep:
            return ua.Variant()
        return ua.Variant(draw(st.lists(variants(deep - 1), max_size=3)), V.Variant, is_array=True)
    form = draw(st.sampled_from(["one", "one", "one", "array", "matrix"]))
    if form == "one":
        return ua.Variant(draw(SCALARS[kind]), kind)
    if form == "array":
        return ua.Variant(draw(st.lists(SCALARS[kind], max_size=4)), kind, is_array=True)
    flat = draw(st.lists(SCALARS[kind], min_size=6, max_size=6))
    return ua.Variant([flat[:3], flat[3:]], kind, [2, 3], is_array=True)


STATUSES = st.none() | st.sampled_from([0, 0, 0, 0x80000000, 0x40900000, 0x480, 0x808C0480]).map(ua.StatusCode)
VALUES = st.builds(
    ua.DataValue,
    Value=variants(),
    StatusCode=STATUSES,
    SourceTimestamp=st.none() | TIMES,
    ServerTimestamp=st.none() | TIMES,
)
PICKS = [(), (), (), (0,), (1,), (1, 2), (0, 0)]
TARGETS = st.lists(
    st.builds(lambda type, pick: (type, pick), st.sampled_from(list(TagType)), st.sampled_from(PICKS)), max_size=3
)


def aimed(wanted: list[list[tuple[TagType, tuple[int, ...]]]]) -> list[list[Target]]:
    """Targets with a tag of its own each."""
    numbers = iter(range(1000))
    return [[Target(next(numbers), type, pick) for type, pick in of_one] for of_one in wanted]


def body_of(values: list[tuple[int, ua.DataValue]]) -> bytes:
    """A data change as bytes."""
    return struct_to_binary(data_change(values))


Row = tuple[int, int, str, int, str | None]


def listed(rows: Rows) -> list[Row]:
    """Rows as they came, to compare: times to the microsecond, as the driver keeps them; NaN as text."""
    rows.flush()
    if not rows.pieces:
        return []
    came = joined(rows.pieces)
    texts = [None] * len(came.tag) if came.text is None else came.text.tolist()
    columns = came.tag.tolist(), came.time.tolist(), came.value.tolist(), came.status.tolist(), texts
    return [
        (tag, time // 1000, "nan" if math.isnan(value) else repr(value), status, text)
        for tag, time, value, status, text in zip(*columns, strict=True)
    ]


def ours(body: bytes, reading: Reading) -> Rows:
    """The rows that our decoder makes of a body."""
    rows = Rows(arrival=ARRIVAL)
    add_data_changes(rows, body, reading, ARRIVAL)
    return rows


def theirs(body: bytes, reading: Reading) -> Rows:
    """The rows that the driver's decoder makes of a body. It raises anything for one that is broken.

    It takes picoseconds for the last fields of a value, where the standard has the source's before the server's time.
    """
    rows = Rows(arrival=ARRIVAL)
    buffer = Buffer(body)
    with strict_lengths():
        for item in struct_from_binary(ua.DataChangeNotification, buffer).MonitoredItems:
            if item.Value.SourcePicoseconds is not None:
                raise NotImplementedError("picoseconds")
            add_value(rows, item.ClientHandle, item.Value, reading, ARRIVAL)
    return rows


@contextmanager
def strict_lengths() -> Iterator[None]:
    """The driver goes back for a length below -1, and counts to billions for an array of nothing; here it raises."""
    read, unpack = Buffer.read, ua_binary.unpack_uatype_array

    def checked(self: Buffer, size: int) -> bytes:
        if size < 0:
            raise ValueError("negative length")
        return read(self, size)

    def of_something(kind: ua.VariantType, data: Buffer) -> list[Any] | None:
        if kind is V.Null:
            raise ValueError("array of nothing")
        return unpack(kind, data)

    Buffer.read, ua_binary.unpack_uatype_array = checked, of_something
    try:
        yield
    finally:
        Buffer.read, ua_binary.unpack_uatype_array = read, unpack
