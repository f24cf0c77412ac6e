"""The example of several files: types on each other, loops, includes, units, sites; nothing is wrong with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from twin.cli.main import main
from twin.core.instant import from_text
from twin.mes.calendar import calendar_of
from twin.model.plant import Plant
from twin.model.rule_text import text_of
from twin.runtime.plant_file import read_plant

FOLDER = Path(__file__).parents[3] / "examples" / "acme"
FILE = FOLDER / "plant.yaml"


@pytest.fixture(scope="module")
def plant() -> Plant:
    return read_plant(str(FILE))


def test_check_finds_nothing_wrong(capsys: pytest.CaptureFixture[str]):
    assert main(["check", str(FILE)]) == 0
    assert capsys.readouterr().out == f"{FILE}: acme: 3 lines, 7 machines, 41 tags, 2 connections\n"


def test_each_line_has_the_hours_of_its_site(plant: Plant):
    hours = {line.path: calendar_of(plant, line.path) for line in plant.lines}
    assert [hours[path].zone.key for path in hours] == ["Europe/Prague", "Europe/Prague", "Asia/Tokyo"]
    assert [list(hours[path].shifts) for path in hours] == [["early", "late"], ["always"], ["day"]]
    day = from_text("2026-12-24T00:00Z"), from_text("2026-12-24T23:00Z")
    assert [bool(hours[path].busy(*day)) for path in hours] == [False, True, False]
    assert date(2026, 11, 23) in plant.sites["acme/osaka"].calendar


def test_what_comes_in_another_unit_is_converted(plant: Plant):
    line = "acme/brno/packaging/line1"
    oil, osaka = plant.tags[f"{line}/filler/oil"], plant.tags["acme/osaka/line1/filler/oil"]
    assert (oil.factor, osaka.factor) == (5 / 9, 1.0)
    assert [alarm.limit for alarm in oil.alarms] == [85.0, 95.0]
    assert [alarm.limit for alarm in plant.tags[f"{line}/filler/pressure"].alarms] == [0.9]
    assert f"{line}/filler/zone4" not in plant.tags
    made = {
        path.rpartition("/")[2]: text_of(tag.compute) for path, tag in plant.tags.items() if tag.compute is not None
    }
    assert made["power"] == f"{line}/filler/torque * {line}/filler/speed * 1 * 0.00010471975511965978"
    air = "acme/brno/utilities/air/compressor2"
    assert made["lift"] == f"({air}/pressure - {air}/inlet * 0.001) * 100"


def test_an_ideal_rate_is_dated(plant: Plant):
    cola = plant.products["cola05"]
    assert (cola.ideal["filler"], cola.dated["filler"][0][1]) == (600_000_000, 500_000_000)
