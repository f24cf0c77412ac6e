"""50 connectors x 50 batches/s x 100 rows into the log, each waiting for its acknowledgement, beside the bare disk.

Two seconds go before, whose longest acknowledgement stands in a row of its own: 5,000 tags are stored with the first
commit, and the log finds out how much room it needs. Of a run that takes weeks they would be nothing, of the three
seconds of a short form they would be the 99th percentile.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks.command import Effort, main
from benchmarks.row import Row
from twin.core.batch import Batch, batch
from twin.runtime.clock import WallClock
from twin.store.log import SqliteLog
from twin.store.reader import LogReader

CONNECTORS = 50
PER_S = 50
ROWS = 100
SYNCS = 300
BEFORE_S = 2.0
RIVAL = "fdatasync of the same bytes"


def one_batch(connector: int, number: int) -> Batch:
    """100 tags of one connector, a value each."""
    tag = np.arange(connector * ROWS, (connector + 1) * ROWS)
    return batch(f"c{connector}", tag, np.full(ROWS, time.time_ns()), np.full(ROWS, float(number)))


async def connector(log: SqliteLog, number: int, seconds: float, waited_s: list[float]) -> int:
    """Send at its times, late ones at once; how many batches it was told are durable."""
    begin = time.perf_counter() + number / CONNECTORS / PER_S
    sent = int(seconds * PER_S)
    for turn in range(sent):
        await asyncio.sleep(max(0.0, begin + turn / PER_S - time.perf_counter()))
        asked = time.perf_counter()
        await log.append(one_batch(number, turn))
        waited_s.append(time.perf_counter() - asked)
    return sent


async def load(log: SqliteLog, seconds: float) -> tuple[int, float, np.ndarray]:
    """(batches acknowledged, how long it took, seconds that each acknowledgement took)."""
    waited_s: list[float] = []
    begun = time.perf_counter()
    sent = await asyncio.gather(*(connector(log, number, seconds, waited_s) for number in range(CONNECTORS)))
    return sum(sent), time.perf_counter() - begun, np.array(waited_s)


def synced(folder: Path, size: int) -> np.ndarray:
    """Seconds that each of some hundred synchronous appends of so many bytes took."""
    sync = getattr(os, "fdatasync", os.fsync)
    took: list[float] = []
    with (folder / "bare").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            some = os.urandom(size)
            begun = time.perf_counter()
            file.write(some)
            sync(file.fileno())
            took.append(time.perf_counter() - begun)
    return np.array(took)


def kept(folder: Path) -> int:
    """Batches that are in the log."""
    with closing(LogReader(folder)) as reader:
        return reader.counts()["entries"]


def run(effort: Effort) -> list[Row]:
    """The log, then the bare disk with as many bytes a sync as a commit had."""
    with tempfile.TemporaryDirectory(prefix="linetwin-bench-", dir=Path.cwd()) as name:
        folder = Path(name)
        log = SqliteLog(folder / "data", WallClock())
        log.tags.ids_of([f"bench/t{number}" for number in range(CONNECTORS * ROWS)])
        try:
            first, _, first_s = asyncio.run(load(log, BEFORE_S))
            before = log.commits
            bare_s = synced(folder, first * ROWS * 24 // before)
            acknowledged, took_s, waited_s = asyncio.run(load(log, effort.window_s))
            commits = log.commits - before
        finally:
            log.close()
        there = kept(folder / "data")
        after_s = synced(folder, acknowledged * ROWS * 24 // commits)
        bare_s = np.append(bare_s, after_s)  # before and after: others may use the disk, too
    return [
        Row("append 50 x 50/s x 100 rows: batches lost", first + acknowledged - there, "lost"),
        Row("append: longest acknowledgement of the two seconds before", _ms(first_s, 1.0), "ms"),
        Row("append: rate kept", acknowledged / took_s, "batches/s", "asked for", CONNECTORS * PER_S),
        Row("append: acknowledgement, p50", _ms(waited_s, 0.5), "ms", RIVAL, _ms(bare_s, 0.5)),
        Row("append: acknowledgement, p99", _ms(waited_s, 0.99), "ms", RIVAL, _ms(bare_s, 0.99)),
        Row("append: commits", commits / took_s, "1/s"),
    ]


def _ms(seconds: np.ndarray, quantile: float) -> float:
    return 1e3 * float(np.quantile(seconds, quantile))


if __name__ == "__main__":
    sys.exit(main([run]))
