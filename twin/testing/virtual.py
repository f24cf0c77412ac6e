"""A whole twin in memory and in one thread: what `twin run` assembles, without its clock, threads and disk.

Its results are those of a running twin with the same entries (folds.md R2: a result is a function of a set), because
plant, folds, learner and reads are the product's own. Only the log is a list and time is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence

from twin.core.batch import Batch
from twin.core.engine import Entry
from twin.core.event import Event
from twin.core.fold import Record
from twin.core.instant import FAR_FUTURE, FAR_PAST, HOUR, MINUTE, SECOND
from twin.core.tags import TagTable
from twin.health.condition import Condition
from twin.health.reading import ToLearn, to_learn
from twin.model.plant import Plant
from twin.runtime.assembly import assemble
from twin.runtime.learning import fresh, learnt
from twin.runtime.live import LiveView, Meaning, view_of
from twin.store.memory import MemoryHistory, MemoryResults

TICK = 6 * HOUR
"""Folds are stepped at most so far at once ..."""
LEARNING_TICK = 10 * MINUTE
"""... and only so far while a machine is learnt: what it has shown since is folded again with the model."""


class VirtualTwin:
    """A twin at an instant. start: when its log begins, ns since 1970 UTC. tags: its table, where there is one.

    plant, results and reader are what `twin.runtime` asks questions of (twin.runtime.shown). corrections: how many
    results were put right. models: what the learner noted.
    """

    def __init__(self, plant: Plant, start: int, tags: TagTable | None = None) -> None:
        self.plant = plant
        self.tags = TagTable() if tags is None else tags
        self.reader = MemoryHistory()
        self.results = MemoryResults()
        self.start = start
        self.now = start
        self.models: list[Event] = []
        self.corrections = 0
        self._assembly = assemble(plant, self.tags)
        self._engine = self._assembly.engine(self.reader, self.results)
        self._known = 0
        self._noted: set[tuple[str, int]] = set()
        self._view: LiveView | None = None
        self._views = 0
        for publication in self._engine.resume(start - SECOND, 0):
            self.results.publish(publication)

    @property
    def is_learning(self) -> bool:
        """Whether a machine that is watched has no model yet."""
        return any(not fold.state["machine"].has.all() for fold in self._conditions())

    @property
    def has_alert(self) -> bool:
        """Whether one is open at the frontier: cheaper than a view."""
        return any(fold.state["machine"].alert.any() for fold in self._conditions())

    @property
    def tick(self) -> int:
        """How far (ns) `advance` had best go at once."""
        return LEARNING_TICK if self.is_learning else TICK

    def advance(self, now: int, *arrived: Batch | Event | None) -> None:
        """Let it be `now`; what came since the last time is logged with this instant, in this order, and folded."""
        self.now = now
        self._view = None
        self._accept([item for item in arrived if item is not None])
        self._tick()
        found = fresh((one for fold in self._conditions() for one in to_learn(fold)), self._noted)
        if found:
            self._learn(found)

    def note(self, event: Event) -> None:
        """Log what a person did now."""
        self.advance(self.now, event)

    def view(self) -> LiveView:
        """The plant now, what waits behind the frontier included."""
        if self._view is None:
            self._views += 1
            lanes = self._engine.live(self.now)
            self._view = view_of(self._views, self.now, self._known, lanes, self.meaning(), len(self.tags))
        return self._view

    def meaning(self) -> Meaning:
        """What the model says of the tags there are now."""
        return Meaning(self.plant, self.tags.names(), self._assembly.editions.newest.scales)

    def settle(self) -> None:
        """Let half a minute pass without entries: past every usual wait, and past the pause after a heal."""
        for _ in range(3):
            self.advance(self.now + 10 * SECOND)

    def records(self, *kinds: str) -> list[Record]:
        """All results of some kinds (all without) that are believed and final, by unit, kind, key, start."""
        units = range(len(self._assembly.units))
        every = [one for unit in units for one in self.results.current(unit, FAR_PAST, FAR_FUTURE)]
        return sorted(one for one in every if not kinds or one.kind in kinds)

    def _accept(self, arrived: Sequence[Batch | Event]) -> None:
        entries: list[Entry] = []
        for item in arrived:
            self._known = max(self.now, self._known + 1)
            self.reader.append(self._known, item)
            entries.append((self._known, item))
        self._engine.accept(entries)

    def _tick(self) -> None:
        for publication in self._engine.tick(self.now, self._known):
            self.corrections += len(publication.corrected)
            self.results.publish(publication)

    def _learn(self, found: Sequence[ToLearn]) -> None:
        """As the learner of a running twin; the folds heal at once, so a model counts from where it was learnt."""
        self._noted |= {(one.watch.signature, one.end) for one in found}
        events = [learnt(one, self.now) for one in found]
        self.models += events
        self._accept(events)
        self._tick()

    def _conditions(self) -> list[Condition]:
        return [fold for lane in self._engine.lanes for fold in lane.folds if isinstance(fold, Condition)]
