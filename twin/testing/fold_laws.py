"""The laws of folds, each for one log and one way of feeding it: whatever the way, the result is that of one pass.

`check_fold` draws the ways; a property test may draw them itself and call these.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from twin.core.batch import Batch
from twin.core.edition import Editions, one_edition
from twin.core.engine import Engine, Entry
from twin.core.event import Event
from twin.core.fold import Fold, Record, step_all
from twin.core.history import Publication, Snapshot
from twin.core.instant import FAR_FUTURE, FAR_PAST, SECOND
from twin.core.lane import Lane
from twin.core.routing import Routing
from twin.core.rows import Rows, Samples, in_order
from twin.core.scales import UNSCALED, Scales
from twin.core.span import in_event_order, restore_units, step_of, unit_state
from twin.core.state import Table, snapshot, take
from twin.store.memory import MemoryHistory, MemoryResults
from twin.testing.contract import clause, require, shown

HEALED_AFTER = 10 * SECOND
"""Ticks go on for so long after the last entry, so that all that is late is healed."""


@dataclass(frozen=True)
class FoldCase:
    """Folds under contract. make: fresh folds of some units, in dependency order. begin: before every entry, ns.

    scales: how the wire numbers of the log read.
    """

    make: Callable[[Sequence[int]], Sequence[Fold]]
    routing: Routing
    units: Sequence[int]
    begin: int
    scales: Scales = UNSCALED

    @property
    def editions(self) -> Editions:
        """A model that never changes."""
        return one_edition(self.make, self.routing, self.scales)

    def in_order(self, samples: Samples) -> Rows:
        """Rows as folds see them."""
        return replace(in_order(samples), scales=self.scales)

    def fresh(self, units: Sequence[int] | None = None) -> list[Fold]:
        """Folds in their first state."""
        return list(self.make(self.units if units is None else units))


@dataclass(frozen=True)
class Delivery:
    """An entry and the instant at which it reaches the log, ns."""

    at: int
    item: Batch | Event


def recorded(deliveries: Sequence[Delivery]) -> list[Entry]:
    """The log that deliveries make, with its strictly increasing `recorded`."""
    entries: list[Entry] = []
    last = 0
    for delivery in sorted(deliveries, key=lambda one: one.at):
        last = max(delivery.at, last + 1)
        entries.append((last, delivery.item))
    return entries


def one_pass(case: FoldCase, entries: Sequence[Entry], frontier: int, known: int) -> tuple[list[Fold], list[Record]]:
    """result(frontier, known), by one step over everything: what every other way must come to."""
    folds = case.fresh()
    piece = case.editions.of_units(MemoryHistory(entries).read(FAR_PAST, frontier, known), case.units)
    step = step_of(case.in_order(piece.samples), in_event_order(piece.events), case.begin, frontier)
    return folds, step_all(folds, step)


def check_cutting(
    case: FoldCase, entries: Sequence[Entry], ends: Collection[int], restores: Collection[int], frontier: int
) -> None:
    """ends: instants at which a span is cut. restores: numbers of the cuts after which all goes on from snapshots."""
    piece = case.editions.of_units(MemoryHistory(entries).read(FAR_PAST, frontier, FAR_FUTURE), case.units)
    rows, events = case.in_order(piece.samples), in_event_order(piece.events)
    folds, records, at = case.fresh(), list[Record](), case.begin
    with clause("the same entries give the same bytes, however a span is cut into steps and restored from snapshots"):
        for number, end in enumerate(sorted({e for e in ends if case.begin < e < frontier} | {frontier})):
            made = step_all(folds, step_of(rows, events, at, end))
            for one in made:
                require(at <= one.end < end, f"a step over [{at}, {end}) emitted {shown(one)}: not of this step")
            records += made
            at = end
            if number in restores:
                saved = [Snapshot(unit, end, 0, unit_state(folds, unit)) for unit in case.units]
                folds = case.fresh()
                for basis in saved:
                    restore_units(folds, [basis])
        wanted, due = one_pass(case, entries, frontier, FAR_FUTURE)
        require_records(records, due)
        require_states(folds, wanted, case.units)


def check_units(case: FoldCase, entries: Sequence[Entry], frontier: int) -> None:
    """`twin verify` folds units one by one, a lane folds them together."""
    together, records = one_pass(case, entries, frontier, FAR_FUTURE)
    for unit in case.units:
        piece = case.editions.of_units(MemoryHistory(entries).read(FAR_PAST, frontier, FAR_FUTURE), (unit,))
        step = step_of(case.in_order(piece.samples), in_event_order(piece.events), case.begin, frontier)
        due = [record for record in records if record.unit == unit]
        with clause("a unit is the same whatever units are folded beside it"):
            alone = case.fresh((unit,))
            require_records([record for record in step_all(alone, step) if record.unit == unit], due)
            require_states(alone, together, (unit,))
        with clause("a unit is the same when nothing comes for the units beside it"):
            quiet = case.fresh()
            require_records([record for record in step_all(quiet, step) if record.unit == unit], due)
            require_states(quiet, together, (unit,))


def check_feeding(
    case: FoldCase, deliveries: Sequence[Delivery], wait: int, tick: int, restarts: Collection[int] = ()
) -> None:
    """Feed a log as it comes, tick by tick, restarting at some of them; compare at the end and on the way.

    wait, tick: ns. What is late is healed, what comes twice changes nothing.
    """
    history, results = MemoryHistory(), MemoryResults()
    engine = _engine(case, history, results, wait)
    _publish(engine.resume(case.begin, 0), results)
    waiting, now, known, ticks = recorded(deliveries), case.begin, 0, 0
    end = max((at for at, _ in waiting), default=now) + HEALED_AFTER
    with clause("waits, late entries, repeats and restarts change nothing in the end"):
        while now < end:
            now += tick
            arrived = [entry for entry in waiting if entry[0] <= now]
            waiting = waiting[len(arrived) :]
            for entry in arrived:
                history.append(*entry)
                known = entry[0]
            if ticks in restarts:
                engine = _engine(case, history, results, wait)
                _publish(engine.resume(now, known), results)
            else:
                engine.accept(arrived)
                _publish(engine.tick(now, known), results)
            ticks += 1
            if ticks % 23 == 0 or now >= end:
                _compare(case, engine, results, history, known)


def check_known(case: FoldCase, deliveries: Sequence[Delivery], wait: int, moments: Sequence[tuple[int, int]]) -> None:
    """moments: (time, known) in ns; what is given for each is the fold of what was known then."""
    history, results = MemoryHistory(), MemoryResults()
    engine = _engine(case, history, results, wait)
    _publish(engine.resume(case.begin, 0), results)
    known = case.begin
    for entry in recorded(deliveries):
        history.append(*entry)
        known = entry[0]
        engine.accept([entry])
        _publish(engine.tick(known, known), results)
    _publish(engine.tick(known + HEALED_AFTER, known), results)
    with clause("the past as it was known is the fold of what was known"):
        for time, as_known in moments:
            (view,) = engine.at(time, as_known)
            require_states(list(view.folds), one_pass(case, history.entries, time, as_known)[0], case.units)


def require_states(found: Sequence[Fold], wanted: Sequence[Fold], units: Sequence[int]) -> None:
    """Break the clause around with the first fold, table and column in which two states differ."""
    for unit in units:
        if unit_state(found, unit) != unit_state(wanted, unit):
            raise AssertionError(f"unit {unit}: {_first_difference(found, wanted, unit)}")


def require_records(found: Sequence[Record], wanted: Sequence[Record]) -> None:
    """Break the clause around with the records that are missing or too many."""
    there, due = set(found), set(wanted)
    if there != due:
        missing, more = sorted(due - there, key=repr), sorted(there - due, key=repr)
        raise AssertionError(f"records missing: {shown(missing)}; too many: {shown(more)}")
    require(len(found) == len(wanted), f"{len(found)} records for {len(wanted)}: some came twice")


def _first_difference(found: Sequence[Fold], wanted: Sequence[Fold], unit: int) -> str:
    for one, other in zip(found, wanted, strict=True):
        mine, theirs = take(one.state, unit), take(other.state, unit)
        for name, table in mine.items():
            for column in table.columns:
                if _bytes(table, column) != _bytes(theirs[name], column):
                    seen, due = table.columns[column].tolist(), theirs[name].columns[column].tolist()
                    return f"state of fold {one.name!r} differs in {name}.{column}: {shown(seen)} for {shown(due)}"
    return "the folds differ in their names or the order of their tables"


def _bytes(table: Table, column: str) -> bytes:
    return snapshot({"t": Table(table.unit, True, **{column: table.columns[column]})})


def _engine(case: FoldCase, history: MemoryHistory, results: MemoryResults, wait: int) -> Engine:
    lane = Lane(tuple(case.units), case.editions, wait, history, results)
    return Engine([lane], case.editions)


def _publish(publications: Iterable[Publication], results: MemoryResults) -> None:
    for one in publications:
        results.publish(one)


def _compare(case: FoldCase, engine: Engine, results: MemoryResults, history: MemoryHistory, known: int) -> None:
    (lane,) = engine.lanes
    if not lane.settled:
        return
    wanted, due = one_pass(case, history.entries, lane.frontier, known)
    require_states(list(lane.folds), wanted, case.units)
    current = [one for unit in case.units for one in results.current(unit, FAR_PAST, FAR_FUTURE)]
    require_records(current, sorted(set(due)))
