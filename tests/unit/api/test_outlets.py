"""GET /outlets and what is below it, and the same by `twin outlet` on the folder of a twin that stands."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from tests.unit.runtime.outlets.shelf import Shelf, fill, opened
from tests.unit.runtime.outlets.test_forwarding import until
from twin.api.access import Access
from twin.api.app import create_app
from twin.cli.main import main
from twin.runtime.clock import WallClock
from twin.runtime.twin import Twin

OUTLETS = "a: {shelf: 'shelf://eva:secret@a'}\nb: {shelf: 'shelf://b', tags: [nothing/**]}"


@asynccontextmanager
async def served(folder: Path, shelves: dict[str, Shelf]) -> AsyncIterator[tuple[Twin, httpx2.AsyncClient]]:
    async with opened(folder, WallClock(), OUTLETS, shelves) as twin:
        app = create_app(twin, Access.none())
        transport = httpx2.ASGITransport(app, client=("127.0.0.1", 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield twin, client


def two() -> dict[str, Shelf]:
    shelves = {"a": Shelf(), "b": Shelf()}
    shelves["a"].refuses = lambda value: value in {3.0, 5.0, 7.0}
    return shelves


async def test_outlets_their_quarantine_and_what_is_done_about_it(tmp_path: Path) -> None:
    shelves = two()
    async with served(tmp_path, shelves) as (twin, client):
        await fill(twin, 10)
        await until(lambda: twin.forwarding.standing("a").sent == 97)
        shelves["b"].away = "no answer"
        a, b = (await client.get("/api/v1/outlets")).json()["outlets"]
        assert (a["id"], a["state"], a["sent"], a["refused"], a["quarantine"]) == ("a", "up", 97, 3, 3)
        assert a["url"] == "shelf://a"
        assert a["causes"] == {"no room for 3.0": 1, "no room for 5.0": 1, "no room for 7.0": 1}
        assert b["notices"] == ["tags: no tag matches 'nothing/**'"]

        first = (await client.get("/api/v1/outlets/a/quarantine", params={"limit": 2})).json()
        assert [row["value"] for row in first["rows"]] == [3.0, 5.0]
        rest = (await client.get("/api/v1/outlets/a/quarantine", params={"cursor": first["cursor"]})).json()
        assert ([row["cause"] for row in rest["rows"]], rest["cursor"]) == (["no room for 7.0"], None)
        assert rest["rows"][0]["tag"] == "p/yard/temp"

        dropped = await client.post("/api/v1/outlets/a/drop", json={"numbers": [rest["rows"][0]["number"]]})
        assert dropped.json()["rows"] == 1
        shelves["a"].refuses = lambda _value: False
        assert (await client.post("/api/v1/outlets/a/retry", json={})).json()["rows"] == 2
        await until(lambda: twin.forwarding.outbox.counts("a") == (0, 0))
        events = (await client.get("/api/v1/events", params={"kind": "outlet"})).json()["events"]
        assert {event["kind"] for event in events} == {"outlet.discarded", "outlet.retried"}
        assert all(event["who"] for event in events)

        text = (await client.get("/metrics")).text
        assert 'linetwin_outlet_rows_total{outlet="a",what="sent"} 99' in text
        assert 'linetwin_outlet_quarantine_rows{outlet="a"} 0' in text


async def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    async with served(tmp_path, two()) as (_, client):
        missing = await client.get("/api/v1/outlets/c/quarantine")
        assert (missing.status_code, missing.json()["detail"]) == (404, "outlet 'c': there are a, b")
        assert (await client.get("/api/v1/outlets/a/quarantine", params={"cursor": "x"})).status_code == 422


async def test_rows_that_are_none_and_a_misspelt_word_give_nothing_up(tmp_path: Path) -> None:
    async with served(tmp_path, two()) as (twin, client):
        await fill(twin, 10)
        await until(lambda: twin.forwarding.standing("a").sent == 97)
        for verb in ("drop", "retry"):
            answer = await client.post(f"/api/v1/outlets/a/{verb}", json={"numbers": [0, -1, 2**63, 2**70]})
            assert (answer.status_code, answer.json()["rows"]) == (200, 0)
            assert (await client.post(f"/api/v1/outlets/a/{verb}", json={"number": [1]})).status_code == 422
        assert twin.forwarding.outbox.counts("a") == (3, 0)


def test_the_commands_on_a_folder_that_nobody_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], refused: Path
) -> None:
    data = ["--data", str(refused)]
    assert main(["outlet", "list", *data]) == 0
    assert "a: off: " in (said := capsys.readouterr().out)
    assert "97 sent, 3 refused; 3 in quarantine; no twin runs on this folder" in said
    assert main(["outlet", "quarantine", "a", "--json", *data]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert tuple(rows[0][name] for name in ("tag", "value", "cause")) == ("p/yard/temp", 3.0, "no room for 3.0")

    file = tmp_path / "mend.csv"
    assert main(["outlet", "export", "a", "-o", str(file), *data]) == 0
    with file.open(newline="") as opened_file:
        assert [row["value"] for row in csv.DictReader(opened_file)] == ["3.0", "5.0", "7.0"]

    assert main(["outlet", "drop", "a", *data]) == 2
    assert main(["outlet", "drop", "a", "--number", str(rows[0]["number"]), *data]) == 0
    assert main(["outlet", "retry", "a", *data]) == 0
    assert "a: 2 rows will be sent again" in capsys.readouterr().out
    assert main(["outlet", "quarantine", "c", *data]) == 2
    assert "no outlet 'c' was ever run here; there are: a, b" in capsys.readouterr().err


def test_a_folder_without_data_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in (["list"], ["quarantine", "a"], ["retry", "a"]):
        assert main(["outlet", *verb, "--data", str(tmp_path / "none")]) == 2
        assert "none: no data here (no log.db)" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


async def test_mended_rows_that_are_imported_reach_the_outlet(tmp_path: Path, refused: Path) -> None:
    """What mend means: export, edit, import; the row that was refused leaves the quarantine as the new one goes out."""
    file = tmp_path / "mend.csv"
    assert main(["outlet", "export", "a", "-o", str(file), "--data", str(refused)]) == 0
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], lines[1].replace("3.0", "3.5")]) + "\n")
    assert await asyncio.to_thread(main, ["import", str(file), "--data", str(refused)]) == 0
    shelves = two()
    async with opened(refused, WallClock(), OUTLETS, shelves) as twin:
        await until(lambda: twin.forwarding.outbox.counts("a")[0] == 2)
        assert 3.5 in [row[3] for row in shelves["a"].rows]


@pytest.fixture
async def refused(tmp_path: Path) -> Path:
    """The folder of a twin that ran: three rows of an outlet were refused."""
    folder = tmp_path / "data"
    async with served(folder, two()) as (twin, _):
        await fill(twin, 10)
        await until(lambda: twin.forwarding.standing("a").sent == 97)
    return folder
