"""A publish response becomes columns: every type, status, time rule, and no crash over any bytes."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest
from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua.decode.aim import Target
from connectors.opcua.decode.columns import Reading, add_data_changes, time_of
from connectors.opcua.decode.message import after, ahead, publish_response, rows_of, status_change
from connectors.opcua.decode.rows import Rows
from tests.unit.connectors.opcua.wire import data_change, publish, value
from twin.core.batch import texts
from twin.core.errors import Undecodable
from twin.core.instant import from_text
from twin.core.tags import TagType

ARRIVAL = from_text("2026-11-22T12:00:00Z")
SOURCE = datetime(2026, 11, 22, 11, 59, 58, 123456, tzinfo=UTC)
SERVER = datetime(2026, 11, 22, 11, 59, 59, tzinfo=UTC)
V = ua.VariantType


def rows(*values: tuple[int, ua.DataValue], targets: list[list[Target]] | None = None, rule: str = "source") -> Rows:
    aimed = targets or [[Target(handle, TagType.NUMBER)] for handle in range(8)]
    reading = Reading(aimed, [f"node{i}" for i in range(len(aimed))], rule)
    return rows_of(publish_response(publish(1, [data_change(values)])), reading, ARRIVAL)


@pytest.mark.parametrize(
    ("given_value", "type", "number", "text"),
    [
        (value(1.5, V.Double), "number", 1.5, None),
        (value(1.5, V.Float), "number", 1.5, None),
        (value(-7, V.SByte), "number", -7.0, None),
        (value(65535, V.UInt16), "number", 65535.0, None),
        (value(True, V.Boolean), "number", 1.0, None),
        (value(False, V.Boolean), "number", 0.0, None),
        (value(2**53, V.Int64), "number", 2.0**53, None),
        (value(2**53 + 1, V.Int64), "number", 2.0**53, "9007199254740993"),
        (value(2**64 - 1, V.UInt64), "number", 2.0**64, "18446744073709551615"),
        (value(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), V.DateTime), "number", 1e9, None),
        (value(SERVER, V.DateTime), "number", 1795348799e9, "1795348799000000000"),
        (value("kolo č. 5", V.String), "text", math.nan, "kolo č. 5"),
        (value(None, V.String), "text", math.nan, None),
        (value(ua.LocalizedText("Läuft"), V.LocalizedText), "text", math.nan, "Läuft"),
        (value(ua.QualifiedName("n", 2), V.QualifiedName), "text", math.nan, "2:n"),
        (value(UUID(int=5), V.Guid), "text", math.nan, "00000000-0000-0000-0000-000000000005"),
        (value(12, V.Int32), "text", math.nan, "12"),
        (value(b"\x00\xfe", V.ByteString), "bytes", math.nan, "00fe"),
        (value(math.inf, V.Double), "number", math.inf, None),
        (value(ua.StatusCode(0x80340000), V.StatusCode), "number", float(0x80340000), None),
    ],
)
def test_value_of_each_type(given_value: ua.DataValue, type: str, number: float, text: str | None) -> None:
    made = rows((0, given_value), targets=[[Target(3, TagType(type))]])
    batch = made.batch("c")
    assert batch is not None
    np.testing.assert_array_equal(batch.value, [number])
    assert texts(batch) == [text]
    assert batch.tag.tolist() == [3]
    assert made.unheld == []


@pytest.mark.parametrize("status", [0x80000000, 0x808C0000, 0x80000480, 0xC0000000])
def test_bad_has_no_value_and_keeps_its_code(status: int) -> None:
    batch = rows((0, value(5.0, V.Double, status)), (1, value("x", V.String, status))).batch("c")
    assert batch is not None
    assert np.isnan(batch.value).all()
    assert batch.status.tolist() == [status, status]
    assert batch.text is None


@pytest.mark.parametrize("status", [0, 0x40000000, 0x40920000, 0x00960000, 0x00000480])
def test_good_and_uncertain_keep_value_and_code(status: int) -> None:
    made = rows((0, value(5.0, V.Double, status)))
    batch = made.batch("c")
    assert batch is not None
    assert (batch.value[0], batch.status[0]) == (5.0, status)
    assert made.overflow == (status == 0x480)


@pytest.mark.parametrize(
    ("rule", "source", "server", "meant"),
    [
        ("source", SOURCE, SERVER, "2026-11-22T11:59:58.123456Z"),
        ("source", None, SERVER, "2026-11-22T11:59:59Z"),
        ("source", None, None, "2026-11-22T12:00:00Z"),
        ("source", datetime(1601, 1, 1, tzinfo=UTC), SERVER, "2026-11-22T11:59:59Z"),
        ("source", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), None, "2026-11-22T12:00:00Z"),
        ("source", datetime(2200, 1, 1, tzinfo=UTC), SERVER, "2026-11-22T11:59:59Z"),
        ("server", SOURCE, SERVER, "2026-11-22T11:59:59Z"),
        ("server", SOURCE, None, "2026-11-22T12:00:00Z"),
        ("arrival", SOURCE, SERVER, "2026-11-22T12:00:00Z"),
    ],
)
def test_time_by_rule(rule: str, source: datetime | None, server: datetime | None, meant: str) -> None:
    assert time_of(value(1.0, source=source, server=server), rule, ARRIVAL) == from_text(meant)


def test_one_array_feeds_several_tags_and_a_wrong_pick_stops_none() -> None:
    targets = [[Target(0, TagType.NUMBER, (0,)), Target(1, TagType.NUMBER, (9,)), Target(2, TagType.NUMBER, (2,))]]
    made = rows((0, value([1.0, 2.0, 3.0], V.Double)), targets=targets)
    batch = made.batch("c")
    assert batch is not None
    assert dict(zip(batch.tag.tolist(), batch.value.tolist(), strict=True)) == {0: 1.0, 2: 3.0}
    assert [(u.cause, u.place) for u in made.unheld] == [("pick: array too short", "node0")]


@pytest.mark.parametrize(
    ("given_value", "cause"),
    [
        (value("x", V.String), "str where a number is expected"),
        (value([1.0], V.Double), "array: the tag needs `pick`"),
        (value(b"x", V.ByteString), "bytes where a number is expected"),
        (value(ua.EUInformation(), V.ExtensionObject), "structure of an unknown type"),
    ],
)
def test_what_a_number_tag_cannot_hold(given_value: ua.DataValue, cause: str) -> None:
    made = rows((0, given_value), (1, value(2.0, V.Double)))
    batch = made.batch("c")
    assert batch is not None
    assert batch.tag.tolist() == [1]
    assert [u.cause for u in made.unheld] == [cause]


def test_a_structure_of_unknown_type_does_not_stop_its_neighbours() -> None:
    strange = ua.ExtensionObject(ua.NodeId("MyType", 4), b"\x01\x02\x03")
    made = rows((0, value(strange, V.ExtensionObject)), (1, value(2.0, V.Double)))
    batch = made.batch("c")
    assert batch is not None
    assert batch.tag.tolist() == [1]
    assert len(made.unheld) == 1


def test_repeats_of_one_instant_stay_apart() -> None:
    made = rows(*((0, value(float(n), V.Double, source=SOURCE)) for n in range(3)))
    batch = made.batch("c")
    assert batch is not None
    assert (batch.time - batch.time[0]).tolist() == [0, 1, 2]


def test_a_handle_that_was_never_given_is_a_dead_letter() -> None:
    made = rows((99, value(1.0)))
    assert made.batch("c") is None
    assert [u.cause for u in made.unheld] == ["unknown client handle"]


def test_targets_found_later_are_served_from_then_on() -> None:
    targets: list[list[Target]] = [[], [Target(1, TagType.NUMBER)]]
    version = [0]
    reading = Reading(targets, ["late", "there"], version=lambda: version[0])
    message = publish_response(publish(1, [data_change([(0, value(1.0)), (1, value(2.0))])]))
    assert len(rows_of(message, reading, ARRIVAL)) == 1
    targets[0][:] = [Target(0, TagType.NUMBER)]
    version[0] += 1
    batch = rows_of(message, reading, ARRIVAL).batch("c")
    assert batch is not None
    assert batch.tag.tolist() == [0, 1]


def test_a_status_change_is_seen_beside_data() -> None:
    ended = ua.StatusChangeNotification(Status=ua.StatusCode(0x800A0000))
    message = publish_response(publish(5, [data_change([(0, value(1.0))]), ended]))
    assert status_change(message) == 0x800A0000
    assert message.sequence == 5
    assert status_change(publish_response(publish(5))) is None


BODY = publish(1, [data_change([(0, value(1.5, V.Double, source=SOURCE)), (1, value("abc", V.String))])])


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_a_flipped_byte_ends_in_rows_or_a_named_failure(position: int, flip: int) -> None:
    broken = bytearray(BODY)
    broken[position] ^= flip
    reading = Reading([[Target(0, TagType.NUMBER)], [Target(1, TagType.TEXT)]], ["a", "b"])
    try:
        message = publish_response(bytes(broken))
    except (Undecodable, ua.UaStatusCodeError):
        return
    made = rows_of(message, reading, ARRIVAL)
    assert len(made) <= 2


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_unheld(body: bytes) -> None:
    made = Rows()
    add_data_changes(made, body, Reading([[Target(0, TagType.NUMBER)]], ["a"]), ARRIVAL)
    assert len(made) * 5 <= len(body)


@pytest.mark.parametrize(
    ("sequence", "expected", "lead"), [(5, 5, 0), (7, 5, 2), (4, 5, -1), (1, 2**32 - 1, 2), (2**32 - 1, 1, -2)]
)
def test_lead_of_a_sequence_number(sequence: int, expected: int, lead: int) -> None:
    assert ahead(sequence, expected) == lead


def test_sequence_numbers_wrap_to_one() -> None:
    assert (after(5), after(2**32 - 1)) == (6, 1)
