"""Scenarios: all that cannot be is told with its line before anything starts; all that can happens when it shall."""

import re

import pytest

from simulators.description.document import read_file
from simulators.plants import FILES, PACKAGING
from tests.unit.simulators.start import HOUR, MINUTE, START
from twin.core.errors import Misconfigured
from twin.runtime import plugins

NIGHT = """\
line: packaging
seed: 7
for: 8h
faults:
  - {what: "filler.bearing:20m", at: 10m}
  - {what: filler.vibration.stuck, at: 1h, for: 10m}
"""
WRONG = [
    ("packaging", "packaging2", "night.yaml:1: line: no simulated line 'packaging2'; there are: "),
    ("packaging", "none.yaml", "night.yaml:1: line: "),
    ("seed: 7", "seed: -7", "night.yaml:2: seed: -7 is out of range; take at least 0 and at most"),
    ("for: 8h", "for: 8 hours", "night.yaml:3: for: '8 hours' is not a length of time; write it like 500ms"),
    ("for: 8h", "for: 0s", "night.yaml:3: for: 0s is out of range; take more than 0"),
    ("at: 10m", "at: 9h", "night.yaml:5: faults[0].at: filler.bearing:20m comes after 32,400 s, but all ends"),
    ("at: 10m", "at: -10m", "night.yaml:5: faults[0].at: '-10m' is not a length of time"),
    ("filler.bearing:20m", "oven.bearing", "night.yaml:5: faults[0].what: no fault 'oven.bearing'; "),
    ("filler.vibration.stuck", "filler.vibration.stck", "night.yaml:6: faults[1].what: "),
    ("seed: 7", "sed: 7", "night.yaml:2: unknown key 'sed'; did you mean 'seed'?"),
    ("seed: 7", "nasty: [long-idds]", "night.yaml:2: nasty[0]: "),
    ("line: packaging", "lines: packaging", "night.yaml:1: unknown key 'lines'; did you mean 'line'?"),
]  # fmt: skip


@pytest.fixture
def night(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text):
        (tmp_path / "night.yaml").write_text(text, encoding="utf-8")
        return "night.yaml"

    return write


@pytest.mark.parametrize(("right", "wrong", "error"), WRONG, ids=[wrong for _, wrong, _ in WRONG])
def test_what_cannot_be_is_told_with_its_line(night, right, wrong, error):
    with pytest.raises(Misconfigured, match=re.escape(error)) as raised:
        plugins.scenario(night(NIGHT.replace(right, wrong, 1)))
    assert "\n" not in str(raised.value)


def test_everything_happens_when_it_shall(night):
    scenario = plugins.scenario(night(NIGHT))
    assert (scenario.line.name, scenario.seed, scenario.length, scenario.nasty) == ("packaging", 7, 8 * HOUR, ())
    run = scenario.build(START)
    run.step(START + 2 * HOUR)
    bearing, stuck = (record for record in run.truth() if record["kind"] == "fault")
    assert (bearing["component"], bearing["start"]) == ("bearing", START + 10 * MINUTE)
    assert START + 10 * MINUTE < bearing["failure"] < START + 2 * HOUR
    assert (stuck["component"], stuck["start"], stuck["end"]) == ("vibration", START + HOUR, START + HOUR + 10 * MINUTE)


def test_the_same_seed_is_the_same_life_and_another_may_be_taken(night):
    scenario = plugins.scenario(night(NIGHT))
    lives = [scenario.build(START, seed) for seed in (None, 7, 8)]
    mine, same, other = [[c.tolist() for c in life.step(START + MINUTE)[1:4]] for life in lives]
    assert mine == same != other


def test_a_line_beside_a_scenario_goes_by_its_file_and_a_line_alone_is_a_scenario(night, tmp_path):
    (tmp_path / "mine.yaml").write_text(PACKAGING.file.read_text(encoding="utf-8"), encoding="utf-8")
    scenario = plugins.scenario(night("line: mine.yaml\n"))
    assert (scenario.line.name, scenario.seed, scenario.length) == ("mine", 1, None)
    assert plugins.scenario("mine.yaml").line.name == plugins.line("mine.yaml").name == "mine"
    assert FILES.line("mine.yaml").described(1) == PACKAGING.described(1)
    assert read_file(tmp_path / "night.yaml").value["line"].value.value == "mine.yaml"


def test_a_file_that_is_wrong_or_not_there_is_told_in_one_line(tmp_path):
    with pytest.raises(Misconfigured, match=r"none.yaml:1: cannot be read \(No such file or directory\)"):
        plugins.line(str(tmp_path / "none.yaml"))
    (tmp_path / "wrong.yaml").write_text("line: a\nmachins: {}\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"wrong.yaml:2: unknown key 'machins'; did you mean 'machines'\?"):
        plugins.line(str(tmp_path / "wrong.yaml"))
