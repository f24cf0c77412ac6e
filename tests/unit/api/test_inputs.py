"""The share of good inputs beside the numbers that are made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.api.running import FILLER, PACKER, SECOND, START, Api, instant, row, running
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, TAGS_COVERED, Event

UNCERTAIN = 0x40000000
BAD = 0x80000000


async def note(api: Api, seconds: float, kind: str, connection: str, **body: Any) -> None:
    await api.twin.note(Event(START + round(seconds * SECOND), kind, connection, body))


async def ten_minutes(api: Api) -> None:
    """Of 600 s the state is good for 300, uncertain for 60, bad for 60, and missing for 180; the counter is good."""
    tags = [api.twin.tags.get(f"{FILLER}/{name}") for name in ("st", "total", "reject")]
    api.clock.at(600)
    await note(api, 0, CONNECTION_UP, "s7")
    await note(api, 0, TAGS_COVERED, "s7", tags=tags, by="subscription", sampling=0)
    await api.post(
        [
            row(f"{FILLER}/st", 0, 1), row(f"{FILLER}/total", 0, 0), row(f"{FILLER}/reject", 0, 0),
            row(f"{FILLER}/st", 100, 1, status=UNCERTAIN), row(f"{FILLER}/st", 160, status=BAD),
            row(f"{FILLER}/st", 220, 1),
        ]
    )  # fmt: skip
    await note(api, 400, CONNECTION_LOST, "s7", cause="cable")
    await note(api, 580, CONNECTION_UP, "s7")
    await note(api, 580, TAGS_COVERED, "s7", tags=tags, by="subscription", sampling=0)
    await api.post([row(f"{FILLER}/st", 580, 1)])
    await api.move(660)


async def test_oee_says_how_good_its_inputs_were(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await ten_minutes(api)
        found = (await api.get("/oee", asset=FILLER, from_=instant(0), to=instant(600)))["results"]
        (filler,) = [one for one in found if one["asset"] == FILLER]
        assert filler["inputs"]["availability"] == pytest.approx(
            {"good": 300 / 600, "uncertain": 60 / 600, "bad": 60 / 600, "missing": 180 / 600, "tags": 1}
        )
        assert filler["inputs"]["pieces"] == pytest.approx(
            {"good": 420 / 600, "uncertain": 0, "bad": 0, "missing": 180 / 600, "tags": 2}
        )
        assert filler["inputs"]["oee"]["good"] == pytest.approx((300 + 2 * 420) / 1800)
        without = (await api.get("/oee", asset=FILLER, from_=instant(0), to=instant(600), inputs="false"))["results"]
        assert [one["inputs"] for one in without] == [None] * len(without)


async def test_counts_say_so_by_the_hour_and_what_was_known_then_stands(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await ten_minutes(api)
        (total, reject) = (await api.get("/counts", asset=FILLER, from_=instant(0), to=instant(600)))["counts"]
        assert total["inputs"] == reject["inputs"]
        assert total["inputs"]["missing"] == pytest.approx(0.3)
        (packer,) = (await api.get("/counts", asset=PACKER, from_=instant(0), to=instant(600)))["counts"]
        assert packer["inputs"] == {"good": 0, "uncertain": 0, "bad": 0, "missing": 1, "tags": 1}
        (line,) = [
            one
            for one in (await api.get("/oee", from_=instant(0), to=instant(600), known_at=instant(600)))["results"]
            if one["level"] == "line"
        ]
        assert line["inputs"]["oee"]["tags"] == 5


async def test_what_is_too_much_to_read_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.runtime.inputs.MOST_ROWS", 0)
    async with running(tmp_path) as api:
        await ten_minutes(api)
        found = (await api.get("/oee", asset=FILLER, from_=instant(0), to=instant(600)))["results"]
        assert found[0]["inputs"] is None
