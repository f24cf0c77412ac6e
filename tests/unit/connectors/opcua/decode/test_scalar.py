"""The quick reading of plain numbers against the driver's own decoder."""

from __future__ import annotations

import math
import struct
from datetime import UTC, datetime, timedelta

import pytest
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary
from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua.decode.scalar import scalar_at
from connectors.opcua.decode.value import ns_of

WHOLE = {
    ua.VariantType.SByte: (-(2**7), 2**7 - 1),
    ua.VariantType.Byte: (0, 2**8 - 1),
    ua.VariantType.Int16: (-(2**15), 2**15 - 1),
    ua.VariantType.UInt16: (0, 2**16 - 1),
    ua.VariantType.Int32: (-(2**31), 2**31 - 1),
    ua.VariantType.UInt32: (0, 2**32 - 1),
    ua.VariantType.Int64: (-(2**53), 2**53),
    ua.VariantType.UInt64: (0, 2**53),
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = st.none() | st.integers(1, 4 * 10**15).map(lambda micros: EPOCH + timedelta(microseconds=micros))


@st.composite
def a_variant(draw: st.DrawFn) -> ua.Variant:
    kind = draw(st.sampled_from([*WHOLE, ua.VariantType.Boolean, ua.VariantType.Float, ua.VariantType.Double]))
    if kind in WHOLE:
        return ua.Variant(draw(st.integers(*WHOLE[kind])), kind)
    if kind is ua.VariantType.Boolean:
        return ua.Variant(draw(st.booleans()), kind)
    return ua.Variant(draw(st.floats(width=32 if kind is ua.VariantType.Float else 64)), kind)


VALUES = st.builds(
    ua.DataValue,
    Value=a_variant(),
    StatusCode=st.none() | st.sampled_from([0, 0x80000000, 0x40900000, 0x480]).map(ua.StatusCode),
    SourceTimestamp=TIMES,
    ServerTimestamp=TIMES,
)


def instant(moment: datetime | None) -> int | None:
    return None if moment is None else ns_of(moment)


def on_the_wire(handle: int, value: ua.DataValue) -> bytes:
    return struct.pack("<I", handle) + struct_to_binary(value)


@given(st.integers(0, 2**32 - 1), VALUES, st.binary(max_size=8))
def test_a_plain_number_reads_as_the_driver_reads_it(handle: int, value: ua.DataValue, behind: bytes) -> None:
    body = on_the_wire(handle, value)
    found = scalar_at(b"xyz" + body + behind, 3)
    read = struct_from_binary(ua.DataValue, Buffer(body[4:]))
    assert found is not None
    assert (found.handle, found.size) == (handle, len(body))
    assert found.value == float(read.Value.Value) or (math.isnan(found.value) and math.isnan(read.Value.Value))
    assert found.status == (0 if read.StatusCode is None else read.StatusCode.value)
    assert found.source == instant(read.SourceTimestamp)
    assert found.server == instant(read.ServerTimestamp)


@pytest.mark.parametrize(
    "value",
    [
        ua.Variant("text", ua.VariantType.String),
        ua.Variant([1.0, 2.0], ua.VariantType.Double),
        ua.Variant(2**53 + 1, ua.VariantType.UInt64),
        ua.Variant(),
    ],
)
def test_everything_else_is_left_to_the_driver(value: ua.Variant) -> None:
    assert scalar_at(on_the_wire(1, ua.DataValue(value)), 0) is None


@given(VALUES, st.data())
def test_a_cut_body_is_never_read_past_its_end(value: ua.DataValue, data: st.DataObject) -> None:
    body = on_the_wire(7, value)
    cut = data.draw(st.integers(0, len(body) - 1))
    assert scalar_at(body[:cut], 0) is None
