"""`twin incident export`: a span of a data folder's log into one file, beside whoever writes there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from twin.core.course import CHUNK
from twin.core.errors import Misconfigured
from twin.core.event import PLANT_LOADED, TAGS_RENAMED, Event
from twin.core.fold import Fold, Record
from twin.core.history import Slice
from twin.core.instant import FAR_FUTURE, FAR_PAST, MINUTE, Span, to_text
from twin.core.rows import Samples
from twin.core.tags import TagTable
from twin.model.plant import Plant
from twin.runtime.assembly import Assembly, assemble_all
from twin.runtime.editions import loads_of
from twin.runtime.incident import pieces
from twin.runtime.incident.clean import Clean
from twin.runtime.incident.container import Packing, json_bytes
from twin.runtime.incident.digests import Digests
from twin.runtime.incident.manifest import Manifest, this
from twin.runtime.incident.refold import FAR_BACK, OLDEST, Basis, Pass, basis_of, unheard_of, versions
from twin.runtime.loaded import Loaded
from twin.store.reader import LogReader
from twin.store.results import SqliteResults
from twin.store.transplant import Believed, believed, standing_events

CUT = 10 * MINUTE
"""The one pass of an export is cut here, that of a replay elsewhere: equal bytes then say something."""
MODELS = (PLANT_LOADED, TAGS_RENAMED)
MOST = 100_000
"""Events of these kinds in one log."""
MOST_TOLD = 20
"""So many lines are kept of what live had shown otherwise."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. removed: secrets that were taken out, a line each."""

    manifest: Manifest
    bytes: int
    removed: list[str]


def export(
    folder: Path, span: Span, target: Path, progress: Callable[[float, str], None], *, asset: str = "",
    known: int | None = None, present: int = 0,
) -> Exported:  # fmt: skip
    """Write the incident of a span to a file; nothing is there if it fails.

    asset: only the unit of this line or machine, by as much of its path as makes it one. known: as it was known then.
    present: up to when a running twin has taken everything in. The end goes down to it or to the last entry, whichever
    is later: what comes after is not known yet. Raises Misconfigured, StoreFailed.
    """
    reader = LogReader(folder)
    try:
        last = max(reader.last(), present)
        known = last if known is None else min(known, last)
        end = min(span.end, known)
        if span.start >= end:
            raise Misconfigured(
                f"--from {to_text(span.start)}: nothing is known after {to_text(known)}; begin before it"
            )
        packing = Packing(target)
        try:
            return _Export(reader, Span(span.start, end), known, asset, progress).write(packing, target)
        except BaseException:
            packing.give_up()
            raise
    finally:
        reader.close()


