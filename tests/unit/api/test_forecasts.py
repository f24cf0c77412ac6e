"""What-if over the API and on the command line: answers, what is refused, what is kept, and how it is scored."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.api.running import FILLER, PACKER, PLANT, Api, instant, row, running
from twin.cli.main import main
from twin.core.event import FORECAST_MADE

HOUR = 3600
LINE = "acme/brno/packaging/line1"
SHIFTS = PLANT.replace("connections:", 'shifts: {all: "Mon-Sun 00:00-24:00"}\nconnections:', 1)


async def live(api: Api, start: int, end: int) -> None:
    """A filler of 60 a minute that is down for 3 of every 30 minutes, a packer that packs what comes."""
    rows: list[dict[str, Any]] = []
    for minute in range(start * 60, end * 60):
        at, is_down = minute * 60, minute % 30 >= 27
        if minute % 30 in {0, 27} or minute == start * 60:
            rows += [row(f"{FILLER}/st", at, 2 if is_down else 1), row(f"{PACKER}/st", at, 2 if is_down else 1)]
        made = (minute // 30) * 27 + min(minute % 30, 27)
        rows += [row(f"{FILLER}/total", at + 1, made * 60), row(f"{FILLER}/reject", at + 1, made)]
        rows += [row(f"{PACKER}/total", at + 1, made * 59 // 12)]
    api.clock.at(end * HOUR)
    for first in range(0, len(rows), 4000):
        await api.post(rows[first : first + 4000])


async def ask(api: Api, status: int = 200, **sent: Any) -> dict[str, Any]:
    answer = await api.client.post("/api/v1/whatif", json={"runs": 30, "duration": "1h", **sent})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_forecast_is_kept_and_scored_by_what_came_and_by_what_came_late(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        await live(api, 0, 5)
        found = await ask(api, pieces=1000)
        assert (found["line"], found["unit"], found["runs"]) == (LINE, "bottle", 30)
        assert (found["from"], found["to"]) == (instant(5 * HOUR), instant(6 * HOUR))
        good = found["good"]
        assert good["p10"] <= good["p50"] <= good["p90"]
        assert good["p50"] == pytest.approx(54 * 59, rel=0.1)
        assert {one["quantity"] for one in found["model"]["fits"]} >= {"rate", "running until down", "level now"}
        assert found["finish"]["reached"] == 1.0
        assert sum(found["histogram"]["runs"]) == 30
        assert found["path"][-1]["pieces"] == good
        assert await ask(api, pieces=1000) == found  # the same question at the same instant
        slower = await ask(api, settings=["filler.rate=20/min"])
        assert slower["good"]["p90"] < good["p10"]
        assert slower["settings"] == {"filler.rate": "20/min"}
        events = (await api.get("/events", kind=FORECAST_MADE, from_=instant(0), to=instant(5 * HOUR + 1)))["events"]
        assert len(events) == 3
        before = await api.get("/forecasts")
        assert before["scores"]["forecasts"] == 0
        await live(api, 5, 7)
        after = await api.get("/forecasts")
        assert after["scores"]["forecasts"] == 2
        told = [one for one in after["forecasts"] if not one["settings"]]
        assert {one["actual"] for one in told} == {266 * 12}  # cases of the packer by its total, before and after
        assert {one["made_at"] for one in told} == {instant(5 * HOUR)}
        assert [one["actual"] for one in after["forecasts"] if one["settings"]] == [None]
        await api.post([row(f"{PACKER}/total", 299 * 60 + 1, 1324)])  # late: three cases less before, three more since
        healed = await scored_as(api, 269 * 12)
        assert healed["scores"]["bias"] > after["scores"]["bias"]


async def scored_as(api: Api, actual: float) -> dict[str, Any]:
    """The scores once the late sample is healed; the clock goes on by seconds."""
    async with asyncio.timeout(60):
        second = 7 * HOUR
        while True:
            second += 2
            await api.move(second)
            found = await api.get("/forecasts")
            if {one["actual"] for one in found["forecasts"] if not one["settings"]} == {actual}:
                return found


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"settings": ["fillr.rate=1/min"]}, "did you mean 'filler'?"),
        ({"settings": ["filler.rat=1/min"]}, "did you mean 'rate'?"),
        ({"settings": ["filler.rate=fast"]}, "is not a rate like 120/min"),
        ({"settings": ["rate=1/min"]}, "write NAME.WHAT=VALUE"),
        ({"settings": ["packer.off=2h@25:00"]}, "not a time on the wall"),
        ({"settings": ["buffer1.capacity=-3"]}, "not a number of pieces"),
        ({"settings": ["filler.reject=150%"]}, "not a share"),
        ({"duration": "10d"}, "a forecast is for 10 min to 168 h"),
        ({"duration": "soon"}, "is not a duration"),
        ({"line": "line9"}, "(there are: packaging/line1)"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_what_there_is(
    tmp_path: Path, sent: dict[str, Any], told: str
) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        await live(api, 0, 3)
        assert told in (await ask(api, 422, **sent))["detail"]


async def test_a_line_that_was_hardly_seen_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        await live(api, 0, 1)
        assert "of it are recorded; a forecast needs 2 h" in (await ask(api, 422))["detail"]
        assert (await api.get("/forecasts"))["forecasts"] == []


async def test_the_command_answers_for_a_folder_that_stands_still(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        await live(api, 0, 4)
    await asyncio.to_thread(commands, tmp_path, capsys)


def commands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = ["--data", str(folder)]
    assert main(["whatif", *here, "--for", "1h", "--runs", "30", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["good"]["p50"] > 1000
    assert main(["whatif", *here, "--for", "1h", "--runs", "30", "--fits", "--set", "buffer1.capacity=400"]) == 0
    told = capsys.readouterr().out
    assert "set buffer1.capacity = 400" in told
    assert "running until down" in told
    assert main(["whatif", *here, "--scores"]) == 0
    told = capsys.readouterr().out
    assert "not over yet" in told
    assert "under buffer1.capacity=400: not scored" in told
    assert main(["whatif", *here, "--set", "buffer7.capacity=400"]) == 2
    assert "no machine or buffer 'buffer7'" in capsys.readouterr().err
