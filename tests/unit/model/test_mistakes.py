"""Every kind of mistake in a plant file has one line that names the place, the fact and the fix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.mistakes import FOLLOWED, MISTAKES, PLANT
from tests.unit.model.stand_ins import EXAMPLE, loaded, problems


def wrong(old: str, new: str) -> list[str]:
    """What is wrong with the plant after one edit."""
    assert PLANT.count(old) == 1
    return [problem.removeprefix("plant.yaml:") for problem in problems(PLANT.replace(old, new))]


def test_the_plant_itself_is_right():
    assert problems(PLANT) == []


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name: str):
    old, new, message = MISTAKES[name]
    assert message in wrong(old, new)


def test_a_recipe_that_is_a_text_shows_no_product():
    plant = PLANT.replace("temp: {node: .t}", "recipe: {node: .r, type: text}")
    [problem] = problems(plant.replace("flow: [filler]", "product: {tag: filler/recipe}\n    flow: [filler]"))
    assert "product.tag: tag 'filler/recipe' is a text tag and a number is needed here" in problem


@pytest.mark.parametrize("name", sorted(MISTAKES.keys() - FOLLOWED))
def test_one_mistake_is_one_line(name: str):
    old, new, _ = MISTAKES[name]
    assert len(wrong(old, new)) == 1


def test_all_mistakes_come_in_one_report_in_the_order_of_lines():
    text = PLANT.replace("from: s7", "from: s9").replace("status == 3", "statuss == 3").replace("ns: ", "nss: ")
    assert [problem.split(":")[1] for problem in problems(text)] == ["3", "13", "19"]


def test_a_mistake_in_a_type_is_told_once_however_many_machines_have_it():
    text = PLANT.replace("filler: {type", "filler[1..50]: {type").replace("flow: [filler]", "flow: []")
    assert len(problems(text.replace("status == 3", "statuss == 3"))) == 1
    assert len(problems(text.replace("status == 3", "other/status == 3"))) == 1


@pytest.mark.parametrize("text", ["", "just text", "- a\n- b\n", "42"])
def test_a_file_that_is_no_plant_file(text: str):
    (problem,) = problems(text)
    assert problem == "plant.yaml:1: not a plant file: it holds no `key: value` lines (see `twin init`)"


@pytest.mark.parametrize("bomb", ["- " * 200_000, "? " * 200_000, "a: " + "[" * 100_000])
def test_a_file_nested_without_end_is_refused(bomb: str):
    assert len(problems(bomb)) == 1


def test_a_secret_is_in_no_message():
    keys = 'password: ["${S7_PW}"], user: "${S7_PW}", wait: "${S7_PW}", time: "${S7_PW}", mqtt: "${S7_PW}"'
    found = problems(PLANT.replace('mqtt: "mqtt://10.0.1.5"', keys), {"S7_PW": "hunter2"})
    assert "plant.yaml:4: connections.gw.wait: '${S7_PW}' is not a duration like 250ms, 30s, 5m, 1h30m" in found
    assert all("hunter2" not in problem for problem in found)


@given(st.text())
def test_any_text_loads_or_is_refused(text: str):
    assert problems(text) or loaded(text).tags == {}


@given(st.data())
def test_any_cut_of_the_example_loads_or_is_refused(data: st.DataObject):
    text = EXAMPLE.read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    insert = data.draw(st.text(alphabet="[]{}:,-*&!|>'\"#\n abc1", max_size=6))
    changed = text[:start] + insert + text[end:]
    assert problems(changed) or loaded(changed).text == changed
