"""A simulated shift, folded in process: what the twin makes of it beside what really happened."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simulators.description.described import DescribedLine
from simulators.plants import PACKAGING
from twin.core.batch import Batch, batch
from twin.core.instant import HOUR, MINUTE
from twin.core.tags import TagTable
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.plugins import connectors
from twin.testing.times import monday_at_six
from twin.testing.virtual import VirtualTwin

START = monday_at_six("Europe/Prague")
END = START + 8 * HOUR
FAULTS = (("filler.bearing", START + 2 * MINUTE), ("packer.jam", START + HOUR), ("palletiser.jam", START + 5 * HOUR))

Interval = tuple[str, str, int, int]
"""Machine, state, from, to."""
Pieces = tuple[str, int, int]
"""Machine and counter, minute, pieces in it."""
COUNTERS = {"total": "total", "reject": "reject", "pulse": "total"}
"""Tag -> counter of the truth; counters of single causes of bad pieces are looked at elsewhere."""


@dataclass
class Shift:
    """One life of the line: plant, its tags, all samples as one batch in the order of time, and the truth."""

    plant: Plant
    tags: TagTable
    samples: Batch
    truth: Sequence[dict]


def simulated(
    seed: int, end: int = END, line: DescribedLine = PACKAGING, faults: Sequence[tuple[str, int]] = FAULTS
) -> Shift:
    """Eight hours with faults."""
    run = line.build(seed, START, faults)
    names, time, index, value, status = run.step(end)
    plant = load(line.plant_file({}), "demo plant", connectors(), os.environ)
    tags = TagTable()
    ids = tags.ids_of([f"{plant.path}/{name}" for name in names])
    return Shift(plant, tags, batch("sim", ids[index], time, value, status), run.truth())


@dataclass
class Folded:
    """The plant after all deliveries."""

    twin: VirtualTwin

    @property
    def corrections(self) -> int:
        """Results that something late put right."""
        return self.twin.corrections

    def intervals(self) -> list[Interval]:
        """Every state that a machine was in: those that ended, and the one that it is in."""
        ended = [(r.key, str(dict(r.data)["state"]), r.start, r.end) for r in self.twin.records("state")]
        return sorted(self._relative(one) for one in (*ended, *self._open()))

    def _open(self) -> Iterable[Interval]:
        for path, now in self.twin.view().machines.items():
            assert now.state is not None
            assert now.since is not None
            yield path, now.state, now.since, END

    def _relative(self, one: Interval) -> Interval:
        return self.twin.plant.short(one[0]), *one[1:]

    def pieces(self) -> list[Pieces]:
        """Every minute in which a counter moved."""
        counts = [r for r in self.twin.records("count") if r.key.rpartition("/")[2] in COUNTERS]
        found = [(*self._counter(r.key), r.start, dict(r.data)["pieces"]) for r in counts]
        return sorted((f"{machine}/{counter}", minute, pieces) for machine, counter, minute, pieces in found if pieces)

    def _counter(self, path: str) -> tuple[str, str]:
        machine, _, tag = self.twin.plant.short(path).rpartition("/")
        return machine, COUNTERS[tag]


def folded(shift: Shift, deliveries: Iterable[tuple[int, Batch]]) -> Folded:
    """Feed (instant of arrival, batch) to a twin that ticks at each arrival, and at the end until all is settled."""
    twin = VirtualTwin(shift.plant, START, shift.tags)
    for at, item in sorted(deliveries, key=lambda delivery: delivery[0]):
        twin.advance(max(at, twin.now + 1), item)
    twin.advance(max(twin.now, END))
    twin.settle()
    return Folded(twin)


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
