"""`twin incident export`: a span of a data folder's log into one file, beside whoever writes there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.core.course import CHUNK
from twin.core.errors import Misconfigured
from twin.core.event import PLANT_LOADED, Event
from twin.core.fold import Fold, Record
from twin.core.history import Slice
from twin.core.instant import FAR_FUTURE, FAR_PAST, MINUTE, Span, to_text
from twin.core.rows import Samples
from twin.model.plant import Plant
from twin.runtime.assembly import Assembly, assemble
from twin.runtime.incident import pieces
from twin.runtime.incident.clean import Clean
from twin.runtime.incident.container import Packing, json_bytes
from twin.runtime.incident.digests import Digests
from twin.runtime.incident.manifest import Manifest, this
from twin.runtime.incident.refold import OLDEST, Basis, basis_of, folds_on, one_pass, unheard_of, versions
from twin.runtime.plant_file import plant_of
from twin.store.reader import LogReader
from twin.store.results import SqliteResults
from twin.store.transplant import Believed, believed, standing_events

CUT = 10 * MINUTE
"""The one pass of an export is cut here, that of a replay elsewhere: equal bytes then say something."""
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
        self._tags = reader.tags()
        plant = plant_in_force(reader, span, known)
        self._assembly = assemble(plant, self._tags)
        self._names = [unit.name for unit in self._assembly.units]
        self._results = SqliteResults(reader, self._names, self._assembly.editions.codes)
        self._units = chosen_units(self._assembly, asset)
        self._is_whole = not asset
        self._pieces = self._samples = self._events = 0

    def write(self, packing: Packing, target: Path) -> Exported:
        assembly, units = self._assembly, self._units
        self._progress(0.0, "states before the span")
        basis = basis_of(assembly, self._reader, self._results, units, self._span.start, self._known)
        text = self._clean.event(Event(0, PLANT_LOADED, "", {"text": assembly.plant.text, "digest": ""})).body["text"]
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
        folds = folds_on(assembly, basis, units)
        self._put_records(packing, basis, folds, digests, shown)
        manifest = Manifest(
            plant=assembly.plant.path, start=self._span.start, end=self._span.end, known=self._known,
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
        """What held as the states were taken: the last row of each tag, the last event of each kind and subject."""
        routing = self._assembly.routing
        tags = np.flatnonzero(np.isin(routing.unit_of_tag, self._units)).astype(np.int32)
        held = self._reader.before(tags, basis.frontier, self._known, basis.frontier - OLDEST)
        events = standing_events(self._reader, basis.frontier, self._known)
        return self._mine(self._clean.cleaned(Slice(held, events)))

    def _mine(self, piece: Slice) -> Slice:
        """Entries of the units that are in it; events that concern no unit at all concern everybody."""
        if self._is_whole:
            return piece
        routing, wanted = self._assembly.routing, set(self._units)

        def is_mine(event: Event) -> bool:
            of = routing.units_of(event)
            return not of or bool(wanted.intersection(of))

        samples: Samples = piece.samples.take(np.isin(routing.unit_of(piece.samples.tag), self._units))
        return Slice(samples, [(recorded, event) for recorded, event in piece.events if is_mine(event)])

    def _put_pieces(self, packing: Packing, found: Slice) -> None:
        for piece in pieces.cut(found):
            if len(piece.samples) or piece.events:
                pieces.put(packing.add, self._pieces, piece)
                self._pieces += 1
                self._samples += len(piece.samples)
                self._events += len(piece.events)

    # --- results -----------------------------------------------------------------------------------------------

    def _put_records(
        self, packing: Packing, basis: Basis, folds: Sequence[Fold], digests: Digests, shown: list[str]
    ) -> None:
        """One pass over the span: its records, with what was believed when where live had come so far."""
        final, is_settled = self._final()
        steps = one_pass(
            self._assembly, folds, self._clean, self._units, basis.frontier, self._span.start, self._span.end,
            self._known, lambda _at: CUT, digests,
        )  # fmt: skip
        at, number = self._span.start, 0
        for reached in steps:
            rows = self._rows(at, reached.at, final, reached.records, shown if is_settled else [])
            if rows:
                packing.add(f"records/{number:06}.json", json_bytes(rows))
                number += 1
            at = reached.at
            self._progress(0.5 + self._share(at) / 2, f"{digests.records:,} results")

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


def plant_in_force(reader: LogReader, span: Span, known: int) -> Plant:
    """The model of a span; the first one of a log counts for what was before it. Raises Misconfigured where none was
    ever loaded, or where it changed within.
    """
    loaded = [
        event
        for recorded, event in reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED,))
        if recorded <= known and event.kind == PLANT_LOADED
    ]
    if not loaded:
        raise Misconfigured(f"no plant was loaded up to {to_text(known)}; an incident needs its model")
    changed = [event.time for event in loaded[:-1] if span.start < event.time < span.end]
    if changed:
        raise Misconfigured(
            f"the model changed at {to_text(changed[0])}, within the span; export what lies before or after it"
        )
    before = [event for event in loaded if event.time <= span.start]
    return plant_of((before or loaded[-1:])[0].body["text"], "stored plant")


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
