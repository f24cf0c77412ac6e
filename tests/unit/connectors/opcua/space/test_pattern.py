"""Laws of tags that patterns make: their names are legal, each its own, and the same in whatever order nodes come."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua.address import join_path
from connectors.opcua.space.pattern import Offered, Pattern, choose, fits, named, patterns_of

NAMES = st.one_of(
    st.sampled_from(["Temp", "temp", "Motor 1", "Motor_1", "Füller", "温度", "a/b", "x[1]"]), st.text(max_size=5)
)
PATHS = st.lists(NAMES, min_size=1, max_size=4)
TEMPLATES = st.sampled_from(["{path}", "{name}", "{parent}/{name}", "{grandparent}/{parent}_{name}", "plc1/{name}"])
NONE: frozenset[str] = frozenset()


def offered(*names: str, node: str = "", types: frozenset[str] = NONE) -> Offered:
    path = "/Objects"
    for name in names:
        path = join_path(path, name)
    return Offered(path, (f"nsu=urn:x;s={node or path}", f"ns=2;s={node or path}"), types)


def pattern(**keys: object) -> Pattern:
    [one] = patterns_of([keys])
    return one


SPACES = st.lists(PATHS, max_size=12).map(lambda ps: [offered(*p, node=str(i)) for i, p in enumerate(ps)])


@given(SPACES, TEMPLATES, st.integers(1, 8), st.randoms())
def test_names_are_legal_unique_and_the_same_in_any_order(space: list[Offered], name: str, limit: int, random) -> None:
    patterns = [pattern(match="*1", name=name), pattern(match="*", name=name, limit=limit)]
    choices = choose(patterns, space, {"temp": ""}, NONE)
    tags = [one.tag for one in choices.chosen]
    assert all(re.fullmatch(r"[a-z0-9_-]+(/[a-z0-9_-]+)*", tag) for tag in tags)
    assert len(set(tags)) == len(tags)
    assert "temp" not in tags
    assert len([one for one in choices.chosen if one.pattern is patterns[1]]) <= limit
    shuffled = random.sample(space, len(space))
    assert choose(patterns, shuffled, {"temp": ""}, NONE) == choices


@given(SPACES, SPACES)
def test_what_is_new_takes_no_name_from_what_is_there_and_makes_no_node_two_tags(
    before: list[Offered], new: list[Offered]
) -> None:
    patterns = [pattern(match="*", name="{name}", limit=5)]
    moved = [Offered(one.path, (f"{one.nodes[0]}!", one.nodes[1])) for one in new]
    first = choose(patterns, before, {}, NONE)
    taken = {one.tag: one.node for one in first.chosen}
    second = choose(patterns, [*before, *moved], taken, frozenset(taken.values()))
    assert not {one.tag for one in second.chosen} & taken.keys()
    assert not {one.node for one in second.chosen} & set(taken.values())
    assert len(first.chosen) + len(second.chosen) <= 5


def test_two_that_would_have_one_name_have_none_and_say_whom_they_meet() -> None:
    space = [offered("A", "Temp"), offered("B", "Temp"), offered("B", "Speed")]
    choices = choose([pattern(match="*", name="{name}")], space, {}, NONE)
    assert [one.tag for one in choices.chosen] == ["speed"]
    assert choices.refused["/Objects/A/Temp"].startswith("would be temp, as /Objects/B/Temp; put more into `name`")
    assert choices.refused.keys() == {"/Objects/A/Temp", "/Objects/B/Temp"}


def test_a_listed_node_is_left_to_the_plant_file_and_its_tags_keep_their_names() -> None:
    space = [offered("A", "Temp"), offered("A", "Speed")]
    known = frozenset({space[0].nodes[0]})
    assert [one.tag for one in choose([pattern(match="*")], space, {"a/t": ""}, known).chosen] == ["a/speed"]
    refused = choose([pattern(match="*")], space, {"a/speed": ""}, NONE).refused
    assert "would be a/speed, as a tag that is there already" in refused["/Objects/A/Speed"]


def test_the_first_pattern_has_a_variable_and_a_limit_takes_the_first_by_path() -> None:
    space = [offered("L", str(n)) for n in (3, 1, 2)]
    few, rest = pattern(match="*2", name="two/{name}"), pattern(match="*", limit=1)
    choices = choose([few, rest], space, {}, NONE)
    assert [one.tag for one in choices.chosen] == ["l/1", "two/2"]
    assert choices.meant == {few: 1, rest: 2}


def test_what_a_pattern_means() -> None:
    one = offered("Line", "A[1]", "Temp", node="Line.A[1].Temp", types=frozenset({"Double", "Celsius"}))
    for keys in (
        {"match": "/Objects/Line/*/Temp"},
        {"match": "A[1]/Temp"},
        {"type": "Double"},
        {"type": "Celsius", "match": "*Temp"},
        {"node": "ns=2;s=Line.A[1].*"},
        {"node": "nsu=urn:*;s=Line*"},
    ):
        assert fits(pattern(**keys), one), keys
    for keys in ({"match": "/Objects/Line/Temp"}, {"type": "Float"}, {"node": "ns=3;*"}, {"match": "emp"}):
        assert not fits(pattern(**keys), one), keys


def test_a_name_of_which_nothing_is_left_is_refused() -> None:
    assert named("{name}", "/Objects/Line/温度") is None
    assert named("{grandparent}/{name}", "/Objects/Temp") is None
    assert named("{parent}/{name}", "/Objects/Line/Pump &/ 3/Größe") == "pump_3/grosse"
