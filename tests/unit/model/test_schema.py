"""The JSON Schema says of a plant file what `twin check` says, as far as a schema can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from tests.unit.model.mistakes import MISTAKES, PLANT
from tests.unit.model.stand_ins import OUTLETS, PLUGINS, loaded, problems
from twin.cli.main import main
from twin.core.errors import Problems
from twin.core.plugin import Key
from twin.model import keys
from twin.model.entry import Entry
from twin.model.report import Report
from twin.model.schema import schema
from twin.model.yaml_text import compose
from twin.runtime.plugins import connectors, outlets

ROOT = Path(__file__).parents[3]
FILES = [ROOT / "examples" / "brno.yaml", ROOT / "simulators" / "plants" / "packaging" / "plant.yaml"]
OURS = Draft7Validator(schema(PLUGINS, OUTLETS))

SEEN = {
    "thinned without an age",
    "an interpolation that is none",
    "unknown key",
    "unknown key at the top",
    "unknown key of a tag",
    "wrong type",
    "list for a mapping",
    "number in quotes",
    "missing required key",
    "bad path segment",
    "a dated scale without a date",
    "a day that is none",
    "a day that is neither",
    "a version that is none",
    "empty path segment",
    "no such state",
    "unknown as a state",
    "duration that is none",
    "choice",
    "no protocol",
    "misspelt protocol",
    "two protocols",
    "scheme of another protocol",
    "address without a scheme",
    "write that is a word",
    "another version",
    "state table without a tag",
    "state table of no table",
}
"""Mistakes that stand in one place of the file, so a schema can see them too. All others need `twin check`."""


def plain(text: str) -> Any:
    return Entry(compose(text, "plant.yaml"), "", 1, Report("plant.yaml")).plain()


def marked(text: str) -> bool:
    """Whether an editor with our schema would mark something."""
    return not OURS.is_valid(plain(text))


def is_yaml(text: str) -> bool:
    try:
        plain(text)
    except Problems:
        return False
    return True


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(schema(connectors(), outlets()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_plant_files_that_we_ship_are_right(path: Path) -> None:
    errors = Draft7Validator(schema(connectors(), outlets())).iter_errors(plain(path.read_text(encoding="utf-8")))
    assert [f"{list(error.absolute_path)}: {error.message}" for error in errors] == []


def test_the_plant_of_the_mistakes_is_right() -> None:
    assert not marked(PLANT)


@pytest.mark.parametrize("name", [name for name in MISTAKES if is_yaml(PLANT.replace(*MISTAKES[name][:2]))])
def test_it_marks_what_stands_in_one_place_and_nothing_else(name: str) -> None:
    old, new, _ = MISTAKES[name]
    assert marked(PLANT.replace(old, new)) is (name in SEEN)


def sections() -> dict[str, tuple[Key, ...]]:
    return {name: found for name, found in vars(keys).items() if name.endswith("_KEYS")}


def texts_of(value: Any) -> set[str]:
    """All names of properties, at any depth."""
    if isinstance(value, dict):
        own = set(value.get("properties", ()))
        return own.union(*map(texts_of, value.values())) if value else own
    return set[str]().union(*map(texts_of, value)) if isinstance(value, list) else set()


def test_every_key_of_the_grammar_and_of_every_plug_in_is_there() -> None:
    wanted = {key.name for found in sections().values() for key in found}
    wanted |= {key.name for plugin in connectors().values() for key in (*plugin.connection_keys, *plugin.tag_keys)}
    assert wanted - texts_of(schema(connectors(), outlets())) == set()


PLACES = {
    "the file": "types:",
    "a connection": '"urn:x"',
    "a tag": "{node: .t",
    "a counter": "counter: {",
    "counts": "counts: {total: total",
    "a rule": "is: running",
    "a line": "flow: [filler]",
    "a machine": "node: DB",
}
"""Where a key may be put in; the text after which, or before which at the start of a line, it stands."""


def with_key(place: str, key: str) -> str:
    text = PLACES[place]
    assert PLANT.count(text) == 1
    if text.endswith(":"):
        return PLANT.replace(text, f"{key}: 1\n{text}")
    if text.startswith("flow"):
        return PLANT.replace(text, f"{text}\n    {key}: 1")
    comma = "" if text.endswith("{") else ", "
    return PLANT.replace(text, f"{text}{comma}{key}: 1")


@pytest.mark.parametrize("place", PLACES)
@given(key=st.text(alphabet="abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12))
def test_a_key_unknown_to_one_is_unknown_to_the_other(place: str, key: str) -> None:
    text = with_key(place, key)
    unknown = any("unknown key" in problem for problem in problems(text))
    assert marked(text) or not unknown
    assert problems(text) or not marked(text)


@pytest.mark.parametrize(
    "plain_text", ["", "linetwin: 1", "lines:", "tags:\nconnections:\n", "shifts: {early: Mon 1:00-2:00}"]
)
def test_short_files_that_check_takes_are_not_marked(plain_text: str) -> None:
    text = plain_text or "linetwin: 1\n"
    assert loaded(text).tags == {}
    assert not marked(text)


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema(connectors(), outlets())
