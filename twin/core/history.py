"""What folding needs from a store: entries by time, and a place for results. twin.store has the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twin.core.event import Event
from twin.core.fold import Record
from twin.core.rows import Samples


@dataclass(frozen=True, slots=True)
class Slice:
    """Entries of a span of time, in any order. events: (recorded, event)."""

    samples: Samples
    events: Sequence[tuple[int, Event]]


class History(Protocol):
    """Reads the log by time. Safe to call from the thread that folds."""

    def read(self, start: int, end: int, known: int) -> Slice:
        """All entries with start <= time < end and recorded <= known."""
        ...

    def since(self, after: int, known: int) -> Slice:
        """All entries with after < recorded <= known."""
        ...

    def about(self, start: int, end: int) -> int:
        """About how many rows there are with start <= time < end: what a read of them costs."""
        ...

    def first(self) -> int | None:
        """The time of the earliest entry within the horizon of its `recorded`, or None when there is none."""
        ...


class Events(Protocol):
    """Reads the events of the log."""

    def events(self, start: int, end: int, kinds: Sequence[str] = (), limit: int = 1000) -> list[tuple[int, Event]]:
        """(recorded, event) of [start, end), newest first. kinds: these only, a trailing dot takes the family."""
        ...


class TagReads(Protocol):
    """Samples of some tags by time: memory, log and files, or an archive behind an outlet. One contract for all."""

    def read_tags(self, tags: NDArray[np.int32], start: int, end: int, known: int, most: int | None = None) -> Slice:
        """Rows of these tags with start <= time < end and recorded <= known, no events.

        most: of more rows than this, some more than this; who asks can tell that it is too much.
        """
        ...

    def before(self, tags: NDArray[np.int32], time: int, known: int, least: int) -> Samples:
        """Of each tag the newest row with least <= time of it < time: what held then. No row where there is none."""
        ...

    def after(self, tags: NDArray[np.int32], time: int, known: int, most: int) -> Samples:
        """Of each tag the oldest row with time <= time of it < most. No row where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of one unit: all entries with time < frontier and recorded <= known. body: one snapshot per fold."""

    unit: int
    frontier: int
    known: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Late:
    """An entry that came behind the frontier: what makes a snapshot unfit for a later `known` (R9)."""

    unit: int
    recorded: int
    time: int


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a unit was folded again: entries that came late. kind: `samples`, or the kind of an event.

    source: who brought them (a connection, `api`, a file), of an event its subject; who: the caller, of events. start,
    end: times of the first and the last, ns; recorded: of the first; entries: how many.
    """

    kind: str
    source: str
    who: str
    start: int
    end: int
    recorded: int
    entries: int

    def joined(self, other: Cause) -> Cause:
        """Both as one; of the same kind, source and caller."""
        first, last = min(self.start, other.start), max(self.end, other.end)
        recorded = min(self.recorded, other.recorded)
        return Cause(self.kind, self.source, self.who, first, last, recorded, self.entries + other.entries)


@dataclass(frozen=True, slots=True)
class Correction:
    """A result that something late changed. One of removed and added may be None. number: grows by one each.

    known: since when it is known. why: what came late; none after a restart that found results unlike the log.
    """

    number: int
    known: int
    removed: Record | None
    added: Record | None
    why: Sequence[Cause] = ()

    @property
    def record(self) -> Record:
        """What is right, or what is no more."""
        found = self.added or self.removed
        if found is None:
            raise ValueError(f"correction {self.number} of nothing")
        return found


@dataclass(frozen=True, slots=True)
class Publication:
    """What one tick changed. added: records at the frontier; removed and corrected: taken back and put right by heals.

    healed: units that were folded again, whether or not a record changed. corrections: removed and corrected records
    side by side, numbered, for people.
    """

    known: int
    added: Sequence[Record] = ()
    corrected: Sequence[Record] = ()
    removed: Sequence[Record] = ()
    snapshots: Sequence[Snapshot] = ()
    late: Sequence[Late] = ()
    healed: Sequence[int] = ()
    corrections: Sequence[Correction] = ()


class Results(Protocol):
    """Keeps what folds made. Bitemporal: a removed record stays readable as of before."""

    def publish(self, publication: Publication) -> None:
        """Take the outputs of one tick; read methods of this object see them at once."""
        ...

    def current(self, unit: int, start: int, end: int) -> list[Record]:
        """Records of a unit that are believed now and end in [start, end)."""
        ...

    def snapshot_before(self, unit: int, frontier: int, known: int) -> Snapshot | None:
        """The newest snapshot with frontier and known at most these; of one frontier the one known last."""
        ...

    def lateness(self, unit: int, after: int, known: int) -> list[Late]:
        """Late entries of a unit with after < recorded <= known."""
        ...
