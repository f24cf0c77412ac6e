"""Incidents in tests: a file of `twin incident export`, replayed once and asked, so that it never comes back."""

from __future__ import annotations

import math
import shutil
import tempfile
import weakref
from contextlib import closing
from datetime import datetime
from pathlib import Path

from twin.core.errors import Misconfigured
from twin.core.instant import FAR_FUTURE
from twin.core.status import is_bad
from twin.core.tags import TagTable
from twin.model.plant import Plant
from twin.runtime.incident.replay import IncidentFile, Replayed, replay
from twin.runtime.live import LiveView, Meaning, view_of
from twin.store.reader import LogReader
from twin.store.results import SqliteResults
from twin.testing.answers import Alarm
from twin.testing.found import Found
from twin.testing.names import Names
from twin.testing.telling import Telling
from twin.testing.times import Moment, Wall
from twin.testing.watched import Watched


class ReplayedTwin:
    """A twin that stands at the end of an incident, over its folder."""

    def __init__(self, folder: Path, found: Replayed) -> None:
        self.plant: Plant = found.plant
        self.reader = LogReader(folder)
        self.tags: TagTable = self.reader.tags()
        self.start, self.now = found.manifest.start, found.manifest.end
        editions = found.assembly.editions
        self.results = SqliteResults(self.reader, found.assembly.names, editions.codes)
        self._engine = found.assembly.engine(self.reader, self.results)
        self._meaning = Meaning(found.plant, self.tags.names(), editions.newest.scales)
        self._view: LiveView | None = None

    def view(self) -> LiveView:
        """The plant at the end."""
        if self._view is None:
            self._view = self.at(self.now, FAR_FUTURE)
        return self._view

    def meaning(self) -> Meaning:
        """What the model says of the tags."""
        return self._meaning

    def at(self, instant: int, known: int) -> LiveView:
        """The plant at an instant, as it was known then."""
        lanes = self._engine.at(instant, known)
        return view_of(0, instant, known, lanes, self._meaning, len(self.tags))


class Then:
    """The plant at one instant of an incident. Made by `Incident.at`."""

    def __init__(self, view: LiveView, names: Names, tell: Telling, tags: TagTable, wall: Wall) -> None:
        self._view, self._names, self._tell, self._tags, self._wall = view, names, tell, tags, wall

    @property
    def time(self) -> datetime:
        """The instant."""
        return self._wall.at(self._view.as_of)

    def state(self, machine: str) -> str | None:
        """What a machine was in; None before anything came."""
        now = self._view.machines.get(self._names.machine(machine).path)
        return None if now is None else now.state

    def value(self, tag: str) -> float | str | None:
        """What a tag held, in its unit, or its text; None where its status was Bad or nothing had come."""
        number = self._tags.get(self._names.tag(tag))
        if number is None:
            return None
        columns = self._view.tags
        if bool(is_bad(columns.status[number : number + 1])[0]):
            return None
        text, value = columns.text[number], float(columns.value[number])
        return text if text is not None else None if math.isnan(value) else value

    def alarms(self) -> Found[Alarm]:
        """Alarms that were active or waited for their acknowledgement."""
        found = sorted(self._view.alarms.values(), key=lambda one: one.start)
        return Found("alarms", [self._tell.alarm(one) for one in found], self._wall)


class Incident(Watched):
    """A replayed incident. Made by `twin_incident`; what `Watched` answers, it answers up to the end of the span.

    Lengths count from the start of the span. `incident.replayed == incident.exported` is the promise that the results
    of this release are those of the one that exported it.
    """

    def __init__(self, twin: ReplayedTwin, found: Replayed) -> None:
        wall = Wall(twin.plant.timezone, found.manifest.start)
        wall.now = found.manifest.end
        super().__init__(twin, wall)
        self.twin = twin
        self.exported = found.manifest.results.digest
        """Checksum of the results of the twin that exported it."""
        self.replayed = found.results.digest
        """Checksum of the results here."""
        self.differences = found.differences
        """What came out otherwise than there, a line each; empty where the two are equal."""
        self.may_differ = found.may_differ
        """What is another here than there: release, numpy, Python, CPU, versions of folds."""

    def __repr__(self) -> str:
        return f"<incident of {self.plant.path} from {self.start:%Y-%m-%d %H:%M:%S} to {self.now:%H:%M:%S %Z}>"

    def at(self, moment: Moment, known: Moment | None = None) -> Then:
        """The plant at an instant of the span. known: as it was known then, not as late data made it since."""
        instant = self._wall.ns(moment, "at")
        if not self.twin.start <= instant <= self.twin.now:
            raise Misconfigured(f"at({moment!r}): the incident is from {self.start} to {self.now}")
        seen = FAR_FUTURE if known is None else self._wall.ns(known, "known")
        return Then(self.twin.at(instant, seen), self._names, self._tell, self.twin.tags, self._wall)

    def close(self) -> None:
        """Close its folder; it is closed with the test where the fixture made it."""
        self.twin.reader.close()


def twin_incident(file: str | Path, *, folder: str | Path | None = None, anyway: bool = False) -> Incident:
    """An incident file, checked and replayed.

    folder: a new one where its data goes, a temporary one without. anyway: also where folds have another version than
    there. Raises Misconfigured for a file that is not as it was exported, naming the part.
    """
    target = Path(tempfile.mkdtemp(prefix="linetwin-incident-")) if folder is None else Path(folder)
    try:
        with closing(IncidentFile(Path(file))) as one:
            found = replay(one, target, anyway=anyway)
            incident = Incident(ReplayedTwin(target, found), found)
    except BaseException:
        _clear(target, folder is None)
        raise
    weakref.finalize(incident, _clear, target, folder is None)
    return incident


def _clear(folder: Path, is_ours: bool) -> None:
    if is_ours:
        shutil.rmtree(folder, ignore_errors=True)
