"""An archive that does not answer: today's samples are there as ever, and what is missing is named with its cause."""

from __future__ import annotations

import asyncio

from tests.unit.api.running import instant, row
from tests.wire.influx.same_numbers import FILLER, plant_with
from twin.core.instant import DAY
from twin.runtime.ports import free_ports
from twin.store.retention import Limits, forget_before

TAG = f"{FILLER}/temp"


async def test_an_archive_that_is_away_is_a_gap_with_a_cause(tmp_path) -> None:
    (port,) = free_ports(1)
    async with plant_with(f"http://127.0.0.1:{port}", {"bucket": "plant"}, tmp_path) as api:
        await api.post([row(TAG, -2 * 86_400, 5.0), row(TAG, -60, 7.0)])
        await asyncio.to_thread(forget_before, api.twin._log, Limits(api.clock.now() - DAY))
        span = {"from": instant(-3 * 86_400), "to": instant(0)}
        for question in ({}, {"max_points": 50}, {"aggregate": "count,twa", "interval": "1h"}):
            answer = await api.get("/samples", tag=TAG, **span, **question)
            old, own = answer["sources"]
            assert (old["source"], old["from"]) == ("historian", instant(-3 * 86_400))
            assert old["missing"].startswith(f"outlet historian: http://127.0.0.1:{port}: ")
            assert (own["source"], own["from"], own["missing"]) == ("local", old["to"], None)
        (rows,) = (await api.get("/samples", tag=TAG, **span))["samples"]
        assert rows["value"][-1] == 7.0
        assert [gap["cause"] for gap in rows["gaps"]] == [f"historian: {old['missing']}"]
        recent = await api.get("/samples", tag=TAG, **{"from": instant(-3_600), "to": instant(0)})
        assert recent["sources"] == []
        past = await api.get("/samples", tag=TAG, **span, known_at=instant(0))
        assert "leave out known_at" in past["sources"][0]["missing"]
