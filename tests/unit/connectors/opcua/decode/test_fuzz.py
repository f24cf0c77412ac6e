"""A short run of the fuzzer; fuzz.py says how to run a long one."""

from __future__ import annotations

import struct

from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua.decode.columns import MOST_PLANS, Reading
from connectors.opcua.decode.message import publish_response, republish_response
from tests.unit.connectors.opcua.decode.fuzz import fuzz, reading
from tests.unit.connectors.opcua.decode.oracle import body_of, ours
from tests.unit.connectors.opcua.wire import data_change, publish, value
from twin.core.errors import Undecodable


def test_broken_messages_are_read_as_the_driver_reads_them_or_not_at_all() -> None:
    told = fuzz(1000, seed=7)
    assert told["read by both"] > 100
    assert told["cut"] > 100


RESPONSE = publish(3, [data_change([(0, value(1.5)), (1, value("abc"))])])


@given(st.binary(max_size=80) | st.integers(0, len(RESPONSE)).map(lambda n: RESPONSE[:n]))
def test_any_response_is_a_message_or_a_named_failure(data: bytes) -> None:
    for read in (publish_response, lambda one: republish_response(one, 1)):
        try:
            read(data)
        except (Undecodable, ua.UaStatusCodeError):
            continue


def test_a_length_of_billions_costs_nothing() -> None:
    huge = struct.pack("<i", 2**31 - 1)
    for body in (
        huge,
        huge + bytes(40),
        struct.pack("<iIBB", 1, 0, 1, 12) + huge,
        struct.pack("<iIBB", 1, 0, 1, 0x9A) + huge,
    ):
        assert len(ours(body, reading())) <= 8


def test_values_in_values_end_at_a_hundred_levels() -> None:
    deep = struct.pack("<iIB", 1, 0, 1) + bytes([24]) * 10_000
    made = ours(deep, reading())
    assert [one.cause for one in made.unheld] == ["notification: nested too deep"]


def test_plans_are_bounded() -> None:
    one = Reading([[]] * 100, ["x"] * 100)
    for handle in range(100):
        ours(body_of([(handle, value(1.0))]), one)
    assert len(one.memory.plans) == MOST_PLANS


def test_a_row_of_records_without_values_may_end_with_the_body() -> None:
    made = ours(struct.pack("<i", 40) + b"\0\0\0\0\0" * 40, reading())
    assert len(made) == 39  # of the last nothing behind its mask is there
