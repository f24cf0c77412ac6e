"""GET /samples as a historian answers: newest, as-of, interpolated, bounds, Part 13, the calendar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.api.running import FILLER, PLANT, SECOND, START, Api, HandClock, instant, row, running
from twin.api.shapes_samples import SamplesAnswer
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.instant import DAY, HOUR, from_text, to_text
from twin.core.part13 import Aggregate
from twin.core.status import BAD_NO_DATA, BAD_SENSOR_FAILURE

TEMP, RAW, RECIPE = f"{FILLER}/temp", f"{FILLER}/raw_temp", f"{FILLER}/recipe"
SLOPED = PLANT.replace(
    "        unit: degC\n        alarms", "        unit: degC\n        interpolation: sloped\n        alarms"
)
SHIFTS = PLANT.replace("connections:", 'shifts: {early: "06:00-14:00", late: "13:30-22:00"}\nconnections:', 1)


async def filled(api: Api) -> None:
    api.clock.at(100)
    await api.post([row(TEMP, second, value) for second, value in ((10, 20.0), (20, 30.0), (40, 50.0))])
    await api.post([row(RAW, 15, 500), row(RECIPE, 30.5, text="cola")])
    await api.move(100)


async def test_the_newest_row_of_each_tag_however_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.core.stretches.REACH", 10 * SECOND)
    async with running(tmp_path) as api:
        await filled(api)
        await api.move(1000)
        found = (await api.get("/samples", tag=[TEMP, RAW, RECIPE, f"{FILLER}/st"], last=True))["samples"]
        assert [(one["time"], one["value"], one["text"]) for one in found] == [
            ([instant(40)], [50.0], None),
            ([instant(15)], [50.0], None),
            ([instant(30.5)], [None], ["cola"]),
            ([], [], None),
        ]
        before = await api.get("/samples", tag=TEMP, last=True, from_=instant(0), to=instant(40))
        assert before["samples"][0]["time"] == [instant(20)]


async def test_what_held_at_instants_with_its_own_time_and_age(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SLOPED) as api:
        await filled(api)
        answer = await api.get("/samples", tag=[TEMP, RECIPE], at=[instant(30), instant(5), instant(20)])
        SamplesAnswer.model_validate(answer, strict=True, extra="forbid")
        temp, recipe = answer["instants"]
        assert (temp["interpolation"], recipe["interpolation"]) == ("sloped", "stepped")
        assert temp["at"] == [instant(5), instant(20), instant(30)]
        assert temp["time"] == [None, instant(20), instant(20)]
        assert temp["age_s"] == [None, 0, 10]
        assert temp["value"] == [None, 30.0, 30.0]
        assert temp["status"] == [BAD_NO_DATA, 0, 0]
        assert temp["interpolated"] == [None, 30.0, 40.0]
        assert temp["interpolated_status"][0] == BAD_NO_DATA
        assert recipe["time"] == [None, None, None]


async def test_a_stepped_tag_holds_its_value_between_rows(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await filled(api)
        found = (await api.get("/samples", tag=TEMP, at=instant(30)))["instants"][0]
        assert (found["value"], found["interpolated"]) == ([30.0], [30.0])


async def test_in_a_gap_nothing_holds(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await filled(api)
        for second, kind in ((0, CONNECTION_UP), (50, CONNECTION_LOST)):
            await api.twin.note(Event(START + second * SECOND, kind, "s7", {"cause": "cable"}))
        await api.move(101)
        query: dict[str, Any] = {"tag": TEMP, "from_": instant(40), "to": instant(60)}
        found = await api.get("/samples", **query, aggregate="duration_good,duration_bad", interval="20s")
        columns = found["processed"][0]["columns"]
        assert (columns["duration_good"]["value"], columns["duration_bad"]["value"]) == ([10_000.0], [10_000.0])


async def test_the_rows_at_the_edges(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await filled(api)
        query: dict[str, Any] = {"tag": [TEMP, RECIPE], "bounds": True}
        found = (await api.get("/samples", **query, from_=instant(15), to=instant(30)))["samples"]
        assert [one["time"] for one in found] == [[instant(10), instant(20), instant(40)], [instant(30.5)]]
        exact = (await api.get("/samples", **query, from_=instant(20), to=instant(40)))["samples"]
        assert exact[0]["time"] == [instant(20), instant(40)]


async def test_every_name_of_part_13_is_answered(tmp_path: Path) -> None:
    names = [str(one) for one in Aggregate]
    async with running(tmp_path) as api:
        await filled(api)
        query: dict[str, Any] = {"from_": instant(0), "to": instant(100), "interval": "25s"}
        answer = await api.get("/samples", tag=[TEMP, f"{FILLER}/st"], aggregate=f"{','.join(names)},mean", **query)
        SamplesAnswer.model_validate(answer, strict=True, extra="forbid")
        for one in answer["processed"]:
            assert list(one["columns"]) == names
            assert {len(column[key]) for column in one["columns"].values() for key in ("value", "status")} == {4}
            assert len(one["time"]) == len(one["end"]) == 4
        assert [one["mean"] for one in answer["aggregates"]] == [[25.0, 50.0, None, None], [None] * 4]


async def test_count_means_the_same_whatever_is_asked_beside_it(tmp_path: Path) -> None:
    """Ours counts what is not Bad, Part 13's what is Good."""
    async with running(tmp_path) as api:
        api.clock.at(100)
        await api.post([row(TEMP, 0, 1.0), row(TEMP, 10, 2.0, status=0x40000000)])
        await api.move(100)
        query: dict[str, Any] = {"tag": TEMP, "from_": instant(0), "to": instant(40), "interval": "40s"}
        for names in ("count", "count,average", "mean,count,average"):
            answer = await api.get("/samples", **query, aggregate=names)
            assert answer["aggregates"][0]["count"] == [2]
            for one in answer["processed"]:
                assert one["columns"]["count"]["value"] == [1.0]
            lines = await api.client.get(
                "/api/v1/samples",
                params={"tag": TEMP, "from": instant(0), "to": instant(40), "interval": "40s"}
                | {"aggregate": names, "format": "csv"},
            )
            table = dict(zip(*(line.split(",") for line in lines.text.splitlines()), strict=True))
            assert table["count"] == "2"
            assert table.get("part13_count", "1.0") == "1.0"


