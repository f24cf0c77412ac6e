"""A late sample, one hour old, on a running line of 100 tags: until its correction is shown. Bar: 1 s."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.command import Effort, main
from benchmarks.plant import TAGS, mqtt_plant, paths
from benchmarks.row import Row
from twin.core.batch import Batch, batch
from twin.core.instant import HOUR, MINUTE, SECOND
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.seal import Bounds, Sealer

NAMES = paths(1)
MACHINES = len(NAMES) // len(TAGS)
STATUS = TAGS.index("status")
DOWN, STARVED = float(1 << 10), float(1 << 7)
PERIOD = SECOND // 2
"""Between samples of a tag: 200 rows/s."""
BEFORE = 75 * MINUTE
"""So much of the line is there when the run begins."""
APART_S = 2.0
"""Between late samples: a unit is healed once a second at most."""
LATE = 60


class PastClock:
    """Shows when the samples of the time before are recorded."""

    instant = 0

    def now(self) -> int:
        """The instant it was set to."""
        return self.instant


class Line:
    """What the line says, a sample of each tag at every instant asked for. stops: each machine about once a minute."""

    def __init__(self, stops: bool) -> None:
        self._random = np.random.default_rng(1)
        self._turns = PERIOD / MINUTE * 2 if stops else 0.0
        self._total, self._stopped = np.zeros(MACHINES), np.zeros(MACHINES, np.int64)

    def at(self, instants: list[int]) -> Batch:
        """Rows of these instants, which go on from those before."""
        value = self._random.normal(50, 1, (len(instants), MACHINES, len(TAGS)))
        turns = np.cumsum(self._random.random((len(instants), MACHINES)) < self._turns, axis=0)
        stopped = (self._stopped + turns) % 2
        made = np.cumsum((self._random.random((len(instants), MACHINES)) < 0.5) & (stopped == 0), axis=0)
        value[:, :, 0] = self._total + made
        value[:, :, 1] = value[:, :, 0] // 100
        value[:, :, STATUS] = stopped * STARVED
        self._total, self._stopped = value[-1, :, 0].copy(), stopped[-1]
        tag = np.tile(np.arange(len(NAMES)), len(instants))
        return batch("source", tag, np.repeat(np.array(instants), len(NAMES)), value.ravel())


def lay_down(folder: Path, line: Line) -> None:
    """The time before the run, as a run leaves it: what is older than an hour in files, the rest in the log."""
    clock = PastClock()
    log, reader = SqliteLog(folder, clock), LogReader(folder)
    try:
        log.tags.ids_of(NAMES)
        now = time.time_ns()
        for start in range(now - BEFORE, now, MINUTE):
            one = line.at(list(range(start, min(start + MINUTE, now), PERIOD)))
            clock.instant = int(one.time[-1]) + 1
            log.submit(one).result()
        Sealer(log, reader, Bounds()).seal(now)
    finally:
        log.close()
        reader.close()


async def corrected_s(plant: Plant, folder: Path, many: int, stops: bool) -> list[float]:
    """Seconds from the acknowledgement of each late sample to a view that has its correction."""
    line = Line(stops)
    await asyncio.to_thread(lay_down, folder, line)
    async with open_twin(plant, folder, WallClock(), connect=False) as twin:
        running = asyncio.create_task(_run(twin, line))
        random = np.random.default_rng(2)
        try:
            found: list[float] = []
            for number in range(many):
                await asyncio.sleep(APART_S * random.uniform(0.75, 1.25))
                found.append(await _late(twin, number % MACHINES))
            return found
        finally:
            running.cancel()


async def _run(twin: Twin, line: Line) -> None:
    """The line goes on."""
    while True:
        await twin.append(line.at([time.time_ns()]))
        await asyncio.sleep(PERIOD / SECOND)


async def _late(twin: Twin, machine: int) -> float:
    """A moment of standstill an hour ago, between two samples of the machine's status."""
    before = twin.corrections[-1].number if twin.corrections else 0
    tag = machine * len(TAGS) + STATUS
    await twin.append(batch("gateway", [tag], [time.time_ns() - HOUR], [DOWN]))
    acknowledged = time.perf_counter()
    while not twin.corrections or twin.corrections[-1].number == before:
        await twin.next_view(twin.live().number)
    return time.perf_counter() - acknowledged


def run(effort: Effort) -> list[Row]:
    """Many late samples, one after the other; with --short a few.

    Where machines stop now and then, what came late is soon forgotten and folding again ends; where they never do, the
    beginning of their state has moved, and the whole hour is folded again.
    """
    plant = load(mqtt_plant("mqtt://127.0.0.1:1", 1), "plant.yaml", connectors(), {})
    found: list[Row] = []
    for stops, kind in ((True, "that stops now and then"), (False, "that never stops")):
        with tempfile.TemporaryDirectory() as folder:
            took = asyncio.run(corrected_s(plant, Path(folder), 8 if effort.short else LATE, stops))
        name = f"late by an hour on a line of {len(NAMES)} tags {kind}"
        found += [Row(f"{name}, p{percent}", float(np.percentile(took, percent)), "s") for percent in (50, 99)]
    return found


if __name__ == "__main__":
    sys.exit(main([run]))
