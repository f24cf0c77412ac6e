"""A data folder with a life in it: a simulated line, late rows, a kill, alarms, people, all in one thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.contract.stores import AT_ONCE, SetClock
from twin.alarms.alarms import Alarms
from twin.core.batch import Batch
from twin.core.event import ALARM_ACKNOWLEDGED, CONNECTION_LOST, CONNECTION_UP, PLANT_LOADED, RUN_STARTED, Event
from twin.core.instant import FAR_FUTURE, MINUTE, SECOND, from_text
from twin.model.load import load
from twin.runtime import plugins
from twin.runtime.assembly import assemble_all
from twin.runtime.editions import loads_of
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.results import SqliteResults
from twin.store.seal import Sealer

START = from_text("2026-11-22T05:30:00Z")
TICK = 10 * SECOND


class Life:
    """What a running twin does with its folder, without its threads: `at` is the clock, nothing else moves it."""

    def __init__(self, folder: Path, seed: int = 1, line: str = "packaging", plant_text: str | None = None) -> None:
        self.folder = folder
        simulated = plugins.line(line)
        self.text = simulated.plant_file({}) if plant_text is None else plant_text
        self.plant = load(self.text, "plant.yaml", plugins.connectors(), {}, plugins.outlets())
        self.run_of_line = simulated.build(seed, START, ())
        self.random = np.random.default_rng(seed)
        self.clock = SetClock(START)
        self.held: list[Batch] = []
        self.late_share = 0.0
        self.acknowledged = 0
        self.open()

    def open(self) -> None:
        """A run begins."""
        self.log, self.reader = SqliteLog(self.folder, self.clock), LogReader(self.folder)
        loads = loads_of(self.reader)
        if not loads or loads[-1].plant.digest != self.plant.digest:
            body = {"digest": self.plant.digest, "text": self.text, "tags": len(self.log.tags)}
            since = max(self.clock.instant, self.log.last + 1)
            self.log.submit(Event(since, PLANT_LOADED, self.plant.path, body)).result(10)
        self.assembly = assemble_all(loads_of(self.reader, self.plant), self.log.tags)
        self.results = SqliteResults(self.reader, self.assembly.names, self.assembly.editions.codes, self.log)
        self.engine = self.assembly.engine(self.reader, self.results)
        self.log.on_commit = self.engine.accept
        for publication in self.engine.resume(self.clock.instant, self.log.last):
            self.results.publish(publication)
        self.note(Event(self.clock.instant, RUN_STARTED, self.plant.path))

    def load(self, text: str) -> None:
        """Stop, and run with another model."""
        self.stop()
        self.text = text
        self.plant = load(text, "plant.yaml", plugins.connectors(), {}, plugins.outlets())
        self.open()

    def kill(self) -> None:
        """It ends without a word: what was folded since the last snapshot is lost."""
        self.log.close()
        self.reader.close()

    def stop(self) -> None:
        """It ends as it should."""
        for publication in self.engine.final():
            self.results.publish(publication)
        self.kill()

    def note(self, event: Event) -> None:
        """Log an event now."""
        self.log.submit(event).result(10)

    def live(self, minutes: float) -> None:
        """Let the line live, a tick each ten seconds."""
        end = self.clock.instant + round(minutes * MINUTE)
        while self.clock.instant < end:
            self.clock.instant += TICK
            done = [self.log.submit(one) for one in self._arrivals()]
            for one in done:
                one.result(10)
            self.tick()

    def _arrivals(self) -> list[Batch]:
        names, time, index, value, status = self.run_of_line.step(self.clock.instant)
        full = [f"{self.plant.path}/{name}" for name in names]
        ids = self.log.tags.ids_of(full)[np.asarray(index)]
        if not len(ids):
            return []
        whole = Batch("line", ids, np.asarray(time), np.asarray(value, np.float64), np.asarray(status, np.uint32))
        slow = self.random.random(len(whole)) < self.late_share
        due = self.held if self.random.random() < 0.12 else []  # together, as of a gateway that was away
        self.held = [] if due else self.held
        if slow.any():
            self.held.append(whole.take(slow))
        return [*due, *([whole.take(~slow)] if (~slow).any() else [])]

    def tick(self) -> None:
        """Heal, advance, publish."""
        for publication in self.engine.tick(self.clock.instant, self.log.last):
            self.results.publish(publication)

    def outage(self, seconds: int) -> None:
        """Every connection is lost for a while."""
        for kind in (CONNECTION_LOST, CONNECTION_UP):
            for connection in self.plant.connections:
                self.note(Event(self.clock.instant, kind, connection, {"cause": "cut"}))
            if kind == CONNECTION_LOST:
                self.live(seconds / 60)

    def acknowledge(self) -> int:
        """A person acknowledges every alarm that is open; how many."""
        folds = [fold for lane in self.engine.live(self.clock.instant) for fold in lane.folds]
        found = [one for fold in folds if isinstance(fold, Alarms) for one in fold.open()]
        for one in found:
            tag = one.id.partition("~")[0]
            self.note(Event(self.clock.instant, ALARM_ACKNOWLEDGED, tag, {"id": one.id, "note": "seen"}, "anna"))
        return len(found)

    def seal(self) -> None:
        """Some of the log goes into files."""
        Sealer(self.log, self.reader, AT_ONCE).seal(FAR_FUTURE)


def eventful(folder: Path, seed: int = 1) -> Life:
    """22 minutes: healthy, then late rows, an alarm, a jam, an outage, a kill in the middle, an acknowledgement."""
    life = Life(folder, seed)
    life.live(5)
    life.late_share = 0.05
    life.run_of_line.fault("filler.bearing:8m", life.clock.instant)
    life.live(4)
    life.seal()
    life.run_of_line.fault("packer.jam", life.clock.instant)
    life.live(3)
    life.outage(30)
    life.kill()
    life.clock.instant += 30 * SECOND
    life.open()
    life.live(5)
    life.acknowledged = life.acknowledge()
    life.live(3)
    life.late_share = 0.0
    life.live(1)
    return life
