"""Address spaces compared: what a PLC download did to the variables, and to the plant file that names them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua import PLUGIN
from twin.core.errors import Misconfigured
from twin.core.ports import Node
from twin.model.load import load
from twin.model.snapshot import changes, from_text, to_text
from twin.model.touched import touched

URI = "urn:plc"


def node(path: str, address: str = "", type: str = "Double", **more: object) -> Node:
    where = address or path.replace("/", ".")
    return Node(f"/Objects/{path}", f"nsu={URI};s={where}", type, access="r", **more)  # type: ignore[arg-type]


LINE = [node("Filler/temp", unit="°C"), node("Filler/speed"), node("Filler/state", type="Int32"), node("Packer/total")]


def told(after: list[Node]) -> list[str]:
    return [change.text() for change in changes(LINE, after)]


def test_equal_spaces_have_no_changes_and_equal_files() -> None:
    assert changes(LINE, [replace(n, value="7") for n in reversed(LINE)]) == []
    assert to_text("x", LINE) == to_text("x", [replace(n, value="7") for n in reversed(LINE)])


NODES = st.lists(
    st.builds(
        Node, st.text(max_size=5).map("/Objects/{}".format), st.text(min_size=1, max_size=5),
        st.sampled_from(["Double", "Int32[]"]), unit=st.text(max_size=3),
        range=st.none() | st.just((0.0, 1.5)), shape=st.none() | st.just(()) | st.just((2, 3)),
        access=st.sampled_from(["", "rw"]),
    ),
    unique_by=lambda n: n.path,
)  # fmt: skip


@given(NODES, NODES)
def test_a_file_holds_what_was_seen_and_every_variable_is_accounted_for(before: list[Node], after: list[Node]) -> None:
    assert from_text(to_text("opc.tcp://plc", before), "s.json") == sorted(before, key=lambda n: (n.path, n.address))
    found = changes(before, after)
    gone = {n.path for n in before} - {n.path for n in after}
    come = {n.path for n in after} - {n.path for n in before}
    assert {c.before.path for c in found if c.kind in {"removed", "renamed"} and c.before} == gone
    assert {c.after.path for c in found if c.kind in {"added", "renamed"} and c.after} == come


def test_the_same_node_id_elsewhere_is_certain() -> None:
    after = [node("Filler/Motor/temperature", "Filler.temp", unit="°C"), *LINE[1:]]
    line = "renamed   /Objects/Filler/temp -> /Objects/Filler/Motor/temperature (certain: the same node id)"
    assert told(after) == [line]


def test_a_like_variable_is_likely() -> None:
    [line] = told([node("Filler/temp_1", unit="°C"), *LINE[1:]])
    assert line.startswith("renamed   /Objects/Filler/temp -> /Objects/Filler/temp_1 (likely: ")


def test_an_unlike_variable_or_one_of_another_type_is_another_one() -> None:
    assert told([node("Filler/xyz", unit="bar"), *LINE[1:]]) == [
        "removed   /Objects/Filler/temp (Double)",
        "added     /Objects/Filler/xyz (Double)",
    ]
    assert [c.kind for c in changes(LINE, [node("Filler/temp_1", type="String"), *LINE[1:]])] == ["removed", "added"]


def test_a_machine_that_was_renamed_takes_its_variables_along() -> None:
    after = [replace(n, path=n.path.replace("Filler", "Filler_A"), address=n.address + "_A") for n in LINE[:3]]
    found = changes(LINE, [*after, LINE[3]])
    assert [c.kind for c in found] == ["renamed"] * 3
    assert all(c.before and c.after and c.before.path.rpartition("/")[2] in c.after.path for c in found)


def test_what_stands_where_it_stood_but_is_not_the_same() -> None:
    after = [
        replace(LINE[0], unit="°F"),
        replace(LINE[1], type="Float", shape=(4,)),
        node("Filler/state", "S2", "Int32"),
    ]
    assert told([*after, LINE[3]]) == [
        "moved     /Objects/Filler/state (nsu=urn:plc;s=Filler.state is nsu=urn:plc;s=S2 now)",
        "retyped   /Objects/Filler/speed: Double is Float[4] now",
        "described /Objects/Filler/temp: °C, r is °F, r now",
    ]


PLANT = """linetwin: 1
plant: p
connections:
  c: {opcua: "opc.tcp://plc:4840", ns: "urn:*"}
types:
  filler:
    tags:
      temp: {node: .temp}
      speed: {node: .speed}
lines:
  l/one: {machines: {filler: {type: filler, from: c, node: Filler}}}
tags:
  st: {from: c, browse_path: /Objects/2:Filler/2:state}
  total: {from: c, node: "nsu=urn:plc;s=Packer.total"}
"""


def test_the_former_name_of_a_tag_without_a_machine_is_its_whole_path() -> None:
    plant = load(PLANT.replace("  st:", "  hall/st:"), "plant.yaml", {"opcua": PLUGIN}, {})
    [text] = touched(plant, changes(LINE, [*LINE[:2], node("Filler/mode", "Filler.state", "Int32"), LINE[3]]))
    assert text.endswith("under another path write `was: hall/st` beside it")


def test_the_tags_that_are_touched_and_what_to_write() -> None:
    plant = load(PLANT, "plant.yaml", {"opcua": PLUGIN}, {})
    after = [
        node("Filler/temp", "F.t", unit="°C"),
        replace(LINE[1], type="String"),
        node("Filler/mode", "Filler.state", "Int32"),
    ]
    keeps = "the series goes on; under another path write `was: {}` beside it"
    assert touched(plant, changes(LINE, after)) == [
        f"plant.yaml:13: st: write browse_path: '/Objects/Filler/mode'; {keeps.format('st')}",
        f"plant.yaml:8: l/one/filler/temp: write node: 'nsu=urn:plc;s=F.t'; {keeps.format('temp')}",
        "plant.yaml:9: l/one/filler/speed: /Objects/Filler/speed was Double and is String now; "
        "a tag never changes between number and text: if this does, give it another name",
        "plant.yaml:14: total: /Objects/Packer/total is gone; its series ends, remove the tag or give it another node",
    ]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": "linetwin address space", "version": 1, "nodes": [{}]}'])
def test_another_file_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match=r"s\.json: is not what `twin browse URL --save"):
        from_text(text, "s.json")
