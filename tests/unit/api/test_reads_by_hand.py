"""Part 13 over the API, against numbers worked out by hand from the definitions in docs/reference/aggregates.md."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.api.running import FILLER, PLANT, Api, HandClock, instant, row, running
from twin.core.instant import HOUR, from_text, to_text
from twin.core.status import BAD_NO_DATA, BAD_SENSOR_FAILURE

TEMP = f"{FILLER}/temp"
SLOPED = PLANT.replace(
    "        unit: degC\n        alarms", "        unit: degC\n        interpolation: sloped\n        alarms"
)
SHIFTS = PLANT.replace("connections:", 'shifts: {day: "06:00-22:00", night: "22:00-06:00"}\nconnections:', 1)

# 10 s 20, 20 s 30, 40 s 50, 50 s Bad, 60 s 40, cut at 10, 30, 55 and 80 s; now is 80 s.
STEPPED_OF = {
    "interpolative": [20, 30, 50],
    "average": [25, 50, 40],
    "time_average": [30, 45.75, 40.25],  # 20..30..40; 40..50, 50..42.5 past the Bad row; 42.5..40, then 40
    "time_average2": [25, 40, 40],  # 20, 30; 30, 50, nothing; nothing, 40
    "total2": [500, 800, 800],
    "minimum": [20, 50, 40],
    "maximum2": [30, 50, 40],
    "minimum2": [20, 30, 40],
    "range2": [10, 20, 0],
    "count": [2, 1, 1],
    "start": [20, 50, 40],
    "end": [30, None, 40],
    "start_bound": [20, 30, None],
    "end_bound": [30, None, 40],
    "duration_good": [20_000, 20_000, 20_000],
    "duration_bad": [0, 5_000, 5_000],
    "percent_bad": [0, 20, 20],
    "standard_deviation_population": [5, 0, 0],
}
SLOPED_OF = STEPPED_OF | {
    "interpolative": [20, 40, 42.5],
    "time_average2": [30, 47.5, 40],  # 40..50 for 10 s, then 50 held before the Bad row
    "total2": [600, 950, 800],
    "maximum2": [40, 50, 40],
    "minimum2": [20, 40, 40],
    "range2": [20, 10, 0],
    "start_bound": [20, 40, None],
    "end_bound": [40, None, 40],
}


@pytest.fixture(params=[False, True], ids=["stepped", "sloped"])
async def asked(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Api, dict[str, list[Any]]]]:
    async with running(tmp_path, plant_file=SLOPED if request.param else PLANT) as api:
        api.clock.at(80)
        await api.post([row(TEMP, second, value) for second, value in ((10, 20.0), (20, 30.0), (40, 50.0), (60, 40.0))])
        await api.post([row(TEMP, 50, status=BAD_SENSOR_FAILURE)])
        await api.move(80)
        yield api, SLOPED_OF if request.param else STEPPED_OF


async def test_each_interval(asked: tuple[Api, dict[str, list[Any]]]) -> None:
    api, wanted = asked
    found: dict[str, list[Any]] = {name: [] for name in wanted}
    for start, end in ((10, 30), (30, 55), (55, 80)):
        query: dict[str, Any] = {"from_": instant(start), "to": instant(end), "interval": f"{end - start}s"}
        answer = await api.get("/samples", tag=TEMP, **query, aggregate=",".join(wanted))
        for name, column in answer["processed"][0]["columns"].items():
            found[name] += column["value"]
    assert {name: pytest.approx(values) for name, values in wanted.items()} == found


async def test_before_the_first_row_nobody_knows(asked: tuple[Api, dict[str, list[Any]]]) -> None:
    api, _ = asked
    query: dict[str, Any] = {"from_": instant(0), "to": instant(10), "interval": "10s"}
    answer = await api.get("/samples", tag=TEMP, **query, aggregate="time_average2,percent_good")
    for column in answer["processed"][0]["columns"].values():
        assert (column["value"], column["status"]) == ([None], [BAD_NO_DATA])


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 7), ("2026-06-06", 8), ("2026-10-24", 9)])
async def test_a_night_when_the_clock_moves(tmp_path: Path, day: str, hours: int) -> None:
    """1 from ten in the evening on, 5 for the last hour before six."""
    summer = day != "2026-03-28"
    begin = from_text(f"{day}T22:00:00{'+02:00' if summer else '+01:00'}")
    end = begin + hours * HOUR
    async with running(tmp_path, HandClock(end + HOUR), plant_file=SHIFTS) as api:
        rows = ((begin - HOUR, 9.0), (begin, 1.0), (end - HOUR, 5.0), (end, 7.0))
        await api.post([{"tag": TEMP, "time": to_text(time), "value": value} for time, value in rows])
        query: dict[str, Any] = {"from_": to_text(begin), "to": to_text(end), "interval": "shift"}
        answer = await api.get("/samples", tag=TEMP, **query, aggregate="twa,time_average2,total2,duration_good")
        own, part13 = answer["aggregates"][0], answer["processed"][0]
        columns = {name: column["value"] for name, column in part13["columns"].items()}
        assert (own["name"], part13["name"]) == (["night"], ["night"])
        area = (hours - 1) * 1 + 5
        assert own["twa"] == columns["time_average2"] == pytest.approx([area / hours])
        assert columns["total2"] == pytest.approx([area * 3600])
        assert columns["duration_good"] == [hours * 3_600_000]
