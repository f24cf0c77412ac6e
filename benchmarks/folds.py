"""All folds together over 1,000 tags at 5 Hz, stepped by the engine. Bar: 2 M samples/s."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.command import Effort, main
from benchmarks.plant import PATHS, TAGS, opcua_plant
from benchmarks.rivals.last_values import last_values
from benchmarks.row import Row
from twin.core.batch import Batch, batch
from twin.core.engine import Engine
from twin.core.instant import MILLISECOND, MINUTE
from twin.core.tags import TagTable
from twin.model.load import load
from twin.runtime.assembly import assemble
from twin.runtime.plugins import connectors
from twin.store.memory import MemoryHistory, MemoryResults

BEGIN = 1_700_000_040 * 1000 * MILLISECOND
"""A full minute."""
PERIOD = 200 * MILLISECOND
STEPS = {500: 100 * MILLISECOND, 1250: 250 * MILLISECOND, 5000: 1000 * MILLISECOND, 50000: 10_000 * MILLISECOND}
"""Rows of a step -> its length: live ticks, a burst, catching up after a restart."""


def samples(seconds: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(time, value), both [tick, tag]: the same machines at work every time, a stop each minute or so."""
    machines = len(PATHS) // len(TAGS)
    ticks = int(seconds * 1e9) // PERIOD
    random = np.random.default_rng(1)
    phase = random.integers(0, PERIOD // MILLISECOND, len(PATHS)) * MILLISECOND
    instant = BEGIN + np.arange(ticks)[:, None] * PERIOD + phase
    value = random.normal(50, 1, (ticks, machines, len(TAGS)))
    stopped = _stops(random, ticks, machines)
    pieces = np.where(stopped, 0, random.random((ticks, machines)) < 0.3)
    value[:, :, 0] = np.cumsum(pieces, axis=0)
    value[:, :, 1] = np.cumsum(pieces * (random.random((ticks, machines)) < 0.02), axis=0)
    value[:, :, 2] = np.where(stopped, 1 << 10, 0)
    return instant, value.reshape(ticks, -1)


def _stops(random: np.random.Generator, ticks: int, machines: int) -> NDArray[np.bool_]:
    """Where a machine stands: about once a minute for some seconds."""
    per_tick = PERIOD / MINUTE
    turns = random.random((ticks, machines)) < 2 * per_tick * np.where(random.random((1, machines)) < 0.5, 1, 2)
    return np.cumsum(turns, axis=0) % 4 == 1


def engine_of(history: MemoryHistory) -> tuple[Engine, MemoryResults, TagTable]:
    """Every fold of the plant over stores in memory."""
    plant = load(opcua_plant("opc.tcp://127.0.0.1:4840"), "plant.yaml", connectors(), {})
    tags, results = TagTable(), MemoryResults()
    return assemble(plant, tags).engine(history, results), results, tags


def entries(seconds: float, step: int, tag: NDArray[np.int32]) -> Iterator[tuple[int, Batch]]:
    """(recorded, batch) of each step; rows come in the order of their times."""
    instant, value = samples(seconds)
    order = np.argsort(instant.ravel(), kind="stable")
    times, values, tags = instant.ravel()[order], value.ravel()[order], np.tile(tag, len(instant))[order]
    edges = np.searchsorted(times, np.arange(BEGIN, times[-1] + step, step))
    for first, last in pairwise(edges.tolist()):
        if last > first:
            recorded = int(times[last - 1]) + MILLISECOND
            yield recorded, batch("source", tags[first:last], times[first:last], values[first:last])


def folded_per_s(step: int, seconds: float) -> tuple[float, int]:
    """(samples a second of CPU, records made) of the engine, a step at a time."""
    engine, results, tags = engine_of(MemoryHistory())
    prepared = list(entries(seconds, step, tags.ids_of(PATHS)))
    list(engine.resume(BEGIN, 0))
    begun = time.process_time()
    for recorded, one in prepared:
        engine.accept([(recorded, one)])
        for publication in engine.tick(recorded, recorded):
            results.publish(publication)
    elapsed = time.process_time() - begun
    return sum(len(one) for _, one in prepared) / elapsed, len(results.believed)


def looped_per_s(batches: Sequence[Batch]) -> float:
    """Samples a second of the loop over rows, rows made from columns beforehand."""
    rows = [
        row
        for one in batches
        for row in zip(one.tag.tolist(), one.time.tolist(), one.value.tolist(), one.status.tolist(), strict=True)
    ]
    begun = time.process_time()
    kept = last_values(rows)
    elapsed = time.process_time() - begun
    if len(kept) != len(PATHS):
        raise RuntimeError(f"the loop kept {len(kept)} tags of {len(PATHS)}")
    return len(rows) / elapsed


def run(effort: Effort) -> list[Row]:
    """Each step length over the same minutes of the plant."""
    seconds = 70.0 if effort.short else 200.0
    tag = np.arange(len(PATHS), dtype=np.int32)
    rival = looped_per_s([one for _, one in entries(seconds, PERIOD, tag)])
    found: list[Row] = []
    for rows, step in STEPS.items():
        speed, records = folded_per_s(step, seconds)
        if records == 0:
            raise RuntimeError("the folds made no record: the plant of the benchmark does nothing")
        name = f"all folds, {rows} rows a step"
        found.append(Row(name, speed / 1e6, "M samples/s", "last values only, row by row", rival / 1e6))
    return found


if __name__ == "__main__":
    sys.exit(main([run]))