class _Export:
    def __init__(
        self, reader: LogReader, span: Span, known: int, asset: str, progress: Callable[[float, str], None]
    ) -> None:
        self._reader, self._span, self._known, self._progress = reader, span, known, progress
        self._clean = Clean(reader)
        self._tags, loads = models(reader, known)
        self._plant = in_force(loads, span.end)
        self._assembly = assemble_all(loads, self._tags)
        self._names = self._assembly.names
        self._results = SqliteResults(reader, self._names, self._assembly.editions.codes)
        chosen = chosen_units(self._assembly, asset)
        self._units = self._assembly.editions.joined(chosen, span.start - FAR_BACK, span.end)
        self._is_whole = not asset
        self._pieces = self._samples = self._events = 0

    def write(self, packing: Packing, target: Path) -> Exported:
        assembly, units = self._assembly, self._units
        self._progress(0.0, "states before the span")
        basis = basis_of(assembly, self._reader, self._results, units, self._span.start, self._known)
        text = self._clean.event(Event(0, PLANT_LOADED, "", {"text": self._plant.text, "digest": ""})).body["text"]
        packing.add("plant.yaml", text.encode())
        packing.add("tags.json", json_bytes([[tag.name, tag.type] for _, tag in self._tags.since(0)]))
        for unit in units:
            packing.add(f"basis/{unit:04}.state", basis.states[unit])
        late = [late for unit in units for late in self._results.lateness(unit, basis.known, self._known)]
        packing.add("late.json", json_bytes([[self._names[one.unit], one.recorded, one.time] for one in late]))
        self._put_pieces(packing, self._before(basis))
        for start, end in self._reader.stretches(basis.frontier, self._span.end, CHUNK):
            self._put_pieces(packing, self._mine(self._clean.read(start, end, self._known)))
            self._progress(self._share(end) / 2, f"{self._samples:,} samples")
        digests, shown = Digests(), list[str]()
        folds = self._put_records(packing, Pass(assembly, basis, units, self._known, digests), digests, shown)
        manifest = Manifest(
            plant=self._plant.path, start=self._span.start, end=self._span.end, known=self._known,
            basis=basis.frontier, basis_known=basis.known, units=[self._names[unit] for unit in units],
            codes=versions(assembly), tags=len(self._tags), pieces=self._pieces, samples=self._samples,
            events=self._events, maker=this(),
            results=digests.results(folds, {unit: self._names[unit] for unit in units}), shown=shown[:MOST_TOLD],
        )  # fmt: skip
        packing.close(manifest.as_json())
        return Exported(manifest, target.stat().st_size, self._clean.removed)

    def _share(self, reached: int) -> float:
        return (reached - self._span.start) / (self._span.end - self._span.start)

    # --- entries -----------------------------------------------------------------------------------------------

    def _before(self, basis: Basis) -> Slice:
        """What held as the states were taken: the last row of each tag, the last event of each kind and subject; every
        model that is known, for how wire numbers read is told by the newest.
        """
        routing = self._assembly.editions.up_to(basis.frontier).routing
        tags = np.flatnonzero(np.isin(routing.unit_of_tag, self._units)).astype(np.int32)
        held = self._reader.before(tags, basis.frontier, self._known, basis.frontier - OLDEST)
        events = [
            *((recorded, one) for recorded, one in standing_events(self._reader, basis.frontier, self._known)
              if one.kind not in MODELS),
            *((recorded, one) for recorded, one in self._reader.events(FAR_PAST, FAR_FUTURE, MODELS, MOST)
              if recorded <= self._known and not basis.frontier <= one.time < self._span.end),
        ]  # fmt: skip
        return self._mine(self._clean.cleaned(Slice(held, events)))

    def _mine(self, piece: Slice) -> Slice:
        """Entries of the units that are in it; events that concern no unit at all concern everybody."""
        if self._is_whole:
            return piece
        editions, wanted = self._assembly.editions, set(self._units)

        def is_mine(event: Event) -> bool:
            of = editions.units_of(event)
            return not of or bool(wanted.intersection(of))

        samples: Samples = piece.samples.take(np.isin(editions.unit_of(piece.samples), self._units))
        return Slice(samples, [(recorded, event) for recorded, event in piece.events if is_mine(event)])

    def _put_pieces(self, packing: Packing, found: Slice) -> None:
        for piece in pieces.cut(found):
            if len(piece.samples) or piece.events:
                pieces.put(packing.add, self._pieces, piece)
                self._pieces += 1
                self._samples += len(piece.samples)
                self._events += len(piece.events)

    # --- results -----------------------------------------------------------------------------------------------

    def _put_records(self, packing: Packing, once: Pass, digests: Digests, shown: list[str]) -> Sequence[Fold]:
        """One pass over the span: its records, with what was believed when where live had come so far; its folds."""
        final, is_settled = self._final()
        at, number, folds = self._span.start, 0, once.folds
        for reached in once.steps(self._clean, self._span.start, self._span.end, lambda _at: CUT):
            rows = self._rows(at, reached.at, final, reached.records, shown if is_settled else [])
            if rows:
                packing.add(f"records/{number:06}.json", json_bytes(rows))
                number += 1
            at, folds = reached.at, reached.folds
            self._progress(0.5 + self._share(at) / 2, f"{digests.records:,} results")
        return folds

    def _final(self) -> tuple[int, bool]:
        """Up to when results are stored as they were shown, and whether all that is known has been folded into them."""
        final, is_settled = FAR_FUTURE, True
        for unit in self._units:
            newest = self._results.snapshot_before(unit, FAR_FUTURE, self._known)
            if newest is None:
                return FAR_PAST, False
            final = min(final, newest.frontier)
            missed = unheard_of(self._assembly, self._reader, newest, self._known)
            is_settled &= all(time >= newest.frontier for _, time in missed)
        return final, is_settled

    def _rows(self, start: int, end: int, final: int, records: Sequence[Record], shown: list[str]) -> list[Believed]:
        """Records that end in [start, end): believed ones of the pass, taken back ones as stored."""
        mine = [self._names[unit] for unit in self._units]
        stored = list(believed(self._reader, mine, start, min(end, final), self._known)) if start < final else []
        since = {_key(row): row[6] for row in stored if row[7] is None}
        made: list[Believed] = []
        for one in records:
            row = (self._names[one.unit], one.kind, one.key, one.start, one.end, dict(one.data), self._known, None)
            known_from = since.pop(_key(row), None)
            made.append((*row[:6], self._known if known_from is None else known_from, None))
            if one.end < final and known_from is None:
                shown.append(f"one pass made, live did not: {_key(row).decode()[:200]}")
        shown += [f"live showed, one pass did not: {key.decode()[:200]}" for key in since]
        return [*(row for row in stored if row[7] is not None), *made]


