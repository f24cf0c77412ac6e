"""History and Results in memory: for lines in pytest and for the law tests of the fold machinery."""

from __future__ import annotations

from collections.abc import Sequence

from twin.core.batch import Batch
from twin.core.event import Event
from twin.core.fold import Record
from twin.core.history import Late, Publication, Slice, Snapshot
from twin.core.routing import HORIZON
from twin.core.rows import samples_of


class MemoryHistory:
    """The History port over a list of entries (recorded, batch or event)."""

    def __init__(self, entries: Sequence[tuple[int, Batch | Event]] = ()) -> None:
        self.entries = list(entries)

    def append(self, recorded: int, item: Batch | Event) -> None:
        """Add an entry; `recorded` is greater than all before."""
        self.entries.append((recorded, item))

    def read(self, start: int, end: int, known: int) -> Slice:
        """All entries with start <= time < end and recorded <= known."""
        found = self._slice(0, known)
        inside = (found.samples.time >= start) & (found.samples.time < end)
        return Slice(found.samples.take(inside), [(r, e) for r, e in found.events if start <= e.time < end])

    def since(self, after: int, known: int) -> Slice:
        """All entries with after < recorded <= known."""
        return self._slice(after, known)

    def _slice(self, after: int, known: int) -> Slice:
        chosen = [(recorded, item) for recorded, item in self.entries if after < recorded <= known]
        batches = [(recorded, item) for recorded, item in chosen if isinstance(item, Batch)]
        return Slice(samples_of(batches), [(recorded, item) for recorded, item in chosen if isinstance(item, Event)])

    def first(self) -> int | None:
        """The time of the earliest entry within the horizon of its `recorded`, or None."""
        spans = [
            (recorded, item.time, item.time)
            if isinstance(item, Event)
            else (recorded, item.time.min(), item.time.max())
            for recorded, item in self.entries
        ]
        return min((max(int(a), r - HORIZON) for r, a, b in spans if b >= r - HORIZON), default=None)


class MemoryResults:
    """The Results port over lists."""

    def __init__(self) -> None:
        self.believed: dict[Record, int] = {}
        self.taken_back: list[tuple[Record, int, int]] = []
        self.snapshots: dict[tuple[int, int, int], Snapshot] = {}
        self.late: list[Late] = []

    def publish(self, publication: Publication) -> None:
        """Take the outputs of one tick."""
        for record in publication.removed:
            known_from = self.believed.pop(record, None)
            if known_from is not None:
                self.taken_back.append((record, known_from, publication.known))
        for record in (*publication.added, *publication.corrected):
            self.believed.setdefault(record, publication.known)
        self.snapshots |= {(s.unit, s.frontier, s.known): s for s in publication.snapshots}
        self.late.extend(publication.late)

    def current(self, unit: int, start: int, end: int) -> list[Record]:
        """Records of a unit that are believed now and end in [start, end)."""
        return [record for record in self.believed if record.unit == unit and start <= record.end < end]

    def snapshot_before(self, unit: int, frontier: int, known: int) -> Snapshot | None:
        """The newest snapshot with frontier and known at most these; of one frontier the one known last."""
        fit = [key for key in self.snapshots if key[0] == unit and key[1] <= frontier and key[2] <= known]
        return self.snapshots[max(fit)] if fit else None

    def lateness(self, unit: int, after: int, known: int) -> list[Late]:
        """Late entries of a unit with after < recorded <= known."""
        return [one for one in self.late if one.unit == unit and after < one.recorded <= known]
