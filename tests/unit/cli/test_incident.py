"""`twin incident export` and `run`, over folders that are stopped and folders that a twin writes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.api.running import PLANT, START, HandClock, row, running
from twin.cli.main import main
from twin.core.instant import to_text
from twin.model.load import load
from twin.runtime.plugins import connectors

ROOT = Path(__file__).parents[3]
ST, TOTAL, TEMP = (f"acme/brno/packaging/line1/filler/{name}" for name in ("st", "total", "temp"))


async def lived(folder: Path, clock: HandClock, more) -> None:
    """Five minutes of a filler, with an alarm and a late sample; then what `more` does while the twin runs."""
    async with running(folder, clock) as api:
        for minute in range(5):
            rows = [row(ST, minute * 60 + 5, 1 + minute % 2), row(TOTAL, minute * 60 + 6, minute * 40)]
            clock.at(minute * 60 + 10)
            await api.post([*rows, row(TEMP, minute * 60 + 7, 70 + 5 * minute)])
        clock.at(250)
        await api.post([row(ST, 120, 3)])
        await api.move(330)
        await more(api)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Exported by a running twin, then stopped."""
    where = tmp_path_factory.mktemp("lived")
    clock = HandClock()

    async def export(_api):
        code = await asyncio.to_thread(exported, where / "data", where / "running.twin")
        assert code == 0

    asyncio.run(lived(where / "data", clock, export))
    return where


def exported(data: Path, file: Path, *more: str) -> int:
    span = ("--from", to_text(START + 30 * 10**9), "--to", to_text(START + 240 * 10**9))
    return main(["incident", "export", *span, "--data", str(data), "-o", str(file), *more])


def test_a_running_twin_and_its_stopped_folder_give_the_same_results(folder, capsys):
    assert exported(folder / "data", folder / "stopped.twin", "--json") == 0
    stopped = json.loads(capsys.readouterr().out)
    for name in ("running", "stopped"):
        assert main(["incident", "run", str(folder / f"{name}.twin"), "--check", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["equal"], found["differences"], found["may_differ"]) == (True, [], [])
        assert found["exported"] == found["replayed"] == stopped["results"]


def test_what_is_said(folder, capsys, tmp_path):
    assert exported(folder / "data", tmp_path / "x.twin") == 0
    told = capsys.readouterr().out
    assert "x.twin: acme/brno 2026-11-22T12:00:30Z to 2026-11-22T12:04:00Z, 13 samples and " in told
    assert main(["incident", "run", str(tmp_path / "x.twin"), "--check"]) == 0
    ran = capsys.readouterr().out.splitlines()
    assert ran[2].endswith(": equal")
    assert ran[2].split()[1].rstrip(":") == told.split()[-1]


def test_one_line_alone(folder, capsys, tmp_path):
    assert exported(folder / "data", tmp_path / "x.twin", "--line", "line1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["units"] == ["acme/brno/packaging/line1"]
    assert main(["incident", "run", str(tmp_path / "x.twin"), "--check"]) == 0


def test_a_changed_byte_is_refused(folder, capsys, tmp_path):
    whole = bytearray((folder / "running.twin").read_bytes())
    whole[300] ^= 64
    (tmp_path / "x.twin").write_bytes(whole)
    assert main(["incident", "run", str(tmp_path / "x.twin"), "--check"]) == 2
    told = capsys.readouterr().err
    assert "x.twin: part plant.yaml is not as it was exported" in told
    assert told.count("\n") == 1


def test_wrong_input(folder, capsys, tmp_path):
    data, out = str(folder / "data"), str(tmp_path / "x.twin")
    for given, said in (
        (["--from", "yesterday"], "--from: 'yesterday' is not a time"),
        (["--from", "2026-11-22T12:05:00Z", "--to", "2026-11-22T12:00:00Z"], "--from is not before --to"),
        (["--from", "now-1h", "-o", str(tmp_path)], "is a folder; name a file"),
        (["--from", "2026-11-22T12:00:00Z", "-o", "/no/such/folder/x.twin"], "No such file or directory"),
    ):
        assert main(["incident", "export", "--data", data, "-o", out, *given]) == 2
        assert said in capsys.readouterr().err


def test_secrets_are_taken_out_and_named(capsys, tmp_path):
    secret = 'password: "hunter2"'
    text = PLANT.replace("every: 1s,", f"every: 1s, user: bob, {secret},").replace(
        "{mqtt:", "{password: 'pw1', user: u, mqtt:"
    )
    plant = load(text, "plant.yaml", connectors(), {})

    async def live():
        async with running(tmp_path / "data", HandClock(), plant_file=text) as api:
            for second in (10, 70, 130):
                api.clock.at(second)
                await api.post([row(ST, second - 1, 1)])

    asyncio.run(live())
    file = tmp_path / "x.twin"
    assert (
        main(
            ["incident", "export", "--from", "2026-11-22T12:00:00Z", "--data", str(tmp_path / "data"), "-o", str(file)]
        )
        == 0
    )
    told = capsys.readouterr()
    assert told.err == "secrets taken out: plant.yaml:6, plant.yaml:7; name them in the plant file: ${NAME}\n"
    assert main(["incident", "run", str(file), "--check", "--data", str(tmp_path / "again")]) == 0
    everything = b"".join(path.read_bytes() for path in (tmp_path / "again").rglob("*") if path.is_file())
    assert b"hunter2" not in everything
    assert b"pw1" not in everything
    assert plant.digest.encode() not in everything


@pytest.mark.slow
def test_the_example():
    ran = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ROOT / "examples" / "incident.py")]
    done = subprocess.run(ran, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout
