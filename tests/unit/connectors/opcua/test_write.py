"""A value in the node's own type, or none at all."""

from __future__ import annotations

import struct

import pytest
from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua.write import INTEGERS, agrees, fitting
from twin.core.errors import Misconfigured


@pytest.mark.parametrize("kind", INTEGERS, ids=lambda kind: kind.name)
@given(value=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70).map(float))
def test_integer_takes_what_it_can_hold_exactly_and_nothing_else(kind: ua.VariantType, value: float) -> None:
    low, high = INTEGERS[kind]
    if value == int(value) and low <= int(value) <= high:
        assert fitting(value, kind, "node", False).Value == value
        return
    with pytest.raises(Misconfigured, match="node takes"):
        fitting(value, kind, "node", False)


@given(value=st.floats(-32768.4, 32767.4))
def test_scaled_value_takes_the_nearest_number(value: float) -> None:
    assert abs(fitting(value, ua.VariantType.Int16, "node", True).Value - value) <= 0.5


@given(value=st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float_that_came_back_agrees_with_what_was_sent(value: float) -> None:
    sent = fitting(value * 1.00000001, ua.VariantType.Float, "node", False) if abs(value) < 1e30 else None
    if sent is not None:
        [back] = struct.unpack("<f", struct.pack("<f", sent.Value))
        assert agrees(sent, ua.DataValue(ua.Variant(back, ua.VariantType.Float)))


@pytest.mark.parametrize("kind", [ua.VariantType.DateTime, ua.VariantType.ByteString, ua.VariantType.Guid])
def test_type_that_no_number_is(kind: ua.VariantType) -> None:
    with pytest.raises(Misconfigured, match="cannot be written to it"):
        fitting(1.0, kind, "node", False)
