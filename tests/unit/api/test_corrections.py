"""Corrections: old, new and why, of this run and of those before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.unit.api.running import FILLER, PACKER, START, Api, instant, row, running
from twin.core.batch import batch
from twin.core.event import CONNECTION_LOST, Event
from twin.core.instant import from_text

ST = f"{FILLER}/st"
SECOND = 1_000_000_000


async def put(api: Api, at: float, *rows: dict[str, Any]) -> None:
    """Move the clock, send rows, and let the frontier and a heal pass them."""
    api.clock.at(at)
    if rows:
        await api.post(rows)
    await api.move(at + 5)
    await api.move(at + 10)


async def in_time(api: Api, *rows: dict[str, Any]) -> None:
    """Send each row at its own instant."""
    for one in rows:
        api.clock.time = from_text(one["time"])
        await api.post([one])


async def late(api: Api, source: str, seconds: float, value: float) -> None:
    """A row from a source, now."""
    tag = api.twin.tags.get(ST)
    assert tag is not None
    await api.twin.append(batch(source, [tag], [START + round(seconds * SECOND)], [value]))


async def healed(api: Api) -> None:
    """States of filler and packer, and late entries: samples from two sources, then an event."""
    await in_time(api, row(ST, 10, 1), row(f"{PACKER}/st", 11, 1), row(ST, 100, 2), row(ST, 390, 1))
    api.clock.at(500)
    await late(api, "s7", 50, 3)
    await put(api, 501)
    await put(api, 520, row(ST, 97, 2))
    api.clock.at(600)
    await api.twin.note(Event(START + 60 * SECOND, CONNECTION_LOST, "gw", {"cause": "cable"}))
    await put(api, 601, row(f"{PACKER}/st", 600, 1))


def states(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    def brief(one: dict[str, Any] | None) -> tuple[str, str, str] | None:
        return one and (one["from"], one["to"], one["data"]["state"])

    return [(brief(one["removed"]), brief(one["added"])) for one in found["corrections"]]


async def test_old_stands_beside_new_with_what_came_late(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await healed(api)
        found = await api.get("/corrections", kind="state", asset=FILLER, after=0)
        assert states(found) == [
            ((instant(10), instant(100), "running"), (instant(10), instant(50), "running")),
            (None, (instant(50), instant(100), "idle")),
            ((instant(50), instant(100), "idle"), (instant(50), instant(97), "idle")),
            ((instant(100), instant(390), "down"), (instant(97), instant(390), "down")),
        ]
        why = [[(w["kind"], w["source"], w["from"], w["entries"]) for w in one["why"]] for one in found["corrections"]]
        assert why == [[("samples", "s7", instant(50), 1)]] * 2 + [[("samples", "api:local", instant(97), 1)]] * 2
        lost = (await api.get("/corrections", asset="packaging/line1/packer"))["corrections"]
        assert {(cause["kind"], cause["source"]) for one in lost for cause in one["why"]} == {("connection.lost", "gw")}
        assert {one["added"]["data"]["state"] for one in lost if one["added"]} == {"running"}


async def test_they_are_there_after_a_restart_and_the_numbers_go_on(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await healed(api)
        whole, clock = await api.get("/corrections", after=0), api.clock
        assert [one["number"] for one in whole["corrections"]] == list(range(1, whole["last"] + 1))
    async with running(tmp_path, clock) as api:
        again = await api.get("/corrections", after=0)
        assert again["corrections"][: len(whole["corrections"])] == whole["corrections"]
        await in_time(api, row(ST, 650, 2), row(ST, 690, 1))
        await put(api, 800, row(ST, 660, 1))
        fresh = await api.get("/corrections", after=again["last"])
        assert fresh["corrections"][0]["number"] == again["last"] + 1
        assert (await api.get("/corrections", after=fresh["last"]))["corrections"] == []


async def test_what_came_late_just_before_the_end_is_explained_too(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await in_time(api, row(ST, 10, 1), row(ST, 100, 2), row(ST, 390, 1))
        clock = api.clock
        clock.at(500)
        await late(api, "s7", 50, 3)
    async with running(tmp_path, clock) as api:
        found = (await api.get("/corrections", kind="state", asset=FILLER))["corrections"]
        assert {cause["source"] for one in found for cause in one["why"]} == {"s7"}


async def test_the_newest_come_first_in_pages_and_by_period(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await healed(api)
        whole = (await api.get("/corrections"))["corrections"]
        assert [one["number"] for one in whole] == list(range(len(whole), 0, -1))
        page = await api.get("/corrections", limit=2)
        found = page["corrections"]
        while page["cursor"]:
            page = await api.get("/corrections", limit=2, cursor=page["cursor"])
            found += page["corrections"]
        assert found == whole
        early = states(await api.get("/corrections", kind="state", asset=ST[:-3], to=instant(50)))
        assert early == [((instant(10), instant(100), "running"), (instant(10), instant(50), "running"))]
        assert (await api.get("/corrections", known_from=instant(550), asset=FILLER))["corrections"] == []
        assert (await api.get("/corrections", known_to=instant(550), asset=PACKER))["corrections"] == []


async def test_nonsense_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        assert "there are state" in (await api.get("/corrections", 422, kind="stop"))["detail"]
        assert "nothing here" in (await api.get("/corrections", 404, asset="fillr"))["detail"]
        await api.get("/corrections", 422, cursor="x")
        await api.get("/corrections", 422, from_="now", to="now-1h")
        for asset in ("gw", "acme/brno", "", "packaging"):
            await api.get("/corrections", asset=asset)
