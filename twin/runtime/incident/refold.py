"""The one place where incidents touch the folds: from which states, under which editions, one pass over a span."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from twin.core.course import Course
from twin.core.edition import Edition, Editions
from twin.core.errors import Misconfigured
from twin.core.fold import Fold, Record
from twin.core.history import History, Snapshot
from twin.core.instant import FAR_FUTURE, HOUR, MINUTE, to_text
from twin.core.routing import HORIZON
from twin.core.span import GRID, unit_state
from twin.runtime.assembly import Assembly
from twin.runtime.incident.digests import Digests, Listener
from twin.store.reader import LogReader
from twin.store.results import SqliteResults

FAR_BACK = 2 * HOUR
"""States that stand further before a span than this are folded on to its start, so that the file holds the span."""
SOON = MINUTE
"""A state that was known so soon after the start answers `known_at` for all of the span."""

OLDEST = HORIZON
"""How far before the basis the last value of a tag is looked for."""
_HEAD = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Basis:
    """States of some units from which folding begins: all entries with time < frontier and recorded <= known."""

    frontier: int
    known: int
    states: Mapping[int, bytes]


def versions(assembly: Assembly) -> dict[str, int]:
    """Fold -> version, of this release, for the folds that any of the editions has."""
    every = range(len(assembly.units))
    return {fold.name: fold.version for edition in assembly.editions.all for fold in edition.fresh(tuple(every))}


def basis_of(
    assembly: Assembly, reader: LogReader, results: SqliteResults, units: Sequence[int], start: int, known: int
) -> Basis:
    """Where to begin so that the states of [start, ..) are exact at `known`, and if it may be at every `known` before.

    Raises Misconfigured where what it would take was forgotten or thinned.
    """
    newest = [results.snapshot_before(unit, FAR_FUTURE, known) for unit in units]
    late = {one.unit: unheard_of(assembly, reader, one, known) for one in newest if one is not None}
    fit = _Fit(assembly.editions, results, units, known, late)
    for seen in (min(known, start + SOON), known):
        found = fit.common(start, seen)
        if found is not None and start - found.frontier <= FAR_BACK:
            _check_whole(reader.whole_from(), found.frontier, start)
            return found
    return _folded_to(assembly, reader, fit.common(start, known), units, start, known)


def _folded_to(
    assembly: Assembly, reader: LogReader, found: Basis | None, units: Sequence[int], start: int, known: int
) -> Basis:
    """The states at the start itself, folded from the newest fit ones, or from the first entry of the log."""
    first = reader.first()
    begin = found.frontier if found else (start if first is None else min(start, first - first % GRID + 1 - GRID))
    _check_whole(reader.whole_from(), begin, start)
    course = Course(assembly.editions, units, begin, known)
    for unit, body in found.states.items() if found else ():
        course.restore([Snapshot(unit, begin, known, body)])
    for _ in course.follow(units, reader, start, known, lambda _at: HOUR):
        pass
    return Basis(start, known, {unit: unit_state(course.folds, unit) for unit in units})


def _check_whole(whole_from: int | None, begin: int, start: int) -> None:
    if whole_from is not None and begin < whole_from:
        raise Misconfigured(
            f"--from {to_text(start)}: samples before {to_text(whole_from)} were forgotten or thinned, and states that "
            "depend on them cannot be folded again; begin an hour or more after that"
        )


@dataclass(frozen=True, slots=True)
class _Fit:
    """Finds snapshots that nothing known at `known` lies behind. late: of each unit, beside what is listed as late."""

    editions: Editions
    results: SqliteResults
    units: Sequence[int]
    known: int
    late: Mapping[int, Sequence[tuple[int, int]]]

    def common(self, start: int, seen: int) -> Basis | None:
        """The newest ones of all units at one frontier, known at `seen`.

        Units that the edition of the model of that time did not have yet have seen nothing.
        """
        limit = start
        while True:
            edition = self.editions.up_to(limit)
            there = _present(edition)
            found = {unit: self._newest(unit, limit, seen) for unit in self.units}
            fit = [one for one in found.values() if one is not None]
            if not fit or any(one is None and unit in there for unit, one in found.items()):
                return None
            limit = min(one.frontier for one in fit)
            if all(one.frontier == limit for one in fit):
                states = {
                    unit: unit_state(edition.fresh((unit,)), unit) if one is None else one.body
                    for unit, one in found.items()
                }
                return Basis(limit, max(one.known for one in fit), states)

    def _newest(self, unit: int, limit: int, seen: int) -> Snapshot | None:
        basis = self.results.snapshot_before(unit, limit, seen)
        while basis is not None:
            listed = self.results.lateness(unit, basis.known, self.known)
            listed += self.editions.mends(unit, basis.known, self.known)
            pairs = (*((one.recorded, one.time) for one in listed), *self.late.get(unit, ()))
            behind = [time for recorded, time in pairs if recorded > basis.known and time < basis.frontier]
            if not behind:
                return basis
            basis = self.results.snapshot_before(unit, min(behind), seen)
        return None


def _present(edition: Edition) -> set[int]:
    """The units that an edition has."""
    routing = edition.routing
    subjects = {unit for of in routing.units_of_subject.values() for unit in of}
    return {routing.others, *routing.unit_of_tag.tolist(), *subjects}


def unheard_of(assembly: Assembly, reader: LogReader, newest: Snapshot, known: int) -> list[tuple[int, int]]:
    """(recorded, time) of entries logged after the newest snapshot of a unit: nobody called them late yet."""
    missed = assembly.editions.of_units(reader.since(newest.known, known), (newest.unit,))
    pairs = zip(missed.samples.recorded.tolist(), missed.samples.time.tolist(), strict=True)
    return [*pairs, *((recorded, event.time) for recorded, event in missed.events)]


def _parts_of(body: bytes, only: Collection[str]) -> bytes:
    """The state of a unit with that of some folds alone (twin.core.span.unit_state)."""
    (length,) = _HEAD.unpack_from(body)
    sizes: dict[str, int] = json.loads(body[_HEAD.size : _HEAD.size + length])
    kept, at, parts = dict[str, int](), _HEAD.size + length, list[bytes]()
    for name, size in sizes.items():
        if name in only:
            kept[name] = size
            parts.append(body[at : at + size])
        at += size
    head = json.dumps(kept, separators=(",", ":")).encode()
    return _HEAD.pack(len(head)) + head + b"".join(parts)


@dataclass(frozen=True, slots=True)
class Reached:
    """A step of a pass: everything up to `at` is in the folds; records ended since the step before."""

    at: int
    records: Sequence[Record]
    folds: Sequence[Fold]


class Pass:
    """One pass over a span from the states of a basis, under the editions of its time.

    only: of these folds the basis is taken, the others begin with nothing. Raises ValueError, KeyError for bytes that
    are no states of these folds.
    """

    def __init__(
        self, assembly: Assembly, basis: Basis, units: Sequence[int], known: int, digests: Digests,
        only: Collection[str] | None = None,
    ) -> None:  # fmt: skip
        self._names, self._units, self._known, self._digests = assembly.names, units, known, digests
        self._course = Course(_heard(assembly.editions, digests), units, basis.frontier, known)
        for unit in units:
            body = basis.states[unit] if only is None else _parts_of(basis.states[unit], only)
            self._course.restore([Snapshot(unit, basis.frontier, basis.known, body)])

    @property
    def folds(self) -> list[Fold]:
        """As they stand."""
        return [fold for fold in self._course.folds if not isinstance(fold, Listener)]

    def steps(self, history: History, start: int, end: int, cut: Callable[[int], int]) -> Iterator[Reached]:
        """Go on to `end`; from `start` on records are given and counted."""
        for _ in self._course.follow(self._units, history, start, self._known, cut):
            pass
        self._digests.begins = start
        for reached, records in self._course.follow(self._units, history, end, self._known, cut):
            self._digests.add_records(records, self._names)
            yield Reached(reached, records, self.folds)


def _heard(editions: Editions, digests: Digests) -> Editions:
    """The same editions, each with a listener behind its folds."""

    def with_listener(edition: Edition) -> Edition:
        return replace(edition, make=lambda units: [*edition.make(units), Listener(digests)], _pristine={})

    return Editions([with_listener(edition) for edition in editions.all])


def pristine(assembly: Assembly, unit: int, at: int) -> bytes:
    """The state of a unit to which nothing has happened up to an instant."""
    return unit_state(assembly.editions.up_to(at).fresh((unit,)), unit)
