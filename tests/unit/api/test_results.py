"""States, counts and corrections as the API tells them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.api.running import FILLER, PACKER, SECOND, START, Api, instant, row, running
from twin.core.event import CONNECTION_LOST, Event

ST = f"{FILLER}/st"
TOTAL = f"{FILLER}/total"


async def put(api: Api, at: float, *rows: dict[str, Any]) -> None:
    """Move the clock, send rows, and let the frontier pass them."""
    api.clock.at(at)
    await api.post(rows)


async def brief(api: Api, **query: Any) -> list[tuple[str, str, str | None]]:
    found = await api.get("/states", asset=FILLER, from_=instant(-60), to="now", **query)
    return [(one["state"], one["from"], one["to"]) for one in found["states"]]


async def test_state_tells_since_when_and_the_values(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(ST, 5, 1), row(f"{FILLER}/raw_temp", 6, 400))
        filler, packer = (await api.get("/state"))["machines"]
        assert (filler["asset"], filler["state"], filler["since"]) == (FILLER, "running", instant(5))
        assert (filler["tags"]["raw_temp"]["value"], filler["tags"]["raw_temp"]["unit"]) == (40.0, "degC")
        temp = filler["tags"]["raw_temp"]
        assert (temp["quality"], temp["age_s"], temp["connection"]) == ("good", 4.0, "s7")
        assert (packer["state"], packer["since"]) == (None, None)
        assert (packer["tags"]["st"]["quality"], packer["tags"]["st"]["age_s"]) == ("none", None)
        assert packer["tags"]["st"]["status"] == "BadWaitingForInitialData"


@pytest.mark.parametrize(
    ("asset", "machines"), [("", 2), ("acme", 2), ("packaging/line1", 2), (PACKER, 1), ("packaging/line1/packer/", 1)]
)
async def test_a_path_or_any_prefix_of_it_is_taken(tmp_path: Path, asset: str, machines: int) -> None:
    async with running(tmp_path) as api:
        assert len((await api.get("/state", asset=asset))["machines"]) == machines


@pytest.mark.parametrize("path", ["/state", "/states", "/counts"])
async def test_an_unknown_asset_is_not_found_and_the_nearest_is_named(tmp_path: Path, path: str) -> None:
    async with running(tmp_path) as api:
        assert "did you mean packaging/line1/filler?" in (await api.get(path, 404, asset="fillr"))["detail"]
        assert "no machine here" in (await api.get(path, 404, asset="acme/brno/pack"))["detail"]


async def test_the_past_is_shown_as_it_was_and_as_it_was_known(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(ST, 5, 1))
        await put(api, 30, row(ST, 25, 2))
        await put(api, 60, row(ST, 15, 3))
        await api.move(70)
        assert (await api.get("/state", asset=FILLER, at=instant(20)))["machines"][0]["state"] == "idle"
        then = await api.get("/state", asset=FILLER, at=instant(20), known_at=instant(40))
        assert (then["machines"][0]["state"], then["as_of"]) == ("running", instant(20))
        assert (await api.get("/state", asset=FILLER, known_at=instant(28)))["machines"][0]["state"] == "running"


@pytest.mark.parametrize(("at", "status"), [("2030-01-01T00:00:00Z", 422), ("2020-01-01T00:00:00Z", 404)])
async def test_there_is_no_state_before_the_log_and_none_ahead(tmp_path: Path, at: str, status: int) -> None:
    async with running(tmp_path) as api:
        refused = await api.get("/state", status, at=at)
        assert "machines" not in refused
        assert refused["detail"].startswith("at")


async def test_states_are_told_with_the_open_one(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(ST, 5, 1), row(ST, 8, 2))
        assert await brief(api) == [("running", instant(5), instant(8)), ("down", instant(8), None)]
        await put(api, 200, row(ST, 199.9, 1))
        await put(api, 300, row(ST, 299.9, 3))
        expected = [
            ("running", instant(5), instant(8)),
            ("down", instant(8), instant(199.9)),
            ("running", instant(199.9), instant(299.9)),
            ("idle", instant(299.9), None),
        ]
        assert await brief(api) == expected
        await api.move(400)
        assert await brief(api) == expected


async def test_states_end_in_unknown_when_the_connection_is_lost(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(ST, 5, 1))
        api.clock.at(20)
        await api.twin.note(Event(START + 20 * SECOND, CONNECTION_LOST, "s7", {"cause": "cable"}))
        await api.move(30)
        assert await brief(api) == [("running", instant(5), instant(20)), ("unknown", instant(20), None)]


async def test_known_at_tells_states_as_they_were_believed(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(ST, 5, 1))
        await put(api, 100, row(ST, 99, 2))
        await api.move(110)
        believed = await brief(api)
        await put(api, 200, row(ST, 50, 3))
        await api.move(210)
        assert await brief(api) == [
            ("running", instant(5), instant(50)),
            ("idle", instant(50), instant(99)),
            ("down", instant(99), None),
        ]
        assert await brief(api, known_at=instant(110)) == believed


async def test_states_come_in_pages(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 100, *(row(ST, second, 1 + second % 3) for second in range(20)), row(f"{PACKER}/st", 3, 1))
        whole = (await api.get("/states", from_=instant(0)))["states"]
        pages: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = await api.get("/states", from_=instant(0), limit=7, cursor=cursor)
            pages += page["states"]
            cursor = page["cursor"]
            if cursor is None:
                break
        assert pages == whole
        assert len(whole) == 21
        await api.get("/states", 422, cursor="nonsense")


async def test_counts_sum_final_provisional_and_open_minutes(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        for second in range(0, 200, 10):
            await put(api, second + 1, row(TOTAL, second, second), row(f"{FILLER}/reject", second, second // 100))
        found = await api.get("/counts", asset=FILLER, from_=instant(0))
        by_role = {one["role"]: one["pieces"] for one in found["counts"]}
        assert by_role == {"total": 190, "reject": 1}
        assert (found["from"], found["to"]) == (instant(0), found["as_of"])
        first = await api.get("/counts", asset=FILLER, from_=instant(0), to=instant(60))
        assert [one["pieces"] for one in first["counts"]] == [50, 0]
        middle = await api.get("/counts", asset=FILLER, from_=instant(60), to=instant(180))
        assert [one["pieces"] for one in middle["counts"]] == [120, 1]


async def test_counts_show_wraps_and_jumps(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 30, row(TOTAL, 1, 65530), row(TOTAL, 2, 4), row(TOTAL, 3, 60000))
        total = (await api.get("/counts", asset=FILLER, from_=instant(0), to=instant(60)))["counts"][0]
        await api.move(120)
        closed = (await api.get("/counts", asset=FILLER, from_=instant(0), to=instant(60)))["counts"][0]
        assert total["pieces"] == closed["pieces"] == 10
        assert (closed["wraps"], closed["jumps"]) == (1, 1)


async def test_counts_are_cut_at_full_hours_of_the_plant(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 3500, row(TOTAL, 3400, 0), row(TOTAL, 3500, 7))
        await put(api, 3700, row(TOTAL, 3650, 12))
        await api.move(3800)
        found = await api.get("/counts", asset=FILLER, from_=instant(-600), by="hour")
        totals = [(one["from"], one["to"], one["pieces"]) for one in found["counts"] if one["role"] == "total"]
        assert totals == [
            (instant(-600), instant(0), 0),
            (instant(0), instant(3600), 7),
            (instant(3600), instant(3800), 5),
        ]


async def test_an_instant_inside_a_minute_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await api.move(600)
        answer = await api.get("/counts", 422, from_=instant(0), to=instant(90))
        assert f"ask for {instant(60)}" in answer["detail"]


async def test_too_many_minutes_are_refused_with_what_to_ask_for(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        assert "at most 4166 hours" in (await api.get("/counts", 413, from_="2020-01-01T00:00:00Z"))["detail"]
