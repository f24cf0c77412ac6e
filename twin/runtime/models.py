"""The plant model that counted at an instant: by it the past is shown, with the names and machines that it had."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from twin.core.event import PLANT_LOADED, TAGS_RENAMED
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.tags import TagTable
from twin.model.plant import Plant
from twin.runtime.editions import MOST, loads_of
from twin.runtime.live import Meaning
from twin.runtime.loaded import Loaded
from twin.store.names import second_key
from twin.store.reader import LogReader


class Running(Protocol):
    """What runs now."""

    @property
    def plant(self) -> Plant:
        """The newest model."""
        ...

    @property
    def tags(self) -> TagTable:
        """Names and ids of all tags."""
        ...

    @property
    def owners(self) -> Mapping[str, str]:
        """Tag -> connection."""
        ...

    @property
    def meaning(self) -> Meaning:
        """What the model says of tag ids."""
        ...

    @property
    def reader(self) -> LogReader:
        """The log, which knows every model."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """An edition of the model. tags: those of the log under the names that it has for them; owners: tag -> connection.

    number: its place among the editions of the log, 1 for the first, of `many`. since: from when on it counts, ns; the
    first one counts for what was before it, too. known: `recorded` of the event that says so. who, why: who loaded it
    and what for, '' where nobody said so.
    """

    plant: Plant
    tags: TagTable
    owners: Mapping[str, str]
    meaning: Meaning
    number: int
    many: int
    since: int
    known: int
    who: str
    why: str


class Models:
    """The models of a log. For any thread."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._lock = threading.Lock()
        self._read: tuple[object, Sequence[Loaded]] = (None, ())
        self._said: dict[int, tuple[str, str]] = {}
        self._made: dict[tuple[int, int], Model] = {}

    def newest(self) -> Model:
        """The one that counts now."""
        return self.at(FAR_FUTURE, FAR_FUTURE)

    def at(self, time: int, known: int) -> Model:
        """The one of the state at an instant, of those known at `known`. Blocking. Raises StoreFailed."""
        with self._lock:
            loads = self._loads()
            number = max(
                [place for place, one in enumerate(loads) if one.since < time and one.recorded <= known] or [0]
            )
            if not loads or number == len(loads) - 1:
                return self._now(loads)
            key = (loads[number].recorded, len(self._running.tags))
            if key not in self._made:
                self._made[key] = self._then(loads, number)
            return self._made[key]

    def _loads(self) -> Sequence[Loaded]:
        running = self._running
        last = running.reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED, TAGS_RENAMED), 1)
        stand = (last[0][0] if last else 0, running.plant.digest)
        if self._read[0] != stand:
            self._read = stand, loads_of(running.reader, running.plant)
            told = running.reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED,), MOST)
            self._said = {recorded: (event.who, event.body.get("why", "")) for recorded, event in told}
            self._made.clear()
        return self._read[1]

    def _now(self, loads: Sequence[Loaded]) -> Model:
        one, of = self._running, loads[-1] if loads else Loaded(self._running.plant)
        who, why = self._said.get(of.recorded, ("", ""))
        many = len(loads)
        return Model(one.plant, one.tags, one.owners, one.meaning, many, many, of.since, of.recorded, who, why)

    def _then(self, loads: Sequence[Loaded], number: int) -> Model:
        one, of = loads[number], self._running
        tags = called(one, of.tags)
        meaning = Meaning(one.plant, tags.names(), of.meaning.scales)
        owners = {path: spec.connection for path, spec in one.plant.tags.items()}
        owners |= {path: home for path, home in of.owners.items() if path not in owners and tags.get(path) is not None}
        who, why = self._said.get(one.recorded, ("", ""))
        return Model(one.plant, tags, owners, meaning, number + 1, len(loads), one.since, one.recorded, who, why)


def called(load: Loaded, tags: TagTable) -> TagTable:
    """The tags of the log by id, under the names that a model has for them.

    One that the model does not know and whose name now is that of another one in it has its id behind the name.
    """
    former = {now: was for was, now in load.names.items() if was in load.plant.tags}
    taken = set(former.values())
    found = TagTable()
    for id_, name in enumerate(tags.names()):
        was = former.get(name, second_key(name, id_) if name in taken else name)
        found.id_of(was, tags[id_].type)
        found.describe(id_, tags.facts(id_))
    return found
