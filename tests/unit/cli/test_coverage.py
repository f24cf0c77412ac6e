"""`twin coverage` on a folder that nobody runs, and on one that a twin holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.api.running import FILLER, instant, row, running
from tests.unit.api.test_coverage import TEMP, an_outage
from twin.cli.main import main


def run(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str, code: int = 0) -> str:
    assert main(["coverage", "--data", str(folder), *arguments]) == code
    said = capsys.readouterr()
    return said.err if code else said.out


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """An outage of s7 that the history of its server filled for one tag."""
    async with running(tmp_path) as api:
        await an_outage(api)
        await api.post([row(TEMP, 60, 1, status=0x480), row(TEMP, 60.5, 2), row(TEMP, 61, 3)])
        await api.post([row(TEMP, 61, 4)])
    return tmp_path


async def test_each_missing_interval_is_told_with_its_cause(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = run(capsys, folder, "--from", instant(0), "--to", instant(90), "--tag", "*/filler/*")
    lines = said.splitlines()
    assert lines[0].split() == ["tag", "covered", "missing", "received", "filled", "overflowed", "overwritten",
                                "repeats", "bad", "uncertain", "late"]  # fmt: skip
    (temp,) = (line for line in lines if line.startswith(TEMP))
    assert temp.split()[1:] == ["88.89", "%", "10", "s", "30", "15", "1", "1", "1", "0", "0", "0"]
    assert f"missing {instant(0)} to {instant(10)} (10 s): not watched: nothing watched it; 7 tags of s7" in lines
    assert (
        f"missing {instant(19)} to {instant(50)} (31 s): gap: subscribed anew; not in the source's history: "
        f"BadHistoryOperationUnsupported; {FILLER}/recipe" in lines
    )
    assert f"filled {instant(19)} to {instant(50)} (31 s): gap: subscribed anew; {TEMP}" in lines
    assert "covered by subscription, cannot see pulses shorter than 500 ms: 6 tags" in lines
    assert lines[-1].startswith(f"7 tags from {instant(0)} to {instant(90)}: ")
    assert "30 received, 15 filled, 1 overflowed, 1 overwritten, 1 repeats" in lines[-1]


async def test_a_program_may_read_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = json.loads(run(capsys, folder, "--from", instant(0), "--tag", "packaging/line1/filler/temp", "--json"))
    (temp,) = said["tags"]
    assert (temp["tag"], temp["connection"], temp["blind_s"]) == (TEMP, "s7", 0.5)
    assert temp["rows"]["overwritten"] == said["total"]["overwritten"] == 1
    assert [one["state"] for one in temp["stretches"]] == ["missing", "covered", "filled", "covered"]
    assert temp["stretches"][2] == {
        "from": instant(19), "to": instant(50), "state": "filled", "why": "gap", "cause": "subscribed anew",
    }  # fmt: skip


async def test_since_the_last_entry_nobody_listens(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = run(capsys, folder, "--from", instant(80), "--to", instant(200), "--tag", TEMP)
    assert f"to {instant(200)} (1 min 40 s): twin stopped: linetwin was not running; {TEMP}" in said


async def test_what_is_wrong_is_told(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no tag of this data folder matches" in run(capsys, folder, "--tag", "x", code=2)
    assert "is not before" in run(capsys, folder, "--from", instant(9), "--to", instant(9), code=2)
    assert "is not a time like" in run(capsys, folder, "--from", "yesterday", code=2)
    assert "no data here" in run(capsys, tmp_path / "other", code=1)
