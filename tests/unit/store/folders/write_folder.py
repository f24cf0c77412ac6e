"""Write a small data folder with the linetwin that is on the path, and note what that one reads from it.

Before the layout of data folders changes: `python -m tests.unit.store.folders.write_folder DIR`, then pack DIR as
`layout-N.tar.xz`, beside it `layout-N.json`.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import numpy as np

from tests.unit.store.test_old_folders import read
from twin.core.batch import batch
from twin.core.event import Event
from twin.core.instant import HOUR, SECOND, from_text
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.seal import Bounds, Sealer

START = from_text("2026-03-02T06:00:00Z")
BLOCK = 300 * SECOND
BLOCKS = 36
ROWS = 60
"""Of each tag in a block."""
PLANT = """linetwin: 1
plant: acme/brno
timezone: Europe/Prague
connections: {s7: {mqtt: "mqtt://127.0.0.1:1"}}
types:
  filler:
    tags:
      total: {topic: t, counter: {wraps: 65536}}
      state: {topic: s}
      temp: {topic: x, unit: degC, raw: [0, 27648], range: [0, 150], alarms: [{high: 85, delay: 5s, deadband: 1}]}
      recipe: {topic: r, type: text}
    counts: {total: total}
    state: {table: {3: running, 9: down}, value: state}
lines:
  packaging/line1:
    machines:
      filler: {type: filler, from: s7}
"""
FILLER = "acme/brno/packaging/line1/filler"


class HandClock:
    """Stands still until it is moved."""

    instant = START

    def now(self) -> int:
        return self.instant


async def lived(folder: Path) -> None:
    """Three hours with a wrapping counter, stops, alarms, bad values, texts, late and changed rows, events."""
    clock = HandClock()
    async with open_twin(load(PLANT, "plant.yaml", connectors(), {}), folder, clock, connect=False) as twin:
        random = np.random.default_rng(7)
        for block in range(BLOCKS):
            clock.instant = START + (block + 1) * BLOCK
            recorded = await kept(twin, block, random)
            view = twin.live()
            while view.known < recorded or view.as_of < clock.now():
                view = await twin.next_view(view.number)


async def kept(twin: Twin, block: int, random: np.random.Generator) -> int:
    """What five minutes bring."""
    start, n = START + block * BLOCK, np.arange(ROWS)
    times = start + n * 5 * SECOND
    total = ((block * ROWS + n) * 40 + 60_000) % 65_536
    state = np.where((block % 9 == 8) & (n > 20) & (n < 40), 9, 3)
    temp = np.round(12_000 + 6_000 * np.sin(block / 5 + n / 60) + random.normal(0, 50, ROWS))
    value = np.concatenate([total, state, temp]).astype(float)
    status = np.zeros(3 * ROWS, dtype=np.uint32)
    value[2 * ROWS + 7], status[2 * ROWS + 7] = np.nan, 0x80000000
    ids = [twin.tags.get(f"{FILLER}/{name}") for name in ("total", "state", "temp", "recipe")]
    await twin.append(batch("s7", np.repeat(ids[:3], ROWS), np.tile(times, 3), value, status))
    if block % 12 == 3:
        await twin.append(batch("s7", [ids[2]] * 6, times[:6] - 2 * BLOCK, [9999.0 + block] * 6))
    await twin.note(Event(start, "connection.up", "s7", {"attempt": block}))
    return await twin.append(batch("s7", [ids[3]], [start], [np.nan], [0], [f"řízek {block}\"'"]))


def sealed(folder: Path) -> None:
    """Two hours in files, the last in the log."""
    with closing(SqliteLog(folder, HandClock())) as log, closing(LogReader(folder)) as reader:
        sealer = Sealer(log, reader, Bounds(age=0, leave=HOUR, rows=3000))
        while sealer.seal(START + 3 * HOUR):
            pass


if __name__ == "__main__":
    place = Path(sys.argv[1])
    asyncio.run(lived(place))
    sealed(place)
    place.with_suffix(".json").write_text(
        json.dumps(read(place), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    with closing(sqlite3.connect(place / "log.db")) as log:
        log.execute("PRAGMA wal_checkpoint(TRUNCATE)")
