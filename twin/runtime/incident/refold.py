"""The one place where incidents touch the folds: which model, from which states, one pass over a span."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from twin.core.course import Course
from twin.core.errors import Misconfigured
from twin.core.fold import Fold, Record
from twin.core.history import History, Snapshot
from twin.core.instant import FAR_FUTURE, HOUR, MINUTE, to_text
from twin.core.routing import HORIZON
from twin.core.span import GRID, restore_unit, unit_state
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
    """Fold -> version."""
    return {fold.name: fold.version for fold in assembly.make((0,))}


def basis_of(
    assembly: Assembly, reader: LogReader, results: SqliteResults, units: Sequence[int], start: int, known: int
) -> Basis:
    """Where to begin so that the states of [start, ..) are exact at `known`, and if it may be at every `known` before.

    Raises Misconfigured where what it would take was forgotten or thinned.
    """
    newest = [results.snapshot_before(unit, FAR_FUTURE, known) for unit in units]
    late = {one.unit: unheard_of(assembly, reader, one, known) for one in newest if one is not None}
    whole_from = reader.whole_from()
    for seen in (min(known, start + SOON), known):
        found = _common(results, units, start, known, seen, late)
        if found and start - found[0].frontier <= FAR_BACK:
            _check_whole(whole_from, found[0].frontier, start)
            return Basis(found[0].frontier, max(one.known for one in found), {one.unit: one.body for one in found})
    return _folded_to(assembly, reader, results, units, start, known, late)


def _folded_to(
    assembly: Assembly, reader: LogReader, results: SqliteResults, units: Sequence[int], start: int, known: int,
    late: Mapping[int, Sequence[tuple[int, int]]],
) -> Basis:  # fmt: skip
    """The states at the start itself, folded from the newest fit ones, or from the first entry of the log."""
    found = _common(results, units, start, known, known, late)
    first = reader.first()
    begin = found[0].frontier if found else (start if first is None else min(start, first - first % GRID + 1 - GRID))
    _check_whole(reader.whole_from(), begin, start)
    course = Course(assembly.editions, units, begin, known)
    for one in found:
        course.restore(one)
    for _ in course.follow(units, reader, start, known, lambda _at: HOUR):
        pass
    return Basis(start, known, {unit: unit_state(course.folds, unit) for unit in units})


def _check_whole(whole_from: int | None, begin: int, start: int) -> None:
    if whole_from is not None and begin < whole_from:
        raise Misconfigured(
            f"--from {to_text(start)}: samples before {to_text(whole_from)} were forgotten or thinned, and states that "
            "depend on them cannot be folded again; begin an hour or more after that"
        )


def _common(
    results: SqliteResults, units: Sequence[int], start: int, known: int, seen: int,
    late: Mapping[int, Sequence[tuple[int, int]]],
) -> list[Snapshot]:  # fmt: skip
    """The newest snapshots of all units at one frontier, known at `seen`, that nothing known at `known` lies behind."""
    limit = start
    while True:
        found = [_fit(results, unit, limit, known, seen, late.get(unit, ())) for unit in units]
        fit = [one for one in found if one is not None]
        if not fit or len(fit) < len(found):
            return []
        limit = min(one.frontier for one in fit)
        if all(one.frontier == limit for one in fit):
            return fit


def _fit(
    results: SqliteResults, unit: int, limit: int, known: int, seen: int, late: Sequence[tuple[int, int]]
) -> Snapshot | None:
    basis = results.snapshot_before(unit, limit, seen)
    while basis is not None:
        told = [(one.recorded, one.time) for one in results.lateness(unit, basis.known, known)]
        behind = [time for recorded, time in (*told, *late) if recorded > basis.known and time < basis.frontier]
        if not behind:
            return basis
        basis = results.snapshot_before(unit, min(behind), seen)
    return None


def unheard_of(assembly: Assembly, reader: LogReader, newest: Snapshot, known: int) -> list[tuple[int, int]]:
    """(recorded, time) of entries logged after the newest snapshot of a unit: nobody called them late yet."""
    missed = assembly.editions.of_units(reader.since(newest.known, known), (newest.unit,))
    pairs = zip(missed.samples.recorded.tolist(), missed.samples.time.tolist(), strict=True)
    return [*pairs, *((recorded, event.time) for recorded, event in missed.events)]


def folds_on(assembly: Assembly, basis: Basis, units: Sequence[int], only: Collection[str] | None = None) -> list[Fold]:
    """Fresh folds with the states of a basis. only: of these folds, the others begin with nothing.

    Raises ValueError, KeyError for bytes that are no state of these folds.
    """
    folds = assembly.make(tuple(units))
    chosen = [fold for fold in folds if only is None or fold.name in only]
    for unit in units:
        body = basis.states[unit] if only is None else _parts_of(basis.states[unit], only)
        restore_unit(chosen, Snapshot(unit, basis.frontier, basis.known, body))
    return folds


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


def one_pass(
    assembly: Assembly, folds: Sequence[Fold], history: History, units: Sequence[int], begin: int, start: int, end: int,
    known: int, cut: Callable[[int], int], digests: Digests,
) -> Iterator[Reached]:  # fmt: skip
    """Step folds from `begin` to `end`; from `start` on their records are given and their series counted."""
    course = Course(assembly.editions, units, begin, known)
    course.folds = list(folds)
    for _ in course.follow(units, history, start, known, cut):
        pass
    course.folds = [*folds, Listener(digests)]
    for reached, records in course.follow(units, history, end, known, cut):
        digests.add_records(records, [unit.name for unit in assembly.units])
        yield Reached(reached, records)


def pristine(assembly: Assembly, unit: int) -> bytes:
    """The state of a unit to which nothing has happened."""
    return unit_state(assembly.make((unit,)), unit)
