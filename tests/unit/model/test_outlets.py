"""The section `outlets` of a plant file: what it says, and every mistake in it with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from tests.unit.model.stand_ins import OUTLETS, PLUGINS, loaded, problems
from twin.cli.main import main
from twin.core.instant import DAY
from twin.model.globs import takes
from twin.model.outlets import matching_nothing
from twin.model.schema import schema

PLANT = """\
linetwin: 1
plant: acme/brno
connections:
  gw: {mqtt: "mqtt://10.0.1.5"}
outlets:
  hist: {tsdb: "http://10.0.1.9:8086", bucket: plant, token: "${TOKEN}", tags: ["hall/**"], from: now, most: 30d}
  copy: {tsdb: "http://10.0.1.10:8086", bucket: all}
tags:
  hall/temp: {from: gw, topic: t}
  yard/temp: {from: gw, topic: y}
"""
MISTAKES = {
    "unknown key": ("from: now", "form: now", "6: outlets.hist: unknown key 'form' (did you mean 'from'?)"),
    "key of the plug-in": ("bucket: all", "bucket: all, tokn: x", "7: outlets.copy: unknown key 'tokn'"),
    "missing key": (", bucket: all", "", "7: outlets.copy: key 'bucket' is missing"),
    "no such outlet": ("copy: {tsdb", "copy: {tsbd", "7: outlets.copy: no protocol 'tsbd' (did you mean 'tsdb'?)"),
    "address": ("http://10.0.1.10", "tcp://10.0.1.10", "7: outlets.copy.tsdb: 'tcp://' is no address of tsdb"),
    "begin": ("from: now", "from: later", "6: outlets.hist.from: 'later' is not one of start, now"),
    "bound of nothing": ("most: 30d", "most: 0", "6: outlets.hist.most: nothing may wait then"),
    "bound that is none": ("most: 30d", "most: lots", "6: outlets.hist.most: "),
    "bound that is yes": ("most: 30d", "most: true", "6: outlets.hist.most: is true (write 30d"),
    "no tags": ('["hall/**"]', "[]", "6: outlets.hist.tags: is empty; nothing would be sent"),
    "a tag that is a list": ('["hall/**"]', "[[a]]", "6: outlets.hist.tags[0]: is a list"),
    "name": ("copy:", "a copy:", "7: outlets.a copy: "),
    "former name of one that is there": ("bucket: all", "bucket: all, was: hist", "7: outlets.copy: was 'hist', which"),
    "what only the plug-in knows": ("bucket: all", 'bucket: "a l"', "7: bucket: has a blank in it"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_one_line_with_its_place(name: str):
    old, new, message = MISTAKES[name]
    assert PLANT.count(old) == 1
    (problem,) = problems(PLANT.replace(old, new), {"TOKEN": "x"})
    assert problem.removeprefix("plant.yaml:").startswith(message)


def test_what_the_section_says():
    plant = loaded(PLANT, {"TOKEN": "secret"})
    hist, copy = plant.outlets["hist"], plant.outlets["copy"]
    assert (hist.begin, hist.most_age, hist.most_rows, hist.tags) == ("now", 30 * DAY, 0, ("hall/**",))
    assert hist.spec.settings["token"] == "secret"
    assert "secret" not in plant.text
    assert (copy.begin, copy.most_age, copy.most_rows, copy.tags, copy.wire) == ("start", 0, 0, (), False)
    assert (
        loaded(PLANT.replace("bucket: all", "bucket: all, values: wire, most: 500"), {"TOKEN": "x"})
        .outlets["copy"]
        .wire
    )


def test_a_variable_that_is_not_set_is_told():
    assert problems(PLANT, {"OTHER": ""}) == [
        "plant.yaml:6: outlets.hist.token: ${TOKEN} is not set (set the environment variable TOKEN)"
    ]


@pytest.mark.parametrize(
    ("glob", "tag", "taken"),
    [
        ("hall/**", "acme/brno/hall/temp", True),
        ("hall/*", "acme/brno/hall/line/temp", True),
        ("hall", "acme/brno/hall/temp", True),
        ("acme/brno/hall", "acme/brno/hall/temp", True),
        ("acme/brno/hall/temp", "acme/brno/hall/temp", True),
        ("hall/temp", "acme/brno/hall/temp", True),
        ("hall/t", "acme/brno/hall/temp", False),
        ("*/temp", "acme/brno/hall/temp", True),
        ("yard/**", "acme/brno/hall/temp", False),
    ],
)
def test_globs_take_tags_with_the_plant_and_without(glob: str, tag: str, taken: bool):
    assert takes((glob,), "acme/brno")(tag) is taken


def test_a_glob_that_takes_nothing_is_told():
    plant = loaded(PLANT.replace("hall/**", "hal/temp"), {"TOKEN": "x"})
    told = matching_nothing(plant.outlets["hist"], plant, plant.tags)
    assert told == ["tags: no tag matches 'hal/temp' (did you mean 'hall/temp'?)"]
    assert matching_nothing(plant.outlets["copy"], plant, plant.tags) == []


def test_twin_check_tells_it_too_and_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "plant.yaml"
    file.write_text(
        "outlets:\n  hist: {influx: 'http://10.0.1.9:8086', bucket: plant, tags: [x/**]}\n"
        "connections:\n  gw: {mqtt: 'mqtt://10.0.1.5'}\ntags:\n  a: {from: gw, topic: t}\n"
    )
    assert main(["check", str(file)]) == 0
    assert f"{file}: note: outlets.hist.tags: no tag matches 'x/**'" in capsys.readouterr().err


def test_the_schema_knows_the_section():
    ours = Draft7Validator(schema(PLUGINS, OUTLETS))
    outlet = {"tsdb": "http://x", "bucket": "b", "tags": ["a/**"], "from": "now", "most": 5}
    assert ours.is_valid({"outlets": {"hist": outlet}})
    for wrong in ({"from": "later"}, {"most": 0}, {"most": "lots"}, {"buket": "b"}, {"tags": "a"}):
        assert not ours.is_valid({"outlets": {"hist": {**outlet, **wrong}}}), wrong
    assert not ours.is_valid({"outlets": {"hist": {"tsdb": "http://x"}}})
    assert not Draft7Validator(schema(PLUGINS)).is_valid({"outlets": {"hist": outlet}})
