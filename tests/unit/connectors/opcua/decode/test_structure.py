"""Structures as their description says: optional fields, unions, arrays, structures in structures, and no trust."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary
from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua.decode.aim import Target
from connectors.opcua.decode.builtin import Broken, Raw, Values
from connectors.opcua.decode.columns import Reading
from connectors.opcua.decode.structure import Field, Fields, Kind, Structure, Structures
from connectors.opcua.decode.value import picked
from tests.unit.connectors.opcua.decode.oracle import body_of, listed, ours
from tests.unit.connectors.opcua.wire import value
from twin.core.errors import Undecodable
from twin.core.tags import TagType

BOOL, INT16, INT32, UINT32, FLOAT, DOUBLE, STRING = 1, 4, 6, 7, 10, 11, 12
AXIS = Structure("Axis", (Field("rAct", FLOAT), Field("sName", STRING), Field("eState", INT32)))
ZONE = Structure("Zone", (Field("aAxes", "ns=2;i=1", 1), Field("aRaw", INT16, 1), Field("mGrid", DOUBLE, 2)))
MAYBE = Structure(
    "Maybe", (Field("a", DOUBLE), Field("b", DOUBLE, 0, True), Field("c", STRING, 0, True)), Kind.OPTIONAL
)
EITHER = Structure("Either", (Field("n", INT32), Field("t", STRING)), Kind.UNION)
NOTHING = Structure("Nothing", ())
HEAP = Structure("Heap", (Field("a", "ns=2;i=5", 1),))
RING = Structure("Ring", (Field("next", "ns=2;i=7"),))
TYPES = (AXIS, ZONE, MAYBE, EITHER, NOTHING, HEAP, RING)
KNOWN = Structures(
    {f"ns=2;i={n}": one for n, one in enumerate(TYPES, start=1)},
    {f"ns=2;i={n + 100}": f"ns=2;i={n}" for n in range(1, 8)},
)


def text(given: str) -> bytes:
    return struct.pack("<i", len(given.encode())) + given.encode()


def axis(act: float, name: str, state: int) -> bytes:
    return struct.pack("<f", act) + text(name) + struct.pack("<i", state)


def many(*parts: bytes) -> bytes:
    return struct.pack("<i", len(parts)) + b"".join(parts)


def opened(number: int, body: bytes) -> Fields:
    return KNOWN.opened(f"ns=2;i={number + 100}", body)


def test_arrays_of_structures_of_numbers_and_of_several_dimensions() -> None:
    grid = struct.pack("<iii", 2, 2, 3) + struct.pack("<6d", *range(6))
    zone = opened(2, many(axis(1.5, "x", 1), axis(2.5, "ř", 2)) + many(*(struct.pack("<h", n) for n in (7, -8))) + grid)
    assert picked(zone, ("aAxes", 1, "rAct")) == 2.5
    assert picked(zone, ("aAxes", 1, "sName")) == "ř"
    assert picked(zone, ("aAxes", 0, "eState")) == 1
    assert picked(zone, ("aRaw", 1)) == -8
    assert picked(zone, ("mGrid", 1, 2)) == 5.0


@pytest.mark.parametrize(("mask", "b", "c"), [(0, None, None), (1, 2.0, None), (2, None, "x"), (3, 2.0, "x")])
def test_optional_fields_that_are_not_there_are_no_value(mask: int, b: float | None, c: str | None) -> None:
    body = (
        struct.pack("<Id", mask, 1.0) + (struct.pack("<d", 2.0) if mask & 1 else b"") + (text("x") if mask & 2 else b"")
    )
    assert opened(3, body).fields == {"a": 1.0, "b": b, "c": c}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (struct.pack("<I", 0), {"n": None, "t": None}),
        (struct.pack("<Ii", 1, 5), {"n": 5, "t": None}),
        (struct.pack("<I", 2) + text("y"), {"n": None, "t": "y"}),
    ],
)
def test_a_union_has_the_one_field_that_is_there(body: bytes, fields: dict[str, Any]) -> None:
    assert opened(4, body).fields == fields


@pytest.mark.parametrize(
    ("number", "body", "cause"),
    [
        (1, axis(1.0, "x", 1)[:-1], "cut off"),
        (1, axis(1.0, "x", 1) + b"!", "structure longer than its type"),
        (4, struct.pack("<I", 3), "union with an unknown field"),
        (6, struct.pack("<i", 2**31 - 1), "array of nothing"),
        (2, struct.pack("<i", 2**31 - 1), "cut off"),
        (2, many() + many() + struct.pack("<iii", 2, 2**20, 2**20), "cut off"),
        (7, b"", "nested too deep"),
        (8, b"", "structure of an unknown type"),
    ],
)
def test_what_does_not_fit_is_no_value(number: int, body: bytes, cause: str) -> None:
    with pytest.raises(Undecodable) as caught:
        opened(number, body)
    assert caught.value.cause == cause


@given(st.integers(1, 7), st.binary(max_size=60))
def test_any_bytes_are_fields_or_a_named_failure(number: int, body: bytes) -> None:
    try:
        made = opened(number, body)
    except Undecodable:
        return
    assert list(made.fields) == [one.name for one in TYPES[number - 1].fields]


def extension(number: int, body: bytes) -> ua.ExtensionObject:
    return ua.ExtensionObject(ua.NodeId(number + 100, 2), body)


def test_fields_become_rows_and_one_unknown_structure_stops_nobody() -> None:
    axes = [extension(1, axis(1.5, "x", 1)), extension(1, axis(2.5, "y", 2))]
    number, words, raw = TagType.NUMBER, TagType.TEXT, TagType.BYTES
    targets = [
        [Target(0, number, (1, "rAct")), Target(1, words, (1, "sName")), Target(2, number, (0, "none"))],
        [Target(3, number, ("rAct",)), Target(4, raw)],
        [Target(5, number)],
    ]
    values = [
        value(axes, ua.VariantType.ExtensionObject),
        value(extension(99, b"\1\2"), ua.VariantType.ExtensionObject),
    ]
    body = body_of(list(enumerate([*values, value(7.0)])))
    made = ours(body, Reading(targets, ["axes", "strange", "plain"], structures=KNOWN))
    assert [(tag, number, text) for tag, _, number, _, text in listed(made)] == [
        (0, "2.5", None),
        (1, "nan", "y"),
        (4, "nan", "0102"),
        (5, "7.0", None),
    ]
    assert [one.cause for one in made.unheld] == ["pick: no field 'none'", "structure of an unknown type"]


def test_a_pick_tells_its_type_before_any_value_comes() -> None:
    assert KNOWN.field_at("ns=2;i=2", ("aAxes", 0, "sName")) == STRING
    assert KNOWN.field_at("ns=2;i=2", ("aAxes", 0)) == "ns=2;i=1"
    with pytest.raises(Undecodable, match="Axis has rAct, sName, eState"):
        KNOWN.field_at("ns=2;i=1", (0, "rActual"))


def test_a_structure_that_is_not_in_binary_stays_bytes() -> None:
    strange = struct_to_binary(data := ua.DataValue(ua.Variant(extension(1, b"<a/>"), ua.VariantType.ExtensionObject)))
    assert data.Value is not None
    assert isinstance(KNOWN.types["ns=2;i=1"], Structure)
    xml = strange.replace(b"\x01\x04\x00\x00\x00<a/>", b"\x02\x04\x00\x00\x00<a/>")
    made = ours(struct.pack("<iI", 1, 0) + xml + struct.pack("<i", 0), Reading([[Target(0, TagType.NUMBER)]], ["x"]))
    assert [one.cause for one in made.unheld] == ["structure that is not in binary"]
    assert Raw("ns=2;i=101", b"<a/>", "").body == b"<a/>"


@pytest.mark.parametrize("kind", [INT32, STRING])
def test_an_array_of_absurdly_many_dimensions_is_no_value(kind: int) -> None:
    sizes = many(*[struct.pack("<i", n) for n in (20_000, *[1] * 20_000)])
    element = struct.pack("<i", -1)
    variant = Values(bytes([0xC0 | kind]) + many(*[element] * 20_000) + sizes).variant()
    assert variant == Broken("array of too many dimensions")
    grid = Structures({"i=1": Structure("Grid", (Field("m", kind, 2),))}, {"i=2": "i=1"})
    with pytest.raises(Undecodable, match="too many dimensions"):
        grid.opened("i=2", sizes + element * 20_000)


def test_structures_that_unfold_without_end_out_of_no_bytes_are_not_unfolded() -> None:
    fans = {f"i={n}": Structure(f"Fan{n}", (Field("a", f"i={n + 1}"), Field("b", f"i={n + 1}"))) for n in range(60)}
    fan = Structures(
        fans | {"i=60": NOTHING, "i=61": Structure("Fans", (Field("f", "i=0", 1),))}, {"i=70": "i=0", "i=71": "i=61"}
    )
    assert fan.opened("i=70", b"").fields["a"] == Fields("Fan1", {})
    with pytest.raises(Undecodable, match="array of nothing"):
        fan.opened("i=71", struct.pack("<i", 9))
    knot = Structures({"i=1": Structure("Knot", (Field("a", "i=1"), Field("b", "i=1", 1)))}, {"i=2": "i=1"})
    with pytest.raises(Undecodable, match="nested too deep"):
        knot.opened("i=2", b"")