def _key(row: Believed) -> bytes:
    return json_bytes(row[:6])


class _AsKnown:
    """The events of a log as far as they were known."""

    def __init__(self, reader: LogReader, known: int) -> None:
        self._reader, self._known = reader, known

    def events(self, start: int, end: int, kinds: Sequence[str] = (), limit: int = 1000) -> list[tuple[int, Event]]:
        """As of the log."""
        return [one for one in self._reader.events(start, end, kinds, limit) if one[0] <= self._known]


def models(reader: LogReader, known: int) -> tuple[TagTable, list[Loaded]]:
    """The tags and the models as they were known. Raises Misconfigured where no model was."""
    renamed = [one for one in reader.events(FAR_PAST, FAR_FUTURE, (TAGS_RENAMED,), MOST) if one[0] > known]
    tags = [tag for _, tag in reader.tags().since(0)]
    for _, event in sorted(renamed, key=lambda one: -one[0]):
        before = {name: former for former, name in event.body["names"].items()}
        tags = [replace(tag, name=before.get(tag.name, tag.name)) for tag in tags]
    loads = loads_of(_AsKnown(reader, known))
    if not loads:
        raise Misconfigured(f"no plant was loaded up to {to_text(known)}; an incident needs its model")
    return TagTable(tags), loads


def in_force(loads: Sequence[Loaded], end: int) -> Plant:
    """The model at the end of a span; the first one counts for what was before it."""
    before = [load for load in loads if load.since < end]
    return (before[-1] if before else loads[0]).plant


def chosen_units(assembly: Assembly, asset: str) -> tuple[int, ...]:
    """Numbers of the units of an asset; all without one. Raises Misconfigured."""
    everything = tuple(range(len(assembly.units)))
    if not asset:
        return everything
    wanted = asset.strip("/")
    paths: dict[str, set[int]] = {}
    for number, unit in enumerate(assembly.units):
        for path in (*unit.machines, *unit.name.split("+")):
            paths.setdefault(path, set()).add(number)
    found = {path: units for path, units in paths.items() if path == wanted or path.endswith(f"/{wanted}")}
    numbers = set[int]().union(*found.values())
    if len(numbers) == 1:
        return tuple(numbers)
    fact = (
        f"may be {', '.join(sorted(found))}; write more of its path" if found else "is no line or machine of this plant"
    )
    raise Misconfigured(f"--asset {asset}: {fact}")
