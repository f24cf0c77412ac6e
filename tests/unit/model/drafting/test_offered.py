"""What a server offers, as tags."""

from __future__ import annotations

import pytest
import yaml

from connectors.opcua import PLUGIN
from twin.core.errors import Misconfigured
from twin.core.ports import Node
from twin.model.drafting.drafts import Drafts, fitted, namer
from twin.model.drafting.offered import from_offer
from twin.model.load import load
from twin.model.plant import Plant
from twin.model.plant_text import ConnectionDraft, TagDraft, plant_text

PLUGINS = {"opcua": PLUGIN}
URI = "http://www.siemens.com/simatic-s7-opcua"
C1 = ConnectionDraft("c1", "opcua", "opc.tcp://10.0.1.10:4840")


def node(path: str, type: str = "Double", **more: object) -> Node:
    name = path.rpartition("/")[2]
    fields = {"address": f"nsu={URI};s={name}", "type": type, "access": "r", **more}
    return Node(f"/Objects/{path}", **fields)  # type: ignore[arg-type]


def text_of(drafts: Drafts) -> str:
    return plant_text("my/plant", drafts.connections, drafts.tags, left_out=drafts.left_out)


def plant_of(drafts: Drafts) -> Plant:
    return load(text_of(drafts), "plant.yaml", PLUGINS, {})


def lines(*nodes: Node, template: str = "{path}") -> list[str]:
    text = text_of(from_offer(nodes, C1, template))
    return text[text.index("tags:\n") :].splitlines()[1:]


def test_the_namespace_of_most_nodes_is_the_connections() -> None:
    offer = [node("Line/a"), node("Line/b"), node("Line/c", address="nsu=urn:other;i=5"), node("i", address="i=2258")]
    drafts = from_offer(offer, C1)
    assert drafts.connections[0].settings == {"ns": URI}
    assert [tag.keys["node"] for tag in drafts.tags] == ["a", "b", "nsu=urn:other;i=5", "i=2258"]


def test_an_identifier_that_reads_as_a_whole_node_stays_whole() -> None:
    address = f"nsu={URI};s=i=5"
    assert from_offer([node("x", address=address)], C1).tags[0].keys == {"node": address}


def test_paths_are_legal_and_unique_and_the_name_for_people_is_kept() -> None:
    assert lines(node("Füller 1/Motor Temp"), node("Füller 1/Motor-Temp"), node("Füller 1/motor temp")) == [
        "  fuller_1/motor_temp: {from: c1, node: 'Motor Temp', display: 'Motor Temp'}",
        "  fuller_1/motor-temp: {from: c1, node: Motor-Temp, display: Motor-Temp}",
        "  fuller_1/motor_temp_2: {from: c1, node: 'motor temp', display: 'motor temp'}",
    ]


def test_names_come_from_a_template() -> None:
    offer = node("Area/Line/Filler/rTemp", display="Motor temperature")
    assert lines(offer, template="{parent}/{name}") == [
        "  filler/rtemp: {from: c1, node: rTemp, display: 'Motor temperature'}"
    ]
    assert namer("x/{grandparent}_{parent}/{display}")(["Line", "Filler", "rTemp"], "Temp") == "x/line_filler/temp"
    assert namer("{parent}/{name}")(["top"], "") == "top"


@pytest.mark.parametrize(
    ("template", "message"), [("{title}", "no {title}; there are {path}"), ("x", "gives every tag one")]
)
def test_a_template_that_cannot_be_meant_is_refused(template: str, message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        from_offer([node("a")], C1, template)


def test_units_types_and_ranges_are_the_servers() -> None:
    assert lines(node("t", unit="°C", range=(0.0, 150.0)), node("s", "String"), node("b", "ByteString")) == [
        "  # usual range 0 to 150 degC",
        "  t: {from: c1, node: t, unit: degC}",
        "  s: {from: c1, node: s, type: text}",
        "  b: {from: c1, node: b, type: bytes}",
    ]


def test_a_short_array_is_a_tag_for_each_element() -> None:
    drafts = from_offer([node("z_1"), node("z", "Float[]", shape=(3,), unit="bar")], C1)
    tags = plant_of(drafts).tags
    assert {path: tag.address.settings["pick"] for path, tag in tags.items()} == {
        "my/plant/z_1": "",
        "my/plant/z__0": "[0]",
        "my/plant/z__1": "[1]",
        "my/plant/z__2": "[2]",
    }


def test_what_needs_a_decision_is_a_comment() -> None:
    written = lines(
        node("long", "Float[]", shape=(2000,)),
        node("matrix", "Float[]", shape=(2, 3)),
        node("unknown", "Float[]", shape=()),
        node("udt", "ExtensionObject"),
        node("udts", "ExtensionObject[]", shape=(4,)),
    )
    assert written == [
        "  # an array of 2000; a tag for one of its elements is",
        "  # long_0: {from: c1, node: long, pick: '[0]'}",
        "  # an array of 2 x 3; a tag for one of its elements is",
        "  # matrix_0: {from: c1, node: matrix, pick: '[0][0]'}",
        "  # an array of unknown length; a tag for one of its elements is",
        "  # unknown_0: {from: c1, node: unknown, pick: '[0]'}",
        "  # a structure; a tag for one of its fields is",
        "  # udt_field: {from: c1, node: udt, pick: '.Field'}",
        "  # an array of structures; a tag for one of its fields is",
        "  # udts_field: {from: c1, node: udts, pick: '[0].Field'}",
    ]


def test_what_is_left_out_is_told_with_its_reason() -> None:
    drafts = from_offer([node("a", access="w"), node("b", address=f"nsu={URI};s=x{{machine}}"), node("c")], C1)
    assert drafts.left_out == (
        "/Objects/a: this user may not read it",
        "/Objects/b: {machine} has no value here (the tag belongs to no machine)",
    )
    assert text_of(drafts).splitlines()[-2:] == [f"# - {text}" for text in drafts.left_out]


def test_ten_thousand_variables_of_equal_machines_are_one_type() -> None:
    offer = [
        node(f"Hall/Line{line}/Drive{drive}/{tag}", address=f"nsu={URI};s=L{line}.D{drive}.{tag}")
        for line in range(10)
        for drive in range(100)
        for tag in ("speed", "current", "torque", "temp", "faults", "state", "hours", "setpoint", "mode", "load")
    ]
    text = text_of(from_offer(offer, C1))
    assert len(text.splitlines()) < 1_100
    assert list(yaml.safe_load(text)["types"]) == ["drive"]
    plant = load(text, "plant.yaml", PLUGINS, {})
    assert len(plant.tags) == 10_000
    tag = plant.tags["my/plant/hall/line3/drive42/torque"]
    assert tag.address.machine_node + tag.address.settings["node"] == "L3.D42.torque"


def test_keys_that_this_installation_does_not_read_are_told() -> None:
    c1 = ConnectionDraft("c1", "opcua", C1.url, {"publishing": "1s", "magic": 1})
    drafts = fitted(Drafts((c1,), (TagDraft("a", "c1", {"node": "i=5", "spell": "x"}),)), PLUGINS)
    assert drafts.connections[0].settings == {"publishing": "1s"}
    assert drafts.tags[0].keys == {"node": "i=5"}
    assert drafts.left_out == (
        "`magic` of a connection: opcua has no such key in this release; left out of 1",
        "`spell` of a tag: opcua has no such key in this release; left out of 1",
    )
