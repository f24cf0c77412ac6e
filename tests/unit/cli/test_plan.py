"""`twin plan`: two files, or one beside what a data folder was last run with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from twin.cli.main import main
from twin.core.batch import batch
from twin.core.event import PLANT_LOADED, Event
from twin.core.instant import HOUR, from_text
from twin.runtime.clock import WallClock
from twin.runtime.plant_file import read_plant
from twin.store.log import SqliteLog

OLD = """\
connections: {s7: {opcua: "opc.tcp://a:4840", ns: "urn:plc", user: u, password: "${NOBODY_SET_IT}"}}
tags:
  temp: {from: s7, node: x, raw: [0, 10], range: [0, 100]}
"""
SCALES = "scales: [{from: 2026-11-20T00:00Z, to: 2026-11-20T10:00Z, raw: [0, 10], range: [0, 50]}]"
START = from_text("2026-11-19T20:00Z")
MENDED = (
    "added dated scale temp: 2026-11-20T00:00:00Z to 2026-11-20T10:00:00Z factor 5, offset 0; "
    "mends the past since 2026-11-20T00:00:00Z"
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return written(tmp_path / "old.yaml", OLD)


@pytest.fixture
def folder(tmp_path: Path, old: Path) -> Path:
    """Ran with the old plant, and has a sample an hour of `temp` and of one that the model does not name."""
    plant = read_plant(str(old), secrets=False)
    log = SqliteLog(tmp_path / "data", WallClock())
    body = {"digest": plant.digest, "text": plant.text, "tags": 0}
    log.submit(Event(START, PLANT_LOADED, plant.path, body)).result()
    times = START + HOUR * np.arange(24)
    for tag in ("temp", "other"):
        ids = np.full(len(times), log.tags.id_of(tag), np.int32)
        log.submit(batch("test", ids, times, np.arange(24.0))).result()
    log.close()
    return tmp_path / "data"


def written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_two_files(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = written(tmp_path / "new.yaml", OLD.replace("node: x,", f"node: x, {SCALES}, alarms: [{{high: 9}}],"))
    assert main(["plan", str(old), str(new)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{new}:3: added alarm temp~high: high 9, priority 3; from now on",
        f"{new}:3: {MENDED}",
        "2 changes: 1 from now on, 1 mends the past since 2026-11-20T00:00:00Z",
    ]
    assert main(["plan", str(old), str(old)]) == 0
    assert capsys.readouterr().out == "no changes\n"


def test_beside_a_folder_the_samples_that_read_otherwise_are_counted(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = written(tmp_path / "new.yaml", OLD.replace("temp: {from: s7,", f"hot: {{from: s7, was: temp, {SCALES},"))
    assert main(["plan", str(new), "--data", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{new}:3: renamed tag hot: was temp; series goes on",
        f"{new}:3: {MENDED.replace('temp', 'hot')} (10 samples)",
        f"{new}:1: changed connection s7: its tags are others, connects again; from now on",
        "3 changes: 1 series goes on, 1 from now on, 1 mends the past since 2026-11-20T00:00:00Z (10 samples)",
    ]
    assert main(["plan", str(new), "--data", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["changes"][1] == {
        "kind": "added", "what": "dated scale", "name": "hot", "tag": "hot", "place": f"{new}:3",
        "text": "2026-11-20T00:00:00Z to 2026-11-20T10:00:00Z factor 5, offset 0", "samples": 10,
        "effect": "mends the past since 2026-11-20T00:00:00Z",
        "since": "2026-11-20T00:00:00Z", "until": "2026-11-20T10:00:00Z",
    }  # fmt: skip


def test_a_series_that_the_model_did_not_name_is_mended_too(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = written(tmp_path / "new.yaml", f"{OLD}  other: {{from: s7, node: y, {SCALES}}}\n")
    assert main(["plan", str(new), "--data", str(folder)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{new}:4: added tag other: it has samples already; series goes on"
    assert said[1] == f"{new}:4: {MENDED.replace('temp', 'other')} (10 samples)"


def test_what_would_be_refused_ends_with_1(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = written(tmp_path / "new.yaml", f"{OLD}  other: {{from: s7, node: y, type: text}}\n")
    assert main(["plan", str(new), "--data", str(folder)]) == 1
    fact = "number -> text: a tag never changes its type: give it another name; refused"
    assert capsys.readouterr().out.splitlines()[0] == f"{new}:4: changed tag other: {fact}"
    assert main(["plan", str(new), "--data", str(folder), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["refused"] is True


def test_a_folder_that_was_never_run(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    SqliteLog(tmp_path / "data", WallClock()).close()
    assert main(["plan", str(old), "--data", str(tmp_path / "data")]) == 2
    assert "no plant was ever run on this folder" in capsys.readouterr().err
