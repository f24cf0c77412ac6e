"""`history`: ages of groups of tags, and what is wrong in it."""

from __future__ import annotations

import pytest

from tests.unit.model.stand_ins import loaded, problems
from twin.core.instant import DAY
from twin.model.load import load
from twin.model.plant import Keeping
from twin.runtime.plugins import connectors

PLANT = """\
plant: acme/brno
connections: {s7: {opcua: "opc.tcp://a"}}
tags: {mill/vibration: {from: s7, node: v}, mill/temp: {from: s7, node: t}, mill/energy: {from: s7, node: e}}
"""


def keeping(text: str) -> Keeping:
    return loaded(f"{PLANT}history: {text}\n").keeping


def test_without_the_section_everything_is_kept():
    assert not loaded(PLANT).keeping.forgets
    assert loaded(PLANT).keeping.group_of("acme/brno/mill/temp") == ""


def test_groups_take_tags_by_path_with_or_without_the_plant_and_the_first_counts():
    found = keeping(
        '{keep: 400d, groups: {fast: {tags: "*/vibration", keep: 30d}, rest: {tags: ["mill/*"], keep: 60d}}}'
    )
    assert (found.keep, [(group.name, group.keep) for group in found.groups]) == (
        400 * DAY,
        [("fast", 30 * DAY), ("rest", 60 * DAY)],
    )
    tags = ("acme/brno/mill/vibration", "mill/vibration", "acme/brno/mill/temp", "acme/brno/other/temp")
    assert [found.group_of(tag) for tag in tags] == ["fast", "fast", "rest", ""]
    assert found.forgets


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "{keep: 7d}",
            "history.keep: is shorter than 8d: results of the last 7 days may be computed again from samples",
        ),
        ('{groups: {a: {tags: "*/vib", keep: 30d}}}', "no tag matches '*/vib'"),
        ('{groups: {a: {tags: "*", keep: 1h}}}', "history.groups.a.keep: is shorter than 8d"),
        ("{groups: {a: {keep: 30d}}}", "'tags'"),
        ('{groups: {a: {tags: "*"}}}', "'keep'"),
        ("{groups: {a: {tags: [], keep: 30d}}}", "names no tags"),
        ("{kep: 30d}", "unknown key 'kep' (did you mean 'keep'?)"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str):
    (found,) = problems(f"{PLANT}history: {text}\n")
    assert found.startswith("plant.yaml:4: ")
    assert said in found


def test_tags_that_a_connector_names_itself_are_not_known_yet():
    text = PLANT.replace('"opc.tcp://a"', '"opc.tcp://a:4840", ns: "urn:x", subscribe: [{match: "/Objects/*"}]')
    found = load(f'{text}history: {{groups: {{a: {{tags: "*/later", keep: 30d}}}}}}\n', "plant.yaml", connectors(), {})
    assert found.keeping.group_of("acme/brno/x/later") == "a"
