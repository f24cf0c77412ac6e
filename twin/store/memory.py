"""History and Results in memory: for lines in pytest and for the law tests of the fold machinery."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.core.batch import Batch
from twin.core.event import Event
from twin.core.fold import Record
from twin.core.history import Late, Publication, Slice, Snapshot
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.routing import HORIZON
from twin.core.rows import Samples, samples_of
from twin.mes.tally import Counted, Window
from twin.store.bounding import newest_before, oldest_after
from twin.store.columns import Columns
from twin.store.schema import QUARTER


class MemoryHistory:
    """The History port over a list of entries (recorded, batch or event)."""

    def __init__(self, entries: Sequence[tuple[int, Batch | Event]] = ()) -> None:
        self.entries = list(entries)
        self._spans = [_span(item) for _, item in entries]

    def append(self, recorded: int, item: Batch | Event) -> None:
        """Add an entry; `recorded` is greater than all before."""
        self.entries.append((recorded, item))
        self._spans.append(_span(item))

    def read(self, start: int, end: int, known: int) -> Slice:
        """All entries with start <= time < end and recorded <= known."""
        found = self._slice(start, end, 0, known)
        inside = (found.samples.time >= start) & (found.samples.time < end)
        return Slice(found.samples.take(inside), found.events)

    def since(self, after: int, known: int) -> Slice:
        """All entries with after < recorded <= known."""
        return self._slice(-FAR_FUTURE, FAR_FUTURE, after, known)

    def about(self, start: int, end: int) -> int:
        """About how many rows there are in [start, end): those of all batches that reach into it."""
        touching = zip(self.entries, self._spans, strict=True)
        return sum(
            len(item)
            for (_, item), (first, last) in touching
            if isinstance(item, Batch) and first < end and last >= start
        )

    def read_tags(self, tags: NDArray[np.int32], start: int, end: int, known: int, most: int | None = None) -> Slice:
        """The samples of these tags in [start, end)."""
        found = self.read(start, end, known).samples
        mine = np.flatnonzero(np.isin(found.tag, tags))
        return Slice(found.take(mine if most is None else mine[: most + 1]), ())

    def before(self, tags: NDArray[np.int32], time: int, known: int, least: int = FAR_PAST) -> Samples:
        """Of each tag the newest row with least <= time of it < time."""
        return newest_before(lambda mine, a, b: self.read_tags(mine, a, b, known).samples, tags, time, least)

    def after(self, tags: NDArray[np.int32], time: int, known: int, most: int = FAR_FUTURE) -> Samples:
        """Of each tag the oldest row with time <= time of it < most."""
        return oldest_after(lambda mine, a, b: self.read_tags(mine, a, b, known).samples, tags, time, most)

    def _slice(self, start: int, end: int, after: int, known: int) -> Slice:
        """Entries that reach into a span of time; rows of a batch may lie outside."""
        chosen = [
            one
            for one, (first, last) in zip(self.entries, self._spans, strict=True)
            if first < end and last >= start and after < one[0] <= known
        ]
        batches = [(recorded, item) for recorded, item in chosen if isinstance(item, Batch)]
        return Slice(samples_of(batches), [(recorded, item) for recorded, item in chosen if isinstance(item, Event)])

    def first(self) -> int | None:
        """The time of the earliest entry within the horizon of its `recorded`, or None."""
        spans = [(recorded, *span) for (recorded, _), span in zip(self.entries, self._spans, strict=True)]
        return min((max(a, r - HORIZON) for r, a, b in spans if b >= r - HORIZON), default=None)

    def events(self, start: int, end: int, kinds: Sequence[str] = (), limit: int = 1000) -> list[tuple[int, Event]]:
        """Events of [start, end), newest first. kinds: these only, a trailing dot takes the family."""
        families = tuple(f"{kind.rstrip('.')}." for kind in kinds)
        found = [
            (recorded, item)
            for recorded, item in self.entries
            if isinstance(item, Event) and start <= item.time < end
            if not kinds or item.kind in kinds or item.kind.startswith(families)
        ]
        return sorted(found, key=lambda one: (-one[1].time, -one[0]))[:limit]


def _span(item: Batch | Event) -> tuple[int, int]:
    """First and last time; a batch without rows reaches nowhere."""
    if isinstance(item, Event):
        return item.time, item.time
    return (int(item.time.min()), int(item.time.max())) if len(item) else (FAR_FUTURE, -FAR_FUTURE)


class MemoryResults:
    """The Results port over lists, and the reads of people beside it."""

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

    def records(
        self, kind: str, keys: Sequence[str], start: int, end: int, known: int = FAR_FUTURE
    ) -> list[tuple[Record, int]]:
        """Records of a kind that overlap [start, end), as known, with their known_from; by key, then start."""
        wanted = set(keys)
        stored = [*self.believed.items(), *((record, since) for record, since, to in self.taken_back if to > known)]
        found = [
            (record, since)
            for record, since in stored
            if record.kind == kind and record.key in wanted and since <= known
            if record.end > start and record.start < end
        ]
        return sorted(found, key=lambda one: (one[0].key, one[0].start))

    def columns(self, kind: str, keys: Sequence[str], start: int, end: int, known: int = FAR_FUTURE) -> Columns:
        """The same as columns, by key, then end, of kinds whose records of one key follow each other."""
        place = {key: number for number, key in enumerate(keys)}
        found = [record for record, _ in self.records(kind, keys, start, end, known)]
        found.sort(key=lambda record: (place[record.key], record.end))
        texts = [json.dumps(dict(record.data), sort_keys=True) for record in found]
        distinct = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        return Columns(
            key=np.array([place[record.key] for record in found], np.int32),
            start=np.array([record.start for record in found], np.int64),
            end=np.array([record.end for record in found], np.int64),
            data=np.array([distinct[text] for text in texts], np.int32),
            distinct=[json.loads(text) for text in distinct],
        )

    def quarters(self, keys: Sequence[str], start: int, end: int) -> Mapping[str, Counted]:
        """What each counter counted in the quarters of an hour that begin in [start, end), as believed now."""
        sums: dict[str, dict[int, Counter[str]]] = {key: {} for key in keys}
        for record, _ in self.records("count", keys, start, end + QUARTER):
            quarter = record.start - record.start % QUARTER
            if start <= quarter < end:
                sums[record.key].setdefault(quarter, Counter()).update(dict(record.data))
        return {key: Counted.of([_window(*one) for one in sorted(own.items())]) for key, own in sums.items()}


def _window(quarter: int, sums: Counter[str]) -> Window:
    return Window(quarter, sums["pieces"], sums["wraps"], sums["resets"], sums["jumps"])
