"""Reads of sealed history, idle and beside a writer of 200,000 rows/s, in one process as in a run."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.append import synced
from benchmarks.own_store import BOUNDS, ArrivalClock
from benchmarks.workload import ROWS, Workload
from twin.cli.serving import short_turns
from twin.core.batch import Batch
from twin.core.instant import DAY, FAR_FUTURE
from twin.core.rows import in_order
from twin.runtime.sealing import Sealing
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.wal import PAGE

RATE = 200_000
EVERY_S = ROWS / RATE
DISTINCT = 50


@dataclass(frozen=True, slots=True)
class Beside:
    """(p50, p99) in ms of reads, of acknowledgements and of the bare disk: a page, as many bytes; rows/s written."""

    idle_ms: tuple[float, float]
    busy_ms: tuple[float, float]
    acknowledged_ms: tuple[float, float]
    page_ms: tuple[float, float]
    synced_ms: tuple[float, float]
    kept_rows_s: float
    asked_rows_s: float


def beside(folder: Path, workload: Workload, seconds: float) -> Beside:
    """Go on with a folder that has the workload: first idle, then while later samples come and are sealed."""
    clock = ArrivalClock()
    clock.instant = workload.span[1]
    before = synced(folder, PAGE), synced(folder, ROWS * 24)
    log, reader = SqliteLog(folder, clock), LogReader(folder)
    sealing = Sealing(log, reader, clock, BOUNDS)
    try:
        idle = reads_s(reader, workload, seconds)
        sealing.start()
        writer = Writer(log, clock, workload, seconds)
        with short_turns():
            writer.start()
            busy = reads_s(reader, workload, seconds)
            writer.join()
    finally:
        sealing.close()
        reader.close()
        log.close()
    after = synced(folder, PAGE), synced(folder, ROWS * 24)  # before and after: others may use the disk, too
    page, bare = (_ms(np.append(*both)) for both in zip(before, after, strict=True))
    waited = _ms(np.array(writer.waited_s))
    return Beside(_ms(idle), _ms(busy), waited, page, bare, writer.rows / writer.took_s, float(RATE))


def reads_s(reader: LogReader, workload: Workload, seconds: float) -> np.ndarray:
    """Seconds that each read of one day of one slow tag took, at random."""
    random = np.random.default_rng(2)
    took: list[float] = []
    begin = time.perf_counter()
    while (begun := time.perf_counter()) < begin + seconds:
        tag = np.array([random.integers(workload.quick, workload.tags)], dtype=np.int32)
        start = workload.span[0] + int(random.integers(workload.days)) * DAY
        in_order(reader.read_tags(tag, start, start + DAY, FAR_FUTURE).samples)
        took.append(time.perf_counter() - begun)
    return np.array(took)


class Writer(threading.Thread):
    """Batches of 10,000 rows at their times, late ones at once."""

    def __init__(self, log: SqliteLog, clock: ArrivalClock, workload: Workload, seconds: float) -> None:
        super().__init__(name="bench-writer")
        self._log, self._clock, self._seconds = log, clock, seconds
        self._later = workload.days * DAY
        some = list(islice(replace(workload, days=1).batches(), DISTINCT))
        self._batches: list[tuple[int, Batch]] = some
        self._cycle = some[-1][0] - some[0][0] + ROWS
        self.waited_s: list[float] = []
        self.rows = 0
        self.took_s = 0.0

    def run(self) -> None:
        """Write until the time is over."""
        begun = time.perf_counter()
        for turn in range(int(self._seconds / EVERY_S)):
            cycle, place = divmod(turn, len(self._batches))
            arrived, one = self._batches[place]
            ahead = self._later + cycle * self._cycle
            later = replace(one, time=one.time + ahead)
            time.sleep(max(0.0, begun + turn * EVERY_S - time.perf_counter()))
            self._clock.instant = arrived + ahead
            asked = time.perf_counter()
            self._log.submit(later).result()
            self.waited_s.append(time.perf_counter() - asked)
            self.rows += len(one)
        self.took_s = time.perf_counter() - begun


def _ms(seconds: np.ndarray) -> tuple[float, float]:
    return 1e3 * float(np.quantile(seconds, 0.5)), 1e3 * float(np.quantile(seconds, 0.99))
