"""Structures of a server's own types: read by their definitions, each picked field under a tag of its own."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from asyncua import Server, ua
from asyncua.common.structures104 import new_enum, new_struct, new_struct_field

from tests.wire.opcua.plant import URI, Plc, setup, until
from twin.core.tags import TagType


async def zones(server: Server) -> None:
    """Two zones in an array, each with an axis in it, an enumeration, an optional field; and one of a strange type."""
    index = await server.get_namespace_index(URI)
    state = await new_enum(server, index, "State", ["off", "on", "broken"])
    axis, _ = await new_struct(
        server,
        index,
        "Axis",
        [new_struct_field("rAct", ua.VariantType.Float), new_struct_field("sName", ua.VariantType.String)],
    )
    zone, [encoding] = await new_struct(
        server,
        index,
        "Zone",
        [
            new_struct_field("axis", axis),
            new_struct_field("eState", state),
            new_struct_field("aRaw", ua.VariantType.Int16, array=True),
            new_struct_field("limit", ua.VariantType.Double, optional=True),
        ],
    )
    bodies = [
        struct.pack("<Ifi4siihh", 0, 1.5, 4, b"left", 1, 2, 1, 2),
        struct.pack("<Ifi5siihhd", 1, 2.5, 5, b"right", 2, 2, 3, 4, 80.0),
    ]
    made = [ua.ExtensionObject(encoding.nodeid, ua.ByteString(body)) for body in bodies]
    line = await server.nodes.objects.get_child([f"{index}:Line"])
    kind = ua.VariantType.ExtensionObject
    await line.add_variable(ua.NodeId("Line.zone", index), "zone", ua.Variant(made, kind), datatype=zone.nodeid)
    strange = await server.nodes.base_structure_type.add_data_type(index, "Strange")
    value = ua.Variant(ua.ExtensionObject(ua.NodeId("Strange", index), b"\x01\x02"), kind)
    await line.add_variable(ua.NodeId("Line.strange", index), "strange", value, datatype=strange.nodeid)


TAGS: dict[str, Any] = {
    "act": {"node": "Line.zone", "pick": "[1].axis.rAct"},
    "name": {"node": "Line.zone", "pick": "[0].axis.sName"},
    "state": {"node": "Line.zone", "pick": "[1].eState"},
    "raw": {"node": "Line.zone", "pick": "[1].aRaw[0]"},
    "limit": {"node": "Line.zone", "pick": "[1].limit"},
    "no limit": {"node": "Line.zone", "pick": "[0].limit"},
    "typo": {"node": "Line.zone", "pick": "[0].axis.rActual"},
    "whole": {"node": "Line.zone", "pick": "[0].axis"},
    "strange": {"node": "Line.strange"},
    "temp": "Line.temp",
}
GOOD = set(TAGS) - {"typo", "whole", "strange"}


async def test_fields_are_tags_and_what_cannot_be_is_told(tmp_path: Path) -> None:
    async with Plc().running(zones) as plc:
        test = setup(plc.url, tmp_path, TAGS)
        async with test.connector.open() as batches:
            taken = await until(batches, lambda bs: {row[0] for b in bs for row in test.rows(b)} == GOOD)
        probed = {one.tag: one for one in await test.connector.probe()}
    rows = {name: (value, text) for b in taken for name, value, text, _ in test.rows(b)}
    assert rows["act"] == (2.5, None)
    assert rows["name"][1] == "left"
    assert rows["state"] == (2.0, None)
    assert rows["raw"] == (3.0, None)
    assert rows["limit"] == (80.0, None)
    assert str(rows["no limit"]) == "(nan, None)"
    assert test.tags[test.tags.get("name") or 0].type is TagType.TEXT
    problems = test.record.problems
    assert problems["typo"] == "pick: no field 'rActual': Axis has rAct, sName"
    assert problems["whole"] == "its value is a structure Axis; the tag needs `pick`, one of: rAct, sName"
    assert "the server does not describe the structure" in problems["strange"]
    assert not any(problems.get(tag) for tag in GOOD)
    assert (probed["act"].value, probed["name"].value) == ("2.5", "left")


async def test_the_bytes_of_a_strange_structure_can_be_kept(tmp_path: Path) -> None:
    async with Plc().running(zones) as plc:
        test = setup(plc.url, tmp_path, {"strange": "Line.strange"}, {"strange": "bytes"})
        async with test.connector.open() as batches:
            batch = await anext(batches)
    assert [text for _, _, text, _ in test.rows(batch)] == ["0102"]
