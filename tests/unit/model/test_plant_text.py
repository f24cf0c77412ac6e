"""What `plant_text` writes loads, and to the very tags that were asked for."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mqtt import PLUGIN as MQTT
from connectors.opcua import PLUGIN as OPCUA
from twin.model.load import load
from twin.model.naming import segment
from twin.model.plant import Plant
from twin.model.plant_text import ConnectionDraft, TagDraft, plant_text, unsayable
from twin.model.yaml_writing import Setting, flow, quoted

PLUGINS = {"opcua": OPCUA, "mqtt": MQTT}
S7 = ConnectionDraft("s7", "opcua", "opc.tcp://10.0.1.10:4840", {"ns": "http://www.siemens.com/simatic-s7-opcua"})
BK = ConnectionDraft("bk", "opcua", "opc.tcp://10.0.1.20:4840", {"ns": "urn:*BeckhoffAutomation:Ua:PLC1"})


def loaded(text: str) -> Plant:
    return load(text, "plant.yaml", PLUGINS, {"S7_PW": "secret"})


def nodes(plant: Plant) -> dict[str, str]:
    return {plant.short(p): t.address.machine_node + t.address.settings["node"] for p, t in plant.tags.items()}


ODD = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=12)
TRAPS = st.sampled_from(
    ["on", "off", "no", "14:00", "1e5", "0x1F", "null", "~", "-", "- a", "a: b", "a #b", "it's", '"DB"."x"', "{i}",
     "&a", "*a", "!x", "%x", "@x", "`x`", "|", ">", "?", "[a", "a]", "{", "}", ",", "\u2028", "\ufeff", "\x85", "\x00",
     "тег"]
)  # fmt: skip
TEXTS = TRAPS | ODD
NAMES = st.sampled_from(["a", "b", "packer1", "packer2", "line-1", "tags", "on", "14", "temp_c"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
TAG = st.tuples(
    PATHS,
    st.sampled_from(["s7", "bk"]),
    st.builds(lambda a, b: f"{a}.{b}", st.sampled_from(["A", "A[1]", "A[2]"]), st.sampled_from(["x", "y"]) | TEXTS),
    st.sampled_from(["number", "text", "bytes"]),
    st.just("") | TEXTS,
    st.just("") | TEXTS,
)


@given(st.lists(TAG, max_size=12, unique_by=lambda t: t[0]))
@settings(deadline=None)
def test_the_tags_that_were_asked_for_are_loaded(tags: list[tuple[str, str, str, str, str, str]]) -> None:
    drafts = [
        TagDraft(path, connection, {"node": node}, type, unit, display)
        for path, connection, node, type, unit, display in tags
        if not any(map(unsayable, (node, unit, display)))
    ]
    plant = loaded(plant_text("acme/brno", [S7, BK], drafts, head=["# \x00 {i}: é\nsecond"], left_out=["a: [b"]))
    assert nodes(plant) == {d.path: d.keys["node"] for d in drafts}
    for draft in drafts:
        tag = plant.tags[f"acme/brno/{draft.path}"]
        given = (tag.connection, tag.type, tag.unit, tag.display)
        assert given == (draft.connection, draft.type, draft.unit, draft.display)


SETTINGS: st.SearchStrategy[Setting] = st.recursive(
    TEXTS | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD, inner, max_size=3),
    max_leaves=8,
)


@given(SETTINGS)
def test_a_value_on_one_line_means_itself_to_yaml_1_1_too(value: Setting) -> None:
    text = flow(value)
    assert "\n" not in text
    assert yaml.safe_load(f"[{text}]") == [value]


@given(TEXTS)
def test_quoted_text_is_text(text: str) -> None:
    assert yaml.safe_load(f"{{{quoted(text)}: 1}}") == {text: 1}


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        quoted("a\ud800")
    assert "surrogate" in unsayable("a\ud800")


def test_folders_with_the_same_tags_become_machines_of_a_type() -> None:
    drafts = [
        TagDraft(f"packaging/line{line}/packer{i}/{tag}", "bk", {"node": f"GVL{line}.aPacker[{i}].{node}"}, unit=unit)
        for line in (1, 2)
        for i in (1, 2)
        for tag, node, unit in (("total", "nTotal", ""), ("temp", "rTemp", "degC"))
    ]
    drafts.append(TagDraft("packaging/line1/recipe", "s7", {"node": '"DB_Line"."iRecipe"'}, display="Recipe"))
    text = plant_text("acme/brno", [S7, BK], drafts, head=["From a server."])
    assert text.splitlines() == [
        "# From a server.",
        "linetwin: 1",
        "plant: acme/brno",
        "connections:",
        "  s7: {opcua: 'opc.tcp://10.0.1.10:4840', ns: 'http://www.siemens.com/simatic-s7-opcua'}",
        "  bk: {opcua: 'opc.tcp://10.0.1.20:4840', ns: 'urn:*BeckhoffAutomation:Ua:PLC1'}",
        "types:",
        "  packer: # its 4 machines have the same tags; `counts` and `state` go here",
        "    tags:",
        "      total: {node: '.nTotal'}",
        "      temp: {node: '.rTemp', unit: degC}",
        "lines:",
        "  packaging/line1:",
        "    machines:",
        "      packer1: {type: packer, from: bk, node: 'GVL1.aPacker[1]'}",
        "      packer2: {type: packer, from: bk, node: 'GVL1.aPacker[2]'}",
        "  packaging/line2:",
        "    machines:",
        "      packer1: {type: packer, from: bk, node: 'GVL2.aPacker[1]'}",
        "      packer2: {type: packer, from: bk, node: 'GVL2.aPacker[2]'}",
        "tags:",
        '  packaging/line1/recipe: {from: s7, node: \'"DB_Line"."iRecipe"\', display: Recipe}',
    ]
    assert nodes(loaded(text)) == {d.path: d.keys["node"] for d in drafts}


@pytest.mark.parametrize(
    "given",
    [
        {"a/m1/x": "A.x", "a/m1/y": "A.y", "a/m2/x": "B.x", "a/m2/z": "B.z"},  # other tags
        {"m1/x": "A.x", "m1/y": "A.y", "m2/x": "B.x", "m2/y": "B.y"},  # no line above
        {"a/m1/x": "A.x", "a/m2/x": "B.x"},  # one tag each
        {"a/m1/x": "ns=3;i=11", "a/m1/y": "ns=3;i=12", "a/m2/x": "ns=3;i=21", "a/m2/y": "ns=3;i=22"},  # numbers
        {"a/m1/x": "s=A.x", "a/m1/y": "s=A.y", "a/m2/x": "s=B.x", "a/m2/y": "s=B.y"},  # read so only when whole
        {"tags/m1/x": "A.x", "tags/m1/y": "A.y", "tags/m2/x": "B.x", "tags/m2/y": "B.y"},  # no name for a line
        {"a/m1": "M.x", "a/m1/x": "A.x", "a/m1/y": "A.y", "a/m2/x": "B.x", "a/m2/y": "B.y"},  # a tag's path
    ],
)
def test_what_is_not_plainly_a_machine_stays_a_flat_tag(given: dict[str, str]) -> None:
    drafts = [TagDraft(path, "s7", {"node": node}) for path, node in given.items()]
    text = plant_text("acme/brno", [S7], drafts)
    assert "types:" not in text
    assert nodes(loaded(text)) == {d.path: d.keys["node"] for d in drafts}


def test_no_machine_stands_inside_of_another() -> None:
    drafts = [
        TagDraft(f"l/f{f}{below}/{tag}", "s7", {"node": f"F{f}{below.replace('/', '.')}.{tag}"})
        for f in (1, 2)
        for below in ("", "/m1", "/m2")
        for tag in ("x", "y")
    ]
    plant = loaded(plant_text("acme/brno", [S7], drafts))
    assert [machine.path for machine in plant.machines()] == ["acme/brno/l/f1", "acme/brno/l/f2"]
    assert nodes(plant) == {d.path: d.keys["node"] for d in drafts}


def test_an_open_tag_is_a_comment_and_long_settings_have_lines_of_their_own() -> None:
    groups: Setting = {name: {"publishing": "100ms", "queue": 100} for name in ("fast", "slow", "slowest")}
    s7 = ConnectionDraft("s7", "opcua", S7.url, {**S7.settings, "password": "${S7_PW}", "user": "twin"}, ("The PLC.",))
    text = plant_text("acme/brno", [s7], [TagDraft("zones_0", "s7", {"node": "zones", "pick": "[0]"}, is_open=True)])
    assert "  # zones_0: {from: s7, node: zones, pick: '[0]'}" in text
    assert loaded(text).tags == {}
    assert "  # The PLC.\n  s7:\n    opcua: 'opc.tcp://10.0.1.10:4840'\n" in text
    long = ConnectionDraft(
        "s7", "opcua", S7.url, {"groups": groups, "ns": "urn:a-name-that-makes-it-too-long-for-a-line"}
    )
    assert yaml.safe_load(plant_text("a", [long], []))["connections"]["s7"]["groups"] == groups


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        (TagDraft("A", "s7", {"node": "x"}), "is not a name"),
        (TagDraft("a", "none", {"node": "x"}), "no connection 'none'"),
        (TagDraft("a", "s7", {"node": "{machine}"}), "has no value here"),
        (TagDraft("b", "s7", {"node": "x"}), "tag 'b' stands twice"),
    ],
)
def test_what_no_plant_file_can_say_is_refused(tag: TagDraft, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plant_text("acme/brno", [S7], [tag, TagDraft("b", "s7", {"node": "y"})])


@given(TEXTS)
def test_a_segment_is_legal(text: str) -> None:
    assert segment(text).strip("abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
    assert 1 <= len(segment(text)) <= 100