async def test_a_sloped_line_goes_on_beyond_the_last_row(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SLOPED) as api:
        await filled(api)
        for goes_on, value in ((True, 70.0), (False, 50.0)):
            query: dict[str, Any] = {"tag": TEMP, "sloped_extrapolation": goes_on}
            assert (await api.get("/samples", **query, at=instant(60)))["instants"][0]["interpolated"] == [value]
            query |= {"from_": instant(60), "to": instant(80), "aggregate": "interpolative", "interval": "20s"}
            found = (await api.get("/samples", **query))["processed"][0]["columns"]["interpolative"]
            assert found["value"] == [value]


async def test_of_two_instants_the_one_that_lies_ahead_is_named(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        ahead = instant(1000)
        refused = await api.get("/samples", 422, tag=TEMP, at=[ahead, instant(0)])
        assert f"at {ahead} lies ahead" in refused["detail"]


async def test_settings_of_part_13_count(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        api.clock.at(100)
        await api.post(
            [row(TEMP, 0, 1.0), row(TEMP, 10, 2.0, status=0x40000000), row(TEMP, 20, status=BAD_SENSOR_FAILURE)]
        )
        await api.move(100)
        query: dict[str, Any] = {"tag": TEMP, "from_": instant(0), "to": instant(40), "interval": "40s"}
        counts = {}
        for uncertain in (True, False):
            found = await api.get("/samples", **query, aggregate="duration_bad", uncertain_is_bad=uncertain)
            counts[uncertain] = found["processed"][0]["columns"]["duration_bad"]["value"]
        assert counts == {True: [30_000.0], False: [20_000.0]}
        assert (
            "percent_good must be at least"
            in (await api.get("/samples", 422, **query, aggregate="average", percent_good=10, percent_bad=10))["detail"]
        )


@pytest.mark.parametrize(
    ("start", "interval", "hours", "names"),
    [
        ("2026-03-28T23:00:00Z", "day", [23, 24], ["2026-03-29", "2026-03-30"]),
        ("2026-10-24T22:00:00Z", "day", [25, 24], ["2026-10-25", "2026-10-26"]),
        ("2026-10-18T22:00:00Z", "week", [169], ["2026-W43"]),
        ("2026-02-28T23:00:00Z", "month", [743], ["2026-03"]),
    ],
)
async def test_intervals_of_the_calendar(
    tmp_path: Path, start: str, interval: str, hours: list[int], names: list[str]
) -> None:
    """Europe/Prague: the clock goes forward on 29 March and back on 25 October 2026."""
    begin = from_text(start)
    end = begin + sum(hours) * HOUR
    async with running(tmp_path, HandClock(end + HOUR)) as api:
        await api.post([{"tag": TEMP, "time": to_text(begin + n * HOUR), "value": 1.0} for n in range(sum(hours))])
        query: dict[str, Any] = {"tag": TEMP, "from_": start, "to": to_text(end), "interval": interval}
        found = await api.get("/samples", **query, aggregate="max,average,percent_good")
        own, part13 = found["aggregates"][0], found["processed"][0]
        assert (own["count"], own["name"], own["interval_s"]) == (hours, names, None)
        assert part13["name"] == names
        assert part13["columns"]["percent_good"]["value"] == [100.0] * len(hours)
        assert (part13["time"][0], part13["end"][-1]) == (start, to_text(end))


async def test_shifts_may_overlap(tmp_path: Path) -> None:
    begin = from_text("2026-11-22T00:00:00+01:00")
    async with running(tmp_path, HandClock(begin + 2 * DAY), plant_file=SHIFTS) as api:
        await api.post([{"tag": TEMP, "time": to_text(begin + n * HOUR), "value": 1.0} for n in range(24)])
        query: dict[str, Any] = {"tag": TEMP, "from_": to_text(begin), "to": to_text(begin + DAY), "interval": "shift"}
        found = (await api.get("/samples", **query, aggregate="min"))["aggregates"][0]
        assert (found["name"], found["count"]) == (["early", "late"], [8, 8])
        assert found["time"] == ["2026-11-22T05:00:00Z", "2026-11-22T12:30:00Z"]


async def test_days_of_another_zone(tmp_path: Path) -> None:
    async with running(tmp_path, HandClock(START + 2 * DAY)) as api:
        query: dict[str, Any] = {"tag": TEMP, "from_": "2026-11-22T15:00:00Z", "to": "2026-11-23T15:00:00Z"}
        found = await api.get("/samples", **query, aggregate="min", interval="day", tz="Asia/Tokyo")
        assert found["aggregates"][0]["name"] == ["2026-11-23"]


NO_SENSE: list[tuple[dict[str, Any], int, str]] = [
    ({"aggregate": "median", "interval": "1m"}, 422, "'median' is none of mean, "),
    ({"aggregate": "mean", "interval": "fortnight"}, 422, "nor one of shift, day, week, month"),
    ({"aggregate": "mean", "interval": "shift"}, 422, "the plant file has no shifts"),
    ({"aggregate": "mean", "interval": "day", "tz": "Mars/Crater"}, 422, "no IANA zone"),
    ({"aggregate": "mean", "interval": "1h", "tz": "UTC"}, 422, "tz is for intervals of the calendar"),
    ({"aggregate": "average", "interval": "1s", "from_": "now-1d"}, 413, "more than 20000 intervals"),
    ({"interval": "1h"}, 422, "give aggregate too"),
    ({"last": True, "at": "now"}, 422, "last and at: give one of them"),
    ({"bounds": True, "last": True}, 422, "bounds and last: give one of them"),
    ({"at": "2199-01-01T00:00:00Z"}, 422, "outside 1970"),
    ({"at": to_text(START + DAY)}, 422, "lies ahead"),
    ({"at": ["now"] * 51}, 422, "query.at"),
    ({"format": "xlsx"}, 422, "query.format"),
    ({"format": "csv", "max_points": 100}, 422, "a trend is JSON"),
]


async def test_what_makes_no_sense_says_why(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        for query, status, detail in NO_SENSE:
            assert detail in (await api.get("/samples", status, tag=TEMP, **query))["detail"]


async def test_too_many_instants_of_too_many_tags(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        tags = [TEMP, RAW, RECIPE, *(f"{FILLER}/{name}" for name in ("st", "total", "reject", "code"))]
        tags += [f"acme/brno/packaging/line1/packer/{name}" for name in ("st", "total")]
        assert len((await api.get("/samples", tag=tags, at=["now"] * 50))["instants"]) == len(tags)
        twelve = [f"{tag}" for tag in (*tags, "a", "b", "c")]
        for number in range(3):
            await api.client.post("/api/v1/samples?new=number", json={"samples": [row("abc"[number], 1, 1)]})
        assert "at most 500 of both" in (await api.get("/samples", 413, tag=twelve, at=["now"] * 50))["detail"]
