"""The twin over one run of a life, in a process of its own: that of the service, with a clock that is set."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import pickle
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tests.contract.stores import SetClock
from tests.hours.arrivals import Arrivals
from tests.hours.life import LOADED, Life, plant_of
from tests.hours.people import People
from tests.hours.shown import Question, answer, digest, final
from twin.core.batch import Batch
from twin.core.event import CONNECTION_UP, Event
from twin.core.instant import HOUR, MINUTE, SECOND
from twin.runtime import folding, learning
from twin.runtime.learning import fresh, learnt
from twin.runtime.twin import Twin, open_twin

KILLED = 9
PATIENCE_S = 300
WAIT = 2 * SECOND
"""Behind a tick everything is settled: longer than any connection waits, and than the pause after a heal."""
LEARNING = 10 * MINUTE
"""So often it is looked whether there is something to learn from."""
KINDS = ("state", "records", "values")
NEAR = 150 * MINUTE
"""Half of the questions are about what late samples may still change."""


@dataclass(frozen=True)
class Job:
    """A life and how it arrives. said: tick -> events that people and the learner said; None: they say it in this one.

    questions: tick -> how many are asked of it.
    """

    life: Life
    arrivals: Arrivals
    said: Mapping[int, Sequence[Event]] | None
    questions: Mapping[int, int]


def live(folder: Path, job: Job, told: Callable[[str], None] = lambda _text: None) -> None:
    """Live through all runs, each in a process; what they note lies in the folder."""
    folder.mkdir(parents=True)
    (folder / "job").write_bytes(pickle.dumps(job))
    processes = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
    if sys.platform != "win32":
        processes.set_forkserver_preload([__name__])
    for number, run in enumerate(job.life.runs):
        told(f"{job.life.name}: run {number + 1} of {len(job.life.runs)}")
        process = processes.Process(target=one_run, args=(folder, number))
        process.start()
        process.join()
        wanted = KILLED if run.killed else 0
        if process.exitcode != wanted:
            raise AssertionError(f"{job.life.name}: run {number + 1} ended with {process.exitcode}, not {wanted}")


def one_run(folder: Path, number: int) -> None:
    """In its process."""
    job = pickle.loads((folder / "job").read_bytes())
    folding.TICK_S = 0.0  # the clock goes on as soon as a tick is done
    learning.PAUSE_S = float(10**9)  # when it is looked for something to learn is part of the life
    with (folder / "journal").open("a", encoding="utf-8") as journal:
        asyncio.run(_Run(folder, job, number, lambda *told: print(json.dumps(told), file=journal, flush=True)).live())


class _Run:
    def __init__(self, folder: Path, job: Job, number: int, note: Callable[..., None]) -> None:
        self._folder = folder
        self._job = job
        self._life: Life = job.life
        self._number = number
        self._run = self._life.runs[number]
        self._note = note
        self._clock = SetClock(self._run.start)
        self._chance = np.random.default_rng([self._life.seed, 2, number])
        self._noted: set[tuple[str, int]] = set()
        self._looked = 0
        self._twin: Twin

    async def live(self) -> None:
        plant = plant_of(self._run.text)
        async with open_twin(plant, self._folder / "data", self._clock, connect=False) as twin:
            self._twin = twin
            await self._connected()
            people = People(twin, np.random.default_rng([self._life.seed, 3, self._number]))
            for tick in self._run.ticks:
                await self._tick(tick, people)
            self._note("healed", twin.health()["fold_heals_total"])
            if self._number == len(self._life.runs) - 1:
                await self._ended()
                return
            self._clock.instant = self._run.last
            await self._log([self._life.farewell(self._number)])
            if self._run.killed:
                os._exit(KILLED)

    async def _connected(self) -> None:
        """As a supervisor and its connector do it: the values that there are, and the link is up."""
        up = [Event(self._run.start, CONNECTION_UP, one, {"attempt": 1}) for one in self._twin.plant.connections]
        await self._log([*self._life.batches(self._life.again[self._number]), *up])

    async def _tick(self, tick: int, people: People) -> None:
        """What arrives by a tick, then what people and the learner say of what is shown."""
        self._clock.instant = tick
        life, arrivals = self._life, self._job.arrivals
        items: list[Batch | Event] = list(life.batches(arrivals.on_time[tick])) if tick in arrivals.on_time else []
        if tick in arrivals.late:
            items += life.batches(arrivals.late[tick])
        said = self._job.said
        items += [] if said is None else said.get(tick, ())
        recorded = await self._log(items)
        if self._run.killed and tick == self._run.end:
            return  # whatever the folds have come to, it is killed soon
        await self._settled(tick, recorded)
        if said is None and tick <= self._run.end:
            events = [*people.say(tick), *self._learnt(tick)]
            for event in events:
                self._note("said", tick, event.to_bytes().decode())
            recorded = await self._log(events)
            await self._settled(tick + SECOND, recorded)
        for _ in range(self._job.questions.get(tick, 0)):
            await self._ask()
        if tick in self._run.loads:
            self._clock.instant = tick + LOADED
            await self._twin.load(plant_of(self._run.loads[tick]), "engineer", "it was time")
            await self._settled(tick + LOADED - WAIT, 0)

    def _learnt(self, tick: int) -> list[Event]:
        if tick // LEARNING == self._looked:
            return []
        self._looked = tick // LEARNING
        found = fresh(self._twin.live().to_learn(), self._noted)
        self._noted |= {(one.watch.signature, one.end) for one in found}
        return [learnt(one, tick) for one in found]

    async def _log(self, items: Sequence[Batch | Event]) -> int:
        """Make durable, in this order; the last `recorded`."""
        twin = self._twin
        pending = [asyncio.ensure_future(twin.note(o) if isinstance(o, Event) else twin.append(o)) for o in items]
        answers = await asyncio.gather(*pending)
        for one, recorded in zip(items, answers, strict=True):
            if isinstance(one, Batch):
                self._note("came", recorded, one.source, int(one.time.min()), int(one.time.max()))
        return max(answers, default=0)

    async def _settled(self, tick: int, recorded: int) -> None:
        """Until everything durable is folded: the frontier stands still as long as something late is not healed."""
        self._clock.instant = tick + WAIT
        async with asyncio.timeout(PATIENCE_S):
            view = self._twin.live()
            while view.known < recorded or view.frontier < tick:
                ready, why = self._twin.ready()
                if not ready:
                    raise AssertionError(why)
                view = await self._twin.next_view(view.number)

    async def _ask(self) -> None:
        asked = self._question()
        self._note("asked", asked.told(), digest(await answer(self._twin, asked)))

    def _question(self) -> Question:
        twin, chance, now = self._twin, self._chance, self._clock.instant
        first = twin.reader.first()
        oldest = first if first is not None and chance.random() < 0.5 else max(first or 0, now - NEAR)
        time = int(chance.integers(oldest, now)) if now > oldest else now
        asked = Question(str(chance.choice(KINDS)), time, twin.live().known, (), len(twin.tags))
        if asked.kind == "records":
            kinds = twin.reader.rows("SELECT DISTINCT kind, key FROM record WHERE kind != 'count' OR key LIKE '%total'")
            if not kinds:
                return replace(asked, kind="state")
            kind = str(chance.choice(sorted({kind for kind, _ in kinds})))
            time = min(time, twin.live().frontier)  # what ends later is not published yet
            return replace(asked, time=time, about=(kind, *sorted(key for its, key in kinds if its == kind)))
        if asked.kind == "values":
            return replace(asked, about=sorted(chance.choice(len(twin.tags), 6, replace=False).tolist()))
        return asked

    async def _ended(self) -> None:
        """Everything once more: the answers of long ago, and the results."""
        for line in (self._folder / "journal").read_text(encoding="utf-8").splitlines():
            what, *told = json.loads(line)
            if what == "asked":
                asked = Question(**told[0])
                found = digest(await answer(self._twin, asked))
                self._note("asked again", told[0], found)
        results = final(self._twin, self._life.runs[0].start - HOUR, self._life.end + HOUR)
        (self._folder / "results").write_text(json.dumps(results), encoding="utf-8")
