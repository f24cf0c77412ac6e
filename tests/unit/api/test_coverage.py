"""GET /coverage: what covered a tag, what is missing and why, how many rows of what kind."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.unit.api.running import FILLER, PACKER, SECOND, START, Api, instant, row, running
from twin.core.event import (
    CONNECTION_LOST,
    CONNECTION_UP,
    GAP,
    GAP_FILLED,
    TAGS_COVERED,
    TAGS_UNCOVERED,
    Event,
)
from twin.core.instant import from_text
from twin.state.coverage import NOT_RUNNING
from twin.store.retention import Limits, forget_before

TEMP, RECIPE = f"{FILLER}/temp", f"{FILLER}/recipe"
OF_S7 = ("code", "raw_temp", "recipe", "reject", "st", "temp", "total")
OVERFLOWED, BAD, UNCERTAIN = 0x480, 0x808C0000, 0x40900000


async def tell(api: Api, seconds: float, kind: str, connection: str, **body: Any) -> None:
    """An event of that instant, told when the clock stands there at the earliest."""
    api.clock.at(max(seconds, (api.clock.now() - START) / SECOND))
    await api.twin.note(Event(START + round(seconds * SECOND), kind, connection, body))


def ids(api: Api, *tags: str) -> list[int]:
    found = [api.twin.tags.get(tag) for tag in tags]
    return [one for one in found if one is not None]


async def an_outage(api: Api) -> None:
    """s7 is subscribed at 10 s, lost at 20 s, back at 50 s; the history of its server gives temp alone."""
    mine = ids(api, *(f"{FILLER}/{name}" for name in OF_S7 if name != "code"))
    granted = {"tags": mine, "by": "subscription", "sampling": SECOND // 2, "queue": 10}
    await tell(api, 10, TAGS_COVERED, "s7", **granted)
    await tell(api, 10, CONNECTION_UP, "s7", attempt=1)
    await tell(api, 12, TAGS_UNCOVERED, "s7", tags=ids(api, f"{FILLER}/code"), cause="BadNodeIdUnknown")
    api.clock.at(19)
    await api.post([row(TEMP, second, second) for second in range(10, 20)])
    await tell(api, 20, CONNECTION_LOST, "s7", cause="no answer in 4 s")
    await tell(api, 50, TAGS_COVERED, "s7", **granted)
    await tell(api, 50, GAP, "s7", **{"from": START + 19 * SECOND, "to": START + 50 * SECOND}, cause="subscribed anew")
    await api.move(60)
    await api.post([row(TEMP, second, second) for second in range(19, 50, 2)])
    refused = {"BadHistoryOperationUnsupported": ids(api, RECIPE)}
    gap = {"from": START + 19 * SECOND, "to": START + 50 * SECOND, "rows": 16, "refused": refused}
    await tell(api, 70, GAP_FILLED, "s7", tags=ids(api, TEMP), **gap)
    await tell(api, 70, CONNECTION_UP, "gw", attempt=1)
    await api.move(100)


async def test_what_covered_each_tag_and_what_is_missing_with_its_cause(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await an_outage(api)
        query = {"from_": instant(0), "to": instant(90)}
        (temp,) = (await api.get("/coverage", tag=TEMP, **query))["tags"]
        assert [(one["from"], one["state"]) for one in temp["stretches"]] == [
            (instant(0), "missing"),
            (instant(10), "covered"),
            (instant(19), "filled"),
            (instant(50), "covered"),
        ]
        assert (temp["covered_s"], temp["filled_s"], temp["missing_s"], temp["blind_s"]) == (49, 31, 10, 0.5)
        assert temp["stretches"][1] | {} == {
            "from": instant(10), "to": instant(19), "state": "covered", "by": "subscription", "sampling_s": 0.5,
            "why": "", "cause": "", "unfilled": "",
        }  # fmt: skip
        (recipe,) = (await api.get("/coverage", tag="packaging/line1/filler/recipe", **query))["tags"]
        assert recipe["stretches"][2] == {
            "from": instant(19), "to": instant(50), "state": "missing", "by": "", "sampling_s": None, "why": "gap",
            "cause": "subscribed anew", "unfilled": "BadHistoryOperationUnsupported",
        }  # fmt: skip
        (code,) = (await api.get("/coverage", tag=f"{FILLER}/code", **query))["tags"]
        assert (code["covered_s"], code["blind_s"], code["stretches"][1]["cause"]) == (
            0,
            None,
            "the link is up, and no subscription of this tag is proven",
        )
        assert [one["cause"] for one in code["stretches"]][2] == "BadNodeIdUnknown"
        (packer, _) = (await api.get("/coverage", asset=PACKER, **query))["tags"]
        assert [(one["state"], one["by"]) for one in packer["stretches"]] == [("missing", ""), ("covered", "messages")]
        assert packer["blind_s"] is None


async def test_what_is_known_now_was_not_known_then(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await an_outage(api)
        query = {"tag": TEMP, "from_": instant(20), "to": instant(50)}
        assert (await api.get("/coverage", **query))["tags"][0]["filled_s"] == 30
        then = await api.get("/coverage", known_at=instant(65), **query)
        assert (then["known_at"], then["tags"][0]["missing_s"]) == (instant(65), 30)


async def test_rows_are_counted_by_kind(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        api.clock.at(100)
        await api.post([row(TEMP, second, second, status=OVERFLOWED if second % 2 else 0) for second in range(10)])
        await api.post([row(TEMP, 1, 1, status=OVERFLOWED), row(TEMP, 2, 22), row(TEMP, 3, status=BAD)])
        await api.post([row(TEMP, 95, 4, status=UNCERTAIN)])
        found = (await api.get("/coverage", tag=TEMP, from_=instant(0), to=instant(100)))["tags"][0]["rows"]
        assert found == {
            "received": 14, "repeats": 1, "overwritten": 2, "overflowed": 4, "bad": 1, "uncertain": 1, "late": 10,
            "filled": 0,
        }  # fmt: skip
        without = await api.get("/coverage", tag=TEMP, rows="false")
        assert without["tags"][0]["rows"] is None


async def test_filled_rows_are_those_of_the_gap_that_came_after_it(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await an_outage(api)
        found = (await api.get("/coverage", tag=TEMP, from_=instant(0)))["tags"][0]["rows"]
        assert (found["received"], found["repeats"], found["filled"]) == (26, 1, 15)


async def test_the_summary_is_of_all_tags_and_names_each_cause(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await an_outage(api)
        first = await api.get("/coverage", connection="s7", from_=instant(0), to=instant(90), limit=3)
        summary = first["summary"]
        assert summary["tags"] == 7
        assert summary["covered_s"] + summary["filled_s"] + summary["missing_s"] == 7 * 90
        assert [(one["why"], one["tags"], one["missing_s"], one["unfilled"]) for one in summary["causes"]] == [
            ("gap", 5, 31 * 5, ""),
            ("never", 7, 70, ""),
            ("lost", 1, 40, ""),
            ("gap", 1, 31, "BadHistoryOperationUnsupported"),
            ("uncovered", 1, 7, ""),
            ("uncovered", 1, 2, ""),
        ]
        assert summary["causes_left_out"] == 0


async def test_pages_follow_each_other(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        names: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await api.get("/coverage", limit=4, cursor=cursor)
            names += [one["tag"] for one in page["tags"]]
            cursor = page["cursor"]
        everything = await api.get("/coverage", limit=1000)
        assert names == [one["tag"] for one in everything["tags"]] == sorted(names)
        assert len(names) == everything["summary"]["tags"] == 9


async def test_nothing_is_said_of_what_lies_ahead_and_what_is_wrong_is_told(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        found = await api.get("/coverage", tag=TEMP, from_=instant(-10), to=instant(500))
        assert (found["from"], found["to"]) == (instant(-10), found["as_of"])
        ahead = await api.get("/coverage", tag=TEMP, from_=instant(400), to=instant(500))
        assert (ahead["tags"][0]["stretches"], ahead["summary"]["missing_s"]) == ([], 0)
        assert "no such tag" in (await api.get("/coverage", 404, tag="nothing"))["detail"]
        assert "there are s7, gw" in (await api.get("/coverage", 404, connection="x"))["detail"]
        assert "turn them round" in (await api.get("/coverage", 422, from_=instant(9), to=instant(1)))["detail"]
        await api.get("/coverage", 422, limit=0)


async def test_the_time_between_two_runs_is_missing_and_a_trend_has_a_gap_there(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await tell(api, 0, TAGS_COVERED, "s7", tags=ids(api, TEMP), by="poll", sampling=2 * SECOND)
        await api.post([row(TEMP, 1, 1)])
        await api.move(20)
    api.clock.at(60)
    async with running(tmp_path, api.clock) as api:
        await tell(api, 70, TAGS_COVERED, "s7", tags=ids(api, TEMP), by="poll", sampling=2 * SECOND)
        await api.move(80)
        (temp,) = (await api.get("/coverage", tag=TEMP, from_=instant(0)))["tags"]
        assert [(one["state"], one["cause"]) for one in temp["stretches"]] == [
            ("covered", ""),
            ("missing", NOT_RUNNING),
            ("covered", ""),
        ]
        assert from_text(temp["stretches"][1]["from"]) - START < 21 * SECOND
        (gap,) = (await api.get("/samples", tag=TEMP, from_=instant(0)))["samples"][0]["gaps"]
        assert gap == {"from": temp["stretches"][1]["from"], "to": instant(70), "cause": NOT_RUNNING}


async def test_a_trend_shows_what_is_missing_and_not_what_is_filled(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await an_outage(api)
        query = {"from_": instant(0), "to": instant(90)}
        temp, recipe, code = (await api.get("/samples", tag=[TEMP, RECIPE, f"{FILLER}/code"], **query))["samples"]
        assert temp["gaps"] == []
        assert recipe["gaps"] == [{"from": instant(19), "to": instant(50), "cause": "subscribed anew"}]
        assert [gap["cause"] for gap in code["gaps"]][-1] == "no answer in 4 s"


async def test_what_retention_forgot_is_told_beside_the_counts(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await an_outage(api)
        found = await api.get("/coverage", tag=TEMP, from_=instant(0), to=instant(90))
        assert (found["kept_from"], found["whole_from"]) == (None, None)
        await asyncio.to_thread(forget_before, api.twin._log, Limits(START + 15 * SECOND))
        found = await api.get("/coverage", tag=TEMP, from_=instant(0), to=instant(90))
        assert (found["kept_from"], found["whole_from"]) == (instant(15), instant(15))
