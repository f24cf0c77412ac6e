"""`twin export`: every form of the same rows, and of what is made of them, from a folder that nobody runs on."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from tests.unit.api.running import FILLER, instant, row, running
from twin.api.sample_tables import samples_head
from twin.cli.main import main
from twin.store.export import write

RAW, RECIPE = f"{FILLER}/raw_temp", f"{FILLER}/recipe"
TIMES = [instant(second) for second in (10, 20, 40)]


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    async with running(tmp_path / "data") as api:
        api.clock.at(100)
        await api.post([row(RAW, second, second * 10) for second in (10, 20, 40)])
        await api.post([row(RECIPE, 30, text="=1")])
    return tmp_path / "data"


def export(folder: Path, *arguments: str) -> int:
    return main(["export", "--data", str(folder), *arguments])


def test_every_form_has_the_rows_of_the_wire(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("csv", "parquet", "arrow", "json"):
        file = folder.parent / f"rows.{form}"
        assert export(folder, "--tag", "*/filler/*", "-o", str(file)) == 0
        found = {
            "csv": pd.read_csv,
            "parquet": pd.read_parquet,
            "arrow": lambda path: pa.ipc.open_stream(path).read_pandas(),
            "json": lambda path: pd.DataFrame(map(json.loads, path.read_text(encoding="utf-8").splitlines())),
        }[form](file)
        assert list(found.columns) == ["time", "tag", "value", "status", "text"]
        assert found["tag"].tolist() == [RAW, RAW, RECIPE, RAW]
        assert found["value"].tolist()[:2] == [100.0, 200.0]
        assert found["text"].tolist()[2] == "=1"
    assert capsys.readouterr().err.count("4 rows") == 4


def test_values_newest_edges_instants_and_aggregates(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def lines(*arguments: str) -> list[str]:
        assert export(folder, "--tag", RAW, *arguments) == 0
        return capsys.readouterr().out.splitlines()[1:]

    assert lines("--scaled", "--last") == [f"{TIMES[2]},{RAW},40.0,0x00000000,"]
    within = ("--from", instant(15), "--to", instant(30))
    assert [line.split(",")[0] for line in lines(*within, "--bounds")] == TIMES
    assert lines("--at", instant(25))[0].split(",")[:5] == [instant(25), RAW, TIMES[1], "5.0", "20.0"]
    made = lines("--aggregate", "max,average", "--interval", "20s", "--from", TIMES[0], "--to", instant(30))
    assert made[0].split(",")[:6] == [TIMES[0], instant(30), RAW, "2", "0", "20.0"]
    assert made[0].split(",")[6] == "15.0"


def test_what_makes_no_sense_is_told_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, told in (
        (("--tag", "none"), "no tag of this data folder matches"),
        (("--last", "--bounds"), "--last and --bounds: give one of them"),
        (("--aggregate", "median", "--interval", "1m"), "'median' is none of"),
        (("--aggregate", "mean"), "--aggregate needs --interval: 10m, 1h, day"),
        (("--interval", "1h"), "--interval is for aggregates; give --aggregate too"),
        (
            ("--from", "yesterday"),
            "--from: 'yesterday' is not a time like 2026-11-22T14:03:12Z; or relative like now-2h",
        ),
        (("--from", "now-1y"), "'1y' is not a duration"),
        (("-o", "rows.xlsx"), "-o rows.xlsx: workbooks are not written; name a .csv"),
        (("--format", "parquet"), "name a file with -o FILE"),
        (("-o", "/no/such/place.csv"), "choose another place"),
        (("-o", "/no/such/place.parquet"), "choose another place"),
    ):
        assert export(folder, *arguments) == 2
        assert told in capsys.readouterr().err


def test_a_spreadsheet_runs_nothing_of_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(folder, "--tag", RECIPE, "--spreadsheet") == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[1].endswith(",'=1")
    assert told.err.endswith("1 row\n")


def test_what_goes_wrong_in_the_middle_is_told_in_one_line_too(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.api.processing.MOST_IN_INTERVAL", 1)
    made = folder.parent / "made.csv"
    assert export(folder, "--tag", RAW, "--aggregate", "average", "--interval", "1h", "-o", str(made)) == 2
    assert "more than 1 samples in one interval" in capsys.readouterr().err
    assert not made.exists()


def test_a_device_is_not_taken_away_when_an_export_fails(folder: Path) -> None:
    """A named pipe stands for it; a test does not risk /dev/null."""
    pipe = folder.parent / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(ZeroDivisionError):
            write(samples_head(), (1 // 0 for _ in range(1)), "csv", pipe)  # pyright: ignore[reportArgumentType]
        assert pipe.is_fifo()
    finally:
        os.close(reading)


def test_a_tag_may_be_named_without_the_plant_and_a_span_by_its_age(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = RAW.removeprefix("acme/brno/")
    assert short != RAW
    assert export(folder, "--tag", short) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert export(folder, "--tag", short, "--from", "now-36500d", "--to", "now") == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert export(folder, "--tag", short, "--from", "now-1s") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
