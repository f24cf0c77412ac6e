"""What the documents show of simulated lines lives: descriptions, scenarios, and the mistake that is shown."""

import os
import re

import pytest

from simulators.plants import FILES
from tests.unit.simulators.start import HOUR, START
from tests.unit.test_docs import LINES, ROOT
from twin.core.errors import Misconfigured
from twin.model.load import load
from twin.runtime.plugins import connectors, line

PAGE = (ROOT / "docs" / "how-to" / "simulate.md").read_text(encoding="utf-8")
DESCRIBED, NIGHT = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-line.yaml").write_text(DESCRIBED, encoding="utf-8")
    (tmp_path / "night.yaml").write_text(NIGHT, encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_the_line_of_the_how_to_lives_and_has_a_plant_file():
    run = line("my-line.yaml").build(1, START)
    names, *_ = run.step(START + HOUR)
    plant = load(line("my-line.yaml").plant_file({}), "made", connectors(), os.environ)
    assert {f"{plant.path}/{name}" for name in names} == set(plant.tags)
    assert run.newest["hall/line1/press/total"][1] > 1000
    assert len(LINES) == 2


@pytest.mark.usefixtures("folder")
def test_its_scenario_happens():
    run = FILES.scenario("night.yaml", line).build(START)
    run.step(START + 4 * HOUR)
    assert [r["component"] for r in run.truth() if r["kind"] == "fault"] == ["bearing", "vibration", "jam"]


@pytest.mark.usefixtures("folder")
def test_its_mistake_is_told_as_shown(tmp_path):
    (tmp_path / "my-line.yaml").write_text(DESCRIBED.replace("cycle: 2s", "cycl: 2s"), encoding="utf-8")
    (shown,) = re.findall(r"```text\n(.*?)\n```", PAGE)
    with pytest.raises(Misconfigured, match=re.escape(shown)):
        line("my-line.yaml")
