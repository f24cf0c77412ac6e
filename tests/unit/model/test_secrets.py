"""What leaves the plant in a plant file: no password, wherever it was written."""

from __future__ import annotations

import pytest

from twin.model.files import apart, together
from twin.model.secrets import without_secrets
from twin.model.yaml_text import compose

KEYS = {"password", "token"}


@pytest.mark.parametrize(
    "written",
    [
        "a: {user: u, password: hunter2}",
        "a: {user: u, password: 'hunter2'}",
        'a: {"password": "hunter2", b: 1}',
        "a:\n  password: hunter2\n  b: 1",
        "a:\n  - {token: hunter2}\n  - {token: hunter2}",
        "a:\n  token: |\n    hunter2\n  b: 1",
        "a:\n  password: ${PREFIX}hunter2",
        "a: {url: 'mqtt://u:hunter2@broker:1883'}",
        "a: {url: opc.tcp://hunter2@10.0.0.1}  # hunter2@x",
    ],
)
def test_it_is_taken_out_and_named(written):
    text, places = without_secrets(f"plant: x\n{written}\n", KEYS)
    assert "hunter2" not in text.partition("#")[0]
    assert places[0].startswith("plant.yaml:")
    assert text.startswith("plant: x\n")
    compose(text, "plant.yaml")


@pytest.mark.parametrize(
    "written",
    [
        "password: ${S7_PW}",
        "password: ''",
        "a: {url: 'mqtt://${U}:${P}@broker'}",
        "note: 'a@b and http://x/y'",
        "[",
        "tags: {}",
    ],
)
def test_what_holds_none_stays_as_it_is(written):
    assert without_secrets(written, KEYS) == (written, [])


def test_each_file_of_a_plant_of_several():
    files = {"plant.yaml": "include: more.yaml", "more.yaml": "connections:\n  s7: {password: hunter2}"}
    text, places = without_secrets(together(files), KEYS)
    assert places == ["more.yaml:2"]
    assert "hunter2" not in text
    assert list(apart(text, "")[1]) == list(files)
    assert without_secrets(text, KEYS) == (text, [])
