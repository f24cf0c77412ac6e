"""A real file in, every value out again: by the API and by `twin export`, exactly."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.wire.running import running_twin

SKAB = Path(os.environ.get("LINETWIN_DATA", "")) / "skab" / "valve1" / "0.csv"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not SKAB.is_file(), reason="no public data sets: set LINETWIN_DATA to their folder"),
]

Value = tuple[str, str, float]


def twin(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "twin.cli.main", *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def expected() -> set[Value]:
    """(tag, time, number) of every cell of the file."""
    with SKAB.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    return {
        (f"0/{column}", f"{row['datetime'].replace(' ', 'T')}Z", float(cell))
        for row in rows
        for column, cell in row.items()
        if column != "datetime"
    }


def exported(folder: Path) -> set[Value]:
    rows = list(csv.DictReader(twin("export", "--data", str(folder)).splitlines()))
    assert all(row["status"] == "0x00000000" and row["text"] == "" for row in rows)
    return {(row["tag"], row["time"], float(row["value"])) for row in rows}


def served(url: str, tags: set[str]) -> set[Value]:
    asked = [("tag", tag) for tag in sorted(tags)] + [("from", "2020-03-01T00:00:00Z"), ("to", "2020-04-01T00:00:00Z")]
    with urllib.request.urlopen(f"{url}/api/v1/samples?{urllib.parse.urlencode(asked)}") as answer:
        found = json.load(answer)["samples"]
    return {(one["tag"], time, value) for one in found for time, value in zip(one["time"], one["value"], strict=True)}


def test_every_value_of_a_skab_file_comes_back_exactly(tmp_path: Path) -> None:
    values = expected()
    twin("import", str(SKAB), "--data", str(tmp_path / "data"))
    assert exported(tmp_path / "data") == values
    plant = tmp_path / "plant.yaml"
    plant.write_text("linetwin: 1\nplant: test\n", encoding="utf-8")
    with running_twin(plant, tmp_path / "data") as url:
        assert served(url, {tag for tag, _, _ in values}) == values


def test_a_running_twin_takes_the_file_through_its_api(tmp_path: Path) -> None:
    plant = tmp_path / "plant.yaml"
    plant.write_text("linetwin: 1\nplant: test\n", encoding="utf-8")
    with running_twin(plant, tmp_path / "data"):
        twin("import", str(SKAB), "--data", str(tmp_path / "data"))
        assert exported(tmp_path / "data") == expected()
