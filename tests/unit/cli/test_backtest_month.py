"""Back-test of a lowered limit over a recorded month: its difference is that of a month under that limit."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.unit.api.running import FILLER, PLANT, START, HandClock, row, running
from tests.unit.cli.test_backtest import put_right, stored
from twin.core.instant import DAY, HOUR, Span
from twin.model.load import load
from twin.runtime.backtest import backtest
from twin.runtime.editions import stored_loads
from twin.runtime.plugins import connectors
from twin.store.reader import LogReader

DAYS = 30
LOWERED = PLANT.replace("high: 80,", "high: 72,")
ST, TOTAL, TEMP = (f"{FILLER}/{name}" for name in ("st", "total", "temp"))
SPAN = Span(START, START + DAYS * DAY)


async def a_month(folder: Path, plant: str) -> None:
    """A filler that gets warm now and then: a sample of each tag each 20 minutes, and each day one that comes late."""
    clock = HandClock()
    async with running(folder, clock, plant_file=plant) as api:
        for day in range(DAYS):
            rows: list[dict[str, object]] = []
            for third in range(72 * day, 72 * day + 72):
                at = 1200 * third
                temp = 60 + (third * 37) % 23 + (third % 72 == 40) * 15
                rows += [row(ST, at + 5, 1 + third % 3), row(TOTAL, at + 6, third * 400), row(TEMP, at + 7, temp)]
            clock.at(86400 * (day + 1))
            await api.post([*rows, row(TEMP, 86400 * day + 3601, 75 + day % 9)])
        await api.move(86400 * DAYS + 3600)


@pytest.mark.slow
def test_the_difference_of_a_month_is_that_of_a_full_run(tmp_path: Path) -> None:
    for name, plant in (("old", PLANT), ("new", LOWERED)):
        asyncio.run(a_month(tmp_path / name, plant))
    before, after = stored(tmp_path / "old", SPAN), stored(tmp_path / "new", SPAN)
    reader = LogReader(tmp_path / "old")
    plant = load(LOWERED, "plant.yaml", connectors(), {})
    found = backtest(plant, stored_loads(tmp_path / "old", reader), reader, SPAN, lambda _share: None)
    reader.close()
    assert found.span.end - found.span.start > DAYS * DAY - HOUR
    assert len(found.difference.added) > DAYS
    assert put_right(before, found.difference) == sorted(after, key=repr)
    assert sum(found.after.ended.values()) == len(after)
