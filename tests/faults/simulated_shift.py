"""A simulated shift, folded in process: what the twin makes of it beside what really happened."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simulators.packaging import LINE
from twin.core.batch import Batch, batch
from twin.core.engine import Engine
from twin.core.fold import Record
from twin.core.instant import FAR_FUTURE, FAR_PAST, HOUR, MINUTE, SECOND
from twin.core.tags import TagTable
from twin.mes.machine_state import MachineState
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.folds import assemble
from twin.runtime.plugins import connectors
from twin.store.memory import MemoryHistory, MemoryResults

START = 1_762_750_800 * SECOND
"""A Monday, 06:00 in Prague."""
END = START + 8 * HOUR
FAULTS = (("filler.bearing", START + 2 * MINUTE), ("packer.jam", START + HOUR), ("palletiser.jam", START + 5 * HOUR))

Interval = tuple[str, str, int, int]
"""Machine, state, from, to."""
Pieces = tuple[str, int, int]
"""Machine and counter, minute, pieces in it."""
COUNTERS = {"total": "total", "reject": "reject", "pulse": "total"}


@dataclass
class Shift:
    """One life of the line: plant, its tags, all samples as one batch in the order of time, and the truth."""

    plant: Plant
    tags: TagTable
    samples: Batch
    truth: Sequence[dict]


def simulated(seed: int, end: int = END) -> Shift:
    """Eight hours with faults."""
    run = LINE.build(seed, START, FAULTS)
    names, time, index, value, status = run.step(end)
    plant = load(LINE.plant_file({}), "demo plant", connectors(), os.environ)
    tags = TagTable()
    ids = tags.ids_of([f"{plant.path}/{name}" for name in names])
    return Shift(plant, tags, batch("sim", ids[index], time, value, status), run.truth())


@dataclass
class Folded:
    """The plant after all deliveries."""

    plant: Plant
    engine: Engine
    results: MemoryResults
    corrections: int = 0

    def records(self) -> list[Record]:
        """All that is believed."""
        return [r for unit in range(10) for r in self.results.current(unit, FAR_PAST, FAR_FUTURE)]

    def intervals(self) -> list[Interval]:
        """Every state that a machine was in: those that ended, and the one that it is in."""
        ended = [(r.key, str(dict(r.data)["state"]), r.start, r.end) for r in self.records() if r.kind == "state"]
        return sorted(self._relative(one) for one in (*ended, *self._open()))

    def _open(self) -> Iterable[Interval]:
        for lane in self.engine.lanes:
            for fold in lane.folds:
                if isinstance(fold, MachineState):
                    table = fold.state["machine"]
                    for spec, code, since in zip(fold.machines, table.code, table.since, strict=True):
                        yield spec.path, fold.names[int(code)], int(since), END

    def _relative(self, one: Interval) -> Interval:
        return one[0].removeprefix(f"{self.plant.path}/"), *one[1:]

    def pieces(self) -> list[Pieces]:
        """Every minute in which a counter moved."""
        found = [(*self._counter(r.key), r.start, dict(r.data)["pieces"]) for r in self.records() if r.kind == "count"]
        return sorted((f"{machine}/{counter}", minute, pieces) for machine, counter, minute, pieces in found if pieces)

    def _counter(self, path: str) -> tuple[str, str]:
        machine, _, tag = path.removeprefix(f"{self.plant.path}/").rpartition("/")
        return machine, COUNTERS[tag]


def folded(shift: Shift, deliveries: Iterable[tuple[int, Batch]]) -> Folded:
    """Feed (instant of arrival, batch) to an engine that ticks at each arrival, and at the end once more."""
    assembly = assemble(shift.plant, shift.tags)
    history, results = MemoryHistory(), MemoryResults()
    engine = assembly.engine(history, results)
    found = Folded(shift.plant, engine, results)
    known = 0
    for publication in engine.resume(START - SECOND, known):
        results.publish(publication)
    for at, item in sorted(deliveries, key=lambda delivery: delivery[0]):
        known = max(at, known + 1)
        history.append(known, item)
        engine.accept([(known, item)])
        _tick(found, known, known)
    for later in range(1, 4):  # past every wait, and past the pause after a heal
        _tick(found, max(known, END) + later * 10 * SECOND, known)
    return found


def _tick(found: Folded, now: int, known: int) -> None:
    for publication in found.engine.tick(now, known):
        found.corrections += len(publication.corrected)
        found.results.publish(publication)


def cut(samples: Batch, edges: Iterable[int]) -> list[Batch]:
    """The samples between instants; no batch is empty."""
    places = [0, *np.searchsorted(samples.time, sorted(edges)).tolist(), len(samples)]
    return [samples.take(slice(a, b)) for a, b in pairwise(places) if b > a]


def true_intervals(truth: Sequence[dict]) -> list[Interval]:
    """What the machines really did."""
    return sorted((r["machine"], r["state"], r["from"], r["to"]) for r in truth if r["kind"] == "state")


def true_pieces(truth: Sequence[dict]) -> list[Pieces]:
    """What they really made, by the minute."""
    counted: Counter[tuple[str, int]] = Counter()
    for r in truth:
        if r["kind"] == "count":
            counted.update((f"{r['machine']}/{r['counter']}", time - time % MINUTE) for time in r["times"])
    return sorted((name, minute, pieces) for (name, minute), pieces in counted.items())
