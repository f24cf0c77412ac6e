"""`twin verify`: fold the log once from its beginning and compare with what the running twin had come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from twin.core.course import Course, stretches
from twin.core.fold import Fold, Record
from twin.core.history import Snapshot
from twin.core.instant import FAR_FUTURE, MINUTE, to_text
from twin.core.rows import in_order
from twin.core.span import restore_units, unit_state
from twin.core.state import equal, take
from twin.runtime.assembly import Assembly
from twin.store.reader import LogReader
from twin.store.results import SqliteResults

ODD_CUT = 7 * MINUTE
"""The one pass is cut elsewhere than the live run was: equal bytes then say something."""


@dataclass(slots=True)
class Verification:
    """What verify found. differences: one line each; empty means equal. begins: where the pass started."""

    entries: int = 0
    events: int = 0
    samples: int = 0
    duplicates: int = 0
    overwritten: int = 0
    late: int = 0
    records: int = 0
    units: int = 0
    begins: str = "the first entry"
    differences: list[str] = field(default_factory=list[str])

    @property
    def rows(self) -> int:
        """Samples that count: one per (tag, time)."""
        return self.samples - self.duplicates - self.overwritten


def verify(
    assembly: Assembly, reader: LogReader, results: SqliteResults, progress: Callable[[float], None]
) -> Verification:
    """Compare state and records of every unit at its newest snapshot (F, K) with one pass of result(F, K).

    Works beside a running twin: what K names does not change any more. progress: share done, 0 to 1.
    """
    counts = reader.counts()
    found = Verification(counts["entries"], counts["events"], counts["samples"])
    _count_rows(reader, found)
    for number, unit in enumerate(assembly.units):
        found.late += len(results.lateness(number, 0, FAR_FUTURE))
        newest = results.snapshot_before(number, FAR_FUTURE, FAR_FUTURE)
        if newest is not None:
            found.units += 1
            _compare(assembly, reader, results, newest, unit.name, found)
        progress((number + 1) / len(assembly.units))
    return found


def _count_rows(reader: LogReader, found: Verification) -> None:
    """Duplicates over the whole log, a stretch of time after the other."""
    first, last = reader.ends() or (0, -1)
    for _, piece in stretches(reader, first, last + 1, FAR_FUTURE, FAR_FUTURE):
        rows = in_order(piece.samples)
        found.duplicates += rows.duplicates
        found.overwritten += rows.overwritten


def _compare(
    assembly: Assembly, reader: LogReader, results: SqliteResults, newest: Snapshot, name: str, found: Verification
) -> None:
    unit = newest.unit
    whole_from = reader.whole_from()
    begins = reader.first() if whole_from is None else whole_from
    if begins is None:
        return
    units = assembly.editions.joined((unit,), begins, newest.frontier)
    bases: dict[int, Snapshot | None] = dict.fromkeys(units)
    start = begins - 1
    if whole_from is not None:
        bases = {one: results.oldest_snapshot(one, whole_from) for one in units}
        oldest = bases[unit]
        if oldest is None:
            return
        start = oldest.frontier
        found.begins = (
            f"the oldest kept snapshot (some of what lies before {to_text(whole_from)} was forgotten or thinned)"
        )
    if start >= newest.frontier:
        return
    first = min(start, *(start if one is None else one.frontier for one in bases.values()))
    course = Course(assembly.editions, units, first, newest.known)
    records: list[Record] = []
    for _, _, stepped in course.approach(bases, reader, newest.frontier, newest.known, lambda _at: ODD_CUT):
        records += [record for record in stepped if record.unit == unit]
    found.records += len(records)
    fresh = assembly.editions.up_to(newest.frontier).fresh((unit,))
    found.differences += _state_differences(course.folds, fresh, newest, name)
    shown = set(results.as_known(unit, start, newest.frontier, newest.known))
    found.differences += [f"{name}: live showed, one pass did not: {r}" for r in sorted(shown - set(records))]
    found.differences += [f"{name}: one pass made, live did not: {r}" for r in sorted(set(records) - shown)]


def _state_differences(folds: list[Fold], fresh: list[Fold], newest: Snapshot, name: str) -> list[str]:
    """Which columns of which fold differ from the snapshot."""
    if unit_state(folds, newest.unit) == newest.body:
        return []
    restore_units(fresh, [newest])
    lines: list[str] = []
    for once, live in zip(folds, fresh, strict=True):
        one, other = take(once.state, newest.unit), take(live.state, newest.unit)
        if not equal(one, other):
            tables = [t for t in one if not equal({t: one[t]}, {t: other[t]})]
            lines.append(f"{name}: state of {once.name} differs in {', '.join(tables)}")
    return lines
