"""Keys within keys of a connection: what `twin check` says of them, and what an editor marks."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft7Validator

from connectors.opcua import PLUGIN
from connectors.opcua.space.pattern import patterns_of
from tests.unit.connectors.opcua.group_mistakes import GROUP_MISTAKES
from tests.unit.connectors.opcua.pattern_mistakes import PATTERN_MISTAKES
from twin.core.errors import Problems
from twin.model.entry import Entry
from twin.model.load import load
from twin.model.report import Report
from twin.model.schema import schema
from twin.model.yaml_text import compose

PLANT = """\
linetwin: 1
connections:
  s7: {opcua: "opc.tcp://10.0.1.10:4840", ns: "urn:x"}
types:
  filler:
    tags:
      total: {node: .n, counter: {}}

      temp: {node: .t}
lines:
  hall/line1:
    flow: [filler]
    machines:
      filler: {type: filler, from: s7, node: DB}
"""
GROUPED = PLANT.replace('ns: "urn:x"', 'ns: "urn:x", groups: {fast: {publishing: 100ms, trigger: status}}').replace(
    "{node: .t}", "{node: .t, group: fast, sampling: 20ms, deadband: 0}"
)
MISTAKES = GROUP_MISTAKES | PATTERN_MISTAKES
PLUGINS = {"opcua": PLUGIN}
OURS = Draft7Validator(schema(PLUGINS))


def said(text: str) -> list[str]:
    try:
        load(text, "plant.yaml", PLUGINS, {})
    except Problems as error:
        return [str(problem).removeprefix("plant.yaml:") for problem in error.problems]
    return []


def plain(text: str) -> Any:
    return Entry(compose(text, "plant.yaml"), "", 1, Report("plant.yaml")).plain()


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name: str) -> None:
    old, new, message = MISTAKES[name]
    assert PLANT.count(old) == 1
    assert any(message in problem for problem in said(PLANT.replace(old, new)))


@pytest.mark.parametrize("name", ["unknown key of a group", "group that is a word", "groups that are a list"])
def test_an_editor_marks_it_too(name: str) -> None:
    old, new, _ = GROUP_MISTAKES[name]
    assert not OURS.is_valid(plain(PLANT.replace(old, new)))


def test_groups_reach_the_connection_with_their_places() -> None:
    assert said(GROUPED) == []
    assert OURS.is_valid(plain(GROUPED))
    plant = load(GROUPED, "plant.yaml", PLUGINS, {})
    fast = plant.connections["s7"].settings["groups"]["fast"]
    assert (fast["publishing"], fast["trigger"], fast["queue"]) == (100_000_000, "status", None)
    assert fast["place"] == "plant.yaml:3"
    [temp] = [address for address in plant.addresses("s7") if address.tag.endswith("temp")]
    assert temp.settings["group"] == "fast"
    assert temp.settings["sampling"] == 20_000_000


def test_patterns_reach_the_connection_with_their_places_and_the_plants_path() -> None:
    text = PLANT.replace(
        'ns: "urn:x"}',
        'ns: "urn:x",\n    groups: {fast: {}}, subscribe: [{match: "/Objects/*", group: fast}, {node: "*"}]}',
    ).replace("linetwin: 1", "linetwin: 1\nplant: acme/brno")
    assert said(text) == []
    assert OURS.is_valid(plain(text))
    spec = load(text, "plant.yaml", PLUGINS, {}).connections["s7"]
    assert spec.prefix == "acme/brno"
    first, second = patterns_of(spec.settings["subscribe"])
    assert (first.match, first.group, first.limit, first.place) == ("/Objects/*", "fast", 1000, "plant.yaml:5")
    assert (second.name, second.node) == ("{path}", "*")
