"""What eight hours of a plant bring: samples, restarts, editions of its model; all of it drawn from a seed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.hours.plants import FROM, PLANTS, TO, Eventful
from twin.core.batch import Batch
from twin.core.event import STOP_LABELLED, Event
from twin.core.instant import MINUTE, SECOND, to_text
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.plugins import connectors
from twin.testing.times import monday_at_six

START = monday_at_six("Europe/Prague")
AFTER = 30 * SECOND
"""Beyond the last sample: past every wait, so that everything is final."""
SHORTEST_TICK, LONGEST_TICK = 6 * SECOND, 35 * SECOND
LOADED = 4 * SECOND
"""So long behind its tick a plant file is loaded, when all that people said then is in the log: so it counts from the
same instant, however everything else came.
"""
LAST_WORD = 6 * SECOND
"""Behind its last tick something is said in each run, so that the next one finds the log as long, however it came."""
SHORTEST_PAUSE, LONGEST_PAUSE = 5 * SECOND, 40 * SECOND
"""Between two runs of the twin; what was measured meanwhile never arrives."""
PAIR = np.dtype([("tag", np.int32), ("time", np.int64), ("value", np.float64), ("status", np.uint32)])


@dataclass(frozen=True)
class Run:
    """A run of the twin over [start, end), by ticks of its clock. text: the plant file that it starts with; killed: it
    has no clean end. loads: tick -> the plant file that is loaded behind it while it runs.
    """

    text: str
    start: int
    end: int
    ticks: Sequence[int]
    killed: bool
    loads: Mapping[int, str]

    @property
    def last(self) -> int:
        """The instant of the last word that is said in it, behind its last tick."""
        return self.end + LAST_WORD


@dataclass(frozen=True)
class Life:
    """rows: everything that is measured while the twin runs, in the order of time, one for each (tag, time).

    again: per run what its sources tell again as they are connected. tags: paths by id, as the log numbers them.
    edits: by name the number of the plant file that has it first; there are two for each run: it starts with one and
    loads the other.
    """

    name: str
    seed: int
    end: int
    runs: Sequence[Run]
    rows: NDArray[np.void]
    again: Sequence[NDArray[np.void]]
    tags: Sequence[str]
    source: Sequence[str]
    edits: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def plant(self) -> Plant:
        """Of the first run."""
        return plant_of(self.runs[0].text)

    def farewell(self, number: int) -> Event:
        """The last entry of a run, always at the same instant, so that the next one finds the log equally long."""
        machine = self.plant.machines()[0].path
        at = self.runs[number].last
        body = {"from": at - MINUTE, "to": at, "id": f"{machine}@{to_text(at - MINUTE)}", "reason": "handed over"}
        return Event(
            at, STOP_LABELLED, machine, body | {"text": f"run {number + 1}", "role": "operate"}, "shift leader"
        )

    def batches(self, rows: NDArray[np.void]) -> Iterator[Batch]:
        """A batch for each source, its rows in the order given."""
        source = np.array(self.source, dtype=object)[rows["tag"]]
        for name in sorted(set(source.tolist())):
            r = rows[source == name]
            columns = (np.ascontiguousarray(r[column]) for column in ("tag", "time", "value", "status"))
            yield Batch(name, *columns)


def plant_of(text: str) -> Plant:
    """The plant of a text."""
    return load(text, "plant.yaml", connectors(), os.environ)


def lived(name: str, seed: int, length: int, restarts: int) -> Life:
    """A life of a plant by name, `length` ns long, in which the twin is started again so often."""
    plant, chance = PLANTS[name], np.random.default_rng([seed, *name.encode()])
    end = START + length
    first = plant.line.plant_file({})
    edits = _edits(plant, chance, 2 * restarts + 1)
    texts = list(_texts(plant, first, edits, 2 * restarts + 2, length))
    runs = list(_runs(texts, end, chance))
    spec = plant_of(first)
    tags = [*spec.tags, f"{spec.path}/{plant.added[0]}"]
    added = _added(len(spec.tags), _counts_from(runs, edits["tag"]), end, chance)
    rows = np.concatenate([_simulated(plant, seed, spec, length), added])
    rows = rows[np.lexsort((rows["tag"], rows["time"]))]
    number = np.searchsorted([run.start for run in runs], rows["time"], "right") - 1
    ran = rows["time"] < np.array([run.end for run in runs])[number]
    again = [_last_values(rows, run.start, len(spec.tags)) for run in runs]
    source = [*(one.connection for one in spec.tags.values()), plant.added[1]]
    return Life(name, seed, end, runs, rows[ran], again, tags, source, edits)


def _edits(plant: Eventful, chance: np.random.Generator, last: int) -> dict[str, int]:
    """Each with a plant file of its own, as far as there are so many; the scale comes when there is a past to mend."""
    numbers = chance.permutation(np.arange(1, last + 1)).tolist()
    found = {name: numbers[n % last] for n, name in enumerate(plant.edits)}
    latest = max(found, key=lambda name: found[name])
    found["scale"], found[latest] = found[latest], found["scale"]
    return found


def _texts(plant: Eventful, first: str, edits: Mapping[str, int], many: int, length: int) -> Iterator[str]:
    scaled = [to_text(START + length // part // SECOND * SECOND) for part in (12, 4)]
    for number in range(many):
        text = first
        for name, since in edits.items():
            before, after = plant.edits[name]
            if before not in text:
                raise AssertionError(f"{plant.line.name}: nothing to change for {name!r}: {before}")
            if since <= number:
                text = text.replace(before, after, 1)
        yield text.replace(FROM, scaled[0]).replace(TO, scaled[1])


def _runs(texts: Sequence[str], end: int, chance: np.random.Generator) -> Iterator[Run]:
    """Restarts at random instants, not too near to each other; every other end, about, is none: the first is a kill.

    texts: two for each run.
    """
    many = len(texts) // 2
    share = (end - START) // many
    ends = [START + share * n + int(chance.integers(-share // 3, share // 3)) for n in range(1, many)]
    start = START
    for number in range(many):
        text, loaded = texts[2 * number : 2 * number + 2]
        last = number == many - 1
        until = end if last else ends[number] // SECOND * SECOND
        gaps = chance.integers(SHORTEST_TICK, LONGEST_TICK, (until - start) // SHORTEST_TICK + 1)
        ticks = start + np.cumsum(gaps)
        ticks = [*ticks[ticks < until - SHORTEST_TICK].tolist(), until]
        ticks += [until + AFTER // 3 * n for n in (1, 2, 3)] if last else []
        killed = not last and (number == 0 or bool(chance.random() < 0.5))
        behind = int(chance.choice([tick for tick in ticks if tick < until]))
        yield Run(text, start, until, ticks, killed, {} if loaded == text else {behind: loaded})
        start = until + LAST_WORD + int(chance.integers(SHORTEST_PAUSE, LONGEST_PAUSE))


def _simulated(plant: Eventful, seed: int, spec: Plant, length: int) -> NDArray[np.void]:
    faults = [(what, START + int(share * length) // SECOND * SECOND) for what, share in plant.faults]
    names, time, index, value, status = plant.line.build(seed, START, faults).step(START + length)
    ids = {path: number for number, path in enumerate(spec.tags)}
    rows = np.empty(len(time), PAIR)
    rows["tag"] = np.array([ids[f"{spec.path}/{name}"] for name in names], np.int32)[index]
    rows["time"], rows["value"], rows["status"] = time, value, status
    return rows


def _counts_from(runs: Sequence[Run], number: int) -> int:
    """The instant behind which a plant file surely counts."""
    run = runs[number // 2]
    return run.start + SECOND if number % 2 == 0 else next(iter(run.loads)) + LOADED + SECOND


def _added(tag: int, since: int, end: int, chance: np.random.Generator) -> NDArray[np.void]:
    """The tag that an edition adds: every two seconds, now and then above its limit."""
    time = np.arange(since, end, 2 * SECOND)
    rows = np.zeros(len(time), PAIR)
    rows["tag"], rows["time"] = tag, time
    rows["value"] = np.round(38 + 3 * np.sin(time / (5 * MINUTE)) + chance.normal(0, 0.3, len(time)), 2)
    return rows


def _last_values(rows: NDArray[np.void], start: int, tags: int) -> NDArray[np.void]:
    """What each source says of its tags as it is connected again: the last values, as of now."""
    before = rows[rows["time"] < start]
    newest = np.full(tags, -1)
    newest[before["tag"][before["tag"] < tags]] = np.flatnonzero(before["tag"] < tags)
    found = before[newest[newest >= 0]].copy()
    found["time"] = start + 7
    return found
