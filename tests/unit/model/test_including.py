"""A plant of several files: what is joined, what is refused and where, and one text that is all of them."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.stand_ins import OUTLETS, PLUGINS
from twin.core.errors import Problems
from twin.model.files import apart, folder_of, together
from twin.model.load import load
from twin.model.plant import Plant

MAIN = """\
linetwin: 1
plant: acme/brno
include: [types.yaml, "lines/*.yaml"]
connections: {s7: {opcua: "opc.tcp://a"}}
lines:
  hall/line0: {machines: {a: {type: pump, from: s7, node: A}}}
"""
TYPES = """\
types:
  pump:
    tags: {total: {node: .n, counter: {}}}
    counts: {total: total}
"""
LINE1 = """\
connections: {gw: {opcua: "opc.tcp://b"}}
lines:
  hall/line1: {machines: {b: {type: pump, from: gw, node: B}}}
"""
LINE2 = "lines: {hall/line2: {machines: {c: {type: pump, from: s7, node: C}}}}\n"
FILES = {"site/plant.yaml": MAIN, "types.yaml": TYPES, "lines/line1.yaml": LINE1, "lines/line2.yaml": LINE2}


def loaded(changes: Mapping[str, str]) -> Plant:
    files = {**FILES, **changes}
    text = files.pop("site/plant.yaml")
    return load(text, "site/plant.yaml", PLUGINS, {}, OUTLETS, folder_of({**files, "plant.yaml": text}))


def problems(**changes: str) -> list[str]:
    try:
        loaded({name.replace("__", "/") + ".yaml": text for name, text in changes.items()})
    except Problems as found:
        return [str(one) for one in found.problems]
    return []


def main(old: str, new: str) -> dict[str, str]:
    assert MAIN.count(old) == 1
    return {"site__plant": MAIN.replace(old, new)}


def test_sections_of_all_files_make_one_plant():
    plant = loaded({})
    assert [line.path for line in plant.lines] == [f"acme/brno/hall/line{n}" for n in range(3)]
    assert list(plant.connections) == ["s7", "gw"]
    assert plant.tags["acme/brno/hall/line1/b/total"].address.place == "site/types.yaml:3"
    assert plant.connections["gw"].place == "site/lines/line1.yaml:1"


def test_one_text_holds_all_files_and_makes_the_same_plant():
    plant = loaded({})
    again = load(plant.text, "stored plant", PLUGINS, {}, OUTLETS)
    assert (again.text, again.digest) == (plant.text, plant.digest)
    assert list(again.tags) == list(plant.tags)
    assert again.lines == plant.lines
    assert plant.digest != loaded({"types.yaml": TYPES + "\n"}).digest


def test_a_file_that_includes_none_is_its_own_text():
    text = MAIN.replace('include: [types.yaml, "lines/*.yaml"]', "types: {pump: {tags: {total: {node: x}}}}")
    assert load(text, "plant.yaml", PLUGINS, {}).text == text


@given(st.dictionaries(st.text(), st.text(), min_size=2))
def test_files_put_together_come_apart_again(files: dict[str, str]):
    name, again = apart(together(files), "other")
    assert (name, again, list(again)) == (next(iter(files)), files, list(files))


@given(st.text())
def test_no_other_text_comes_apart(text: str):
    for one in (text, '{"plant files": ' + text):
        name, files = apart(one, "plant.yaml")
        assert files[name] == one or '"' in text


def test_included_files_may_include_others_from_where_they_stand():
    files = main('"lines/*.yaml"', "lines/line1.yaml")
    assert problems(**files, lines__line1="include: line2.yaml\n" + LINE1) == []
    assert problems(**files, lines__line1="include: lines/line2.yaml\n" + LINE1) == [
        "site/lines/line1.yaml:1: include: no file matches 'lines/line2.yaml'"
        " (paths count from the file that includes them)"
    ]


def test_a_mistake_names_the_file_that_it_is_in():
    assert problems(types=TYPES.replace("total: total", "total: totl")) == [
        "site/types.yaml:4: types.pump.counts.total: no tag 'totl' in type 'pump' (did you mean 'total'?)"
    ]
    assert problems(lines__line1=LINE1.replace("pump", "pum")) == [
        "site/lines/line1.yaml:3: lines.hall/line1.machines.b.type: no type 'pum' (did you mean 'pump'?)"
    ]


def test_a_file_that_is_no_yaml_is_named():
    assert problems(lines__line1="lines: ]") == [
        "site/lines/line1.yaml:1: not YAML: did not find expected node content (column 8)"
    ]


def test_what_stands_in_two_files_names_both():
    assert problems(lines__line2=LINE2.replace("line2", "line1")) == [
        "site/lines/line2.yaml:1: lines.hall/line1: stands twice (first in site/lines/line1.yaml:3)"
    ]


def test_what_only_the_first_file_may_say():
    assert problems(types="timezone: UTC\n" + TYPES) == [
        "site/types.yaml:1: timezone: stands in an included file; only the first file has it"
        " (site/plant.yaml:3 includes this)"
    ]


def test_another_version_of_an_included_file():
    assert problems(types="linetwin: 7\n" + TYPES) == [
        "site/types.yaml:1: linetwin: version 7 is not known to this release (write linetwin: 1)"
    ]


def test_files_that_include_each_other():
    assert problems(types="include: [lines/line1.yaml]\n" + TYPES, lines__line1="include: ../types.yaml\n" + LINE1) == [
        "site/lines/line1.yaml:1: include: '../types.yaml' leaves the folder of the plant file"
        " (name files in it or below it)",
        "site/types.yaml:1: include[0]: lines/line1.yaml is read already"
        " (a file is included once, and never by what it includes)",
    ]


def test_a_file_that_includes_itself():
    assert problems(types="include: types.yaml\n" + TYPES) == [
        "site/types.yaml:1: include: types.yaml is read already"
        " (a file is included once, and never by what it includes)"
    ]


def test_a_pattern_leaves_out_what_is_read_already():
    assert problems(**main('[types.yaml, "lines/*.yaml"]', '["*.yaml", "*/*.yaml", "*/*1.yaml"]')) == []


def test_no_file_leaves_the_folder():
    for name in ("/etc/types.yaml", "a/../../types.yaml", "C:/types.yaml", ".."):
        assert problems(**main("[types.yaml", f"[types.yaml, '{name}'")) == [
            f"site/plant.yaml:3: include[1]: '{name}' leaves the folder of the plant file"
            " (name files in it or below it)"
        ]
    assert problems(**main("[types.yaml", "[types.yaml, 'lines\\a.yaml'")) == [
        "site/plant.yaml:3: include[1]: 'lines\\a.yaml': write / between folders"
    ]


def test_no_file_at_all():
    assert problems(**main("[types.yaml", "[types.yaml, parts/*.yaml")) == [
        "site/plant.yaml:3: include[1]: no file matches 'parts/*.yaml' (paths count from the file that includes them)"
    ]
