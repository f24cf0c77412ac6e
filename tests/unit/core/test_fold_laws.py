"""The law: the result is a function of the set of entries, whatever the cutting, waiting, lateness and restarts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.core.a_line import ROUTING, SECOND, make_folds
from twin.core.batch import Batch, batch
from twin.core.engine import Engine
from twin.core.event import ALARM_ACKNOWLEDGED, CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.fold import Fold, Record, step_all
from twin.core.history import Snapshot
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.lane import Lane
from twin.core.rows import in_order
from twin.core.span import in_event_order, of_units, restore_unit, step_of, unit_state
from twin.store.memory import MemoryHistory, MemoryResults

BEGIN = 1_700_000_000 * SECOND
UNITS = (0, 1)


@dataclass(frozen=True)
class Delivery:
    """An entry and the instant at which it reaches the log."""

    at: int
    item: Batch | Event


TIMES = st.integers(0, 400).map(lambda half: BEGIN + half * SECOND // 2)
DELAYS = st.sampled_from([0, 0, 0, 0, SECOND // 4, SECOND, 3 * SECOND, 70 * SECOND, 130 * SECOND])
SAMPLES = st.tuples(
    st.integers(0, 5), TIMES, st.integers(0, 15).map(float) | st.just(math.nan), st.sampled_from([0, 0, 0, 0x80000000])
)

NAMES = st.sampled_from(["high", "low", "stale"])


@st.composite
def a_log(draw: st.DrawFn) -> list[Delivery]:
    """Batches and events with delays, re-deliveries and changed repeats, in the order of their arrival."""
    found: list[Delivery] = []
    for rows in draw(st.lists(st.lists(SAMPLES, min_size=1, max_size=6), min_size=1, max_size=40)):
        item = batch("c0", *[list(column) for column in zip(*rows, strict=True)])
        at = int(item.time.max()) + draw(DELAYS)
        found.append(Delivery(at, item))
        if draw(st.integers(0, 9)) == 0:
            found.append(Delivery(at + draw(DELAYS), item))
    for time, connection, up in draw(
        st.lists(st.tuples(TIMES, st.sampled_from(["c0", "c1"]), st.booleans()), max_size=6)
    ):
        event = Event(time, CONNECTION_UP if up else CONNECTION_LOST, connection, {"cause": "cut"})
        found.append(Delivery(time + draw(DELAYS), event))
    for time, tag, name in draw(st.lists(st.tuples(TIMES, st.sampled_from(["t1", "t2", "t4"]), NAMES), max_size=4)):
        event = Event(time, ALARM_ACKNOWLEDGED, tag, {"id": f"{tag}~{name}@shown", "note": "seen"}, f"p{len(found)}")
        found.append(Delivery(time + draw(DELAYS), event))
    return sorted(found, key=lambda delivery: delivery.at)


def recorded(log: list[Delivery]) -> list[tuple[int, Batch | Event]]:
    """The log with its strictly increasing `recorded`."""
    entries: list[tuple[int, Batch | Event]] = []
    last = 0
    for delivery in log:
        last = max(delivery.at, last + 1)
        entries.append((last, delivery.item))
    return entries


def one_pass(entries: list[tuple[int, Batch | Event]], frontier: int, known: int) -> tuple[list[bytes], set[Record]]:
    """result(frontier, known) by one step over everything."""
    folds = make_folds(UNITS)
    piece = of_units(MemoryHistory(entries).read(FAR_PAST, frontier, known), ROUTING, UNITS)
    step = step_of(in_order(piece.samples), in_event_order(piece.events), BEGIN - SECOND, frontier)
    records = set(step_all(folds, step))
    return states(folds), records


@settings(max_examples=40)
@given(a_log())
def test_a_unit_is_the_same_whatever_units_are_folded_beside_it(log: list[Delivery]) -> None:
    """`twin verify` folds units one by one, a lane folds them together."""
    entries = recorded(log)
    together, records = one_pass(entries, BEGIN + 150 * SECOND, FAR_FUTURE)
    for unit, state in zip(UNITS, together, strict=True):
        folds = make_folds((unit,))
        piece = of_units(MemoryHistory(entries).read(FAR_PAST, BEGIN + 150 * SECOND, FAR_FUTURE), ROUTING, (unit,))
        step = step_of(in_order(piece.samples), in_event_order(piece.events), BEGIN - SECOND, BEGIN + 150 * SECOND)
        alone = {record for record in step_all(folds, step) if record.unit == unit}
        assert alone == {record for record in records if record.unit == unit}
        assert unit_state(folds, unit) == state


def states(folds: list[Fold]) -> list[bytes]:
    return [unit_state(folds, unit) for unit in UNITS]


def new_engine(history: MemoryHistory, results: MemoryResults, wait: int) -> Engine:
    return Engine([Lane(UNITS, lambda: make_folds(UNITS), wait, ROUTING, history, results)], ROUTING)


@settings(max_examples=80)
@given(
    a_log(),
    st.sampled_from([0, SECOND // 5, SECOND, 5 * SECOND]),
    st.integers(1, 9).map(lambda tenths: tenths * SECOND // 2),
    st.sets(st.integers(0, 200), max_size=3),
)
def test_result_does_not_depend_on_how_the_log_was_fed(
    log: list[Delivery], wait: int, tick: int, restarts: set[int]
) -> None:
    history, results = MemoryHistory(), MemoryResults()
    engine = new_engine(history, results, wait)
    for publication in engine.resume(BEGIN - SECOND, 0):
        results.publish(publication)
    waiting = recorded(log)
    now, known, ticks = BEGIN - SECOND, 0, 0
    end = max(at for at, _ in waiting) + 10 * SECOND
    while now < end:
        now += tick
        arrived = [entry for entry in waiting if entry[0] <= now]
        waiting = waiting[len(arrived) :]
        for entry in arrived:
            history.append(*entry)
            known = entry[0]
        if ticks in restarts:
            engine = new_engine(history, results, wait)
            publications = engine.resume(now, known)
        else:
            engine.accept(arrived)
            publications = engine.tick(now, known)
        ticks += 1
        for publication in publications:
            results.publish(publication)
        if ticks % 23 == 0 or now >= end:
            check_against_one_pass(engine, results, history, known)


def check_against_one_pass(engine: Engine, results: MemoryResults, history: MemoryHistory, known: int) -> None:
    (lane,) = engine.lanes
    if not lane.settled:
        return
    state, records = one_pass(history.entries, lane.frontier, known)
    assert states(list(lane.folds)) == state
    assert {r for unit in UNITS for r in results.current(unit, FAR_PAST, FAR_FUTURE)} == records


@settings(max_examples=40)
@given(a_log(), st.lists(st.integers(0, 900), min_size=2, max_size=8), st.integers(0, 7))
def test_state_as_known_at_any_moment_is_the_fold_of_what_was_known(
    log: list[Delivery], moments: list[int], wait: int
) -> None:
    history, results = MemoryHistory(), MemoryResults()
    engine = new_engine(history, results, wait * SECOND // 2)
    for publication in engine.resume(BEGIN - SECOND, 0):
        results.publish(publication)
    known = 0
    for at, item in recorded(log):
        history.append(at, item)
        known = at
        engine.accept([(at, item)])
        for publication in engine.tick(at, known):
            results.publish(publication)
    for publication in engine.tick(known + 10 * SECOND, known):
        results.publish(publication)
    for time, as_known in zip(moments[::2], moments[1::2], strict=False):
        asked, seen = BEGIN + time * SECOND // 3, BEGIN + as_known * SECOND // 3
        (view,) = engine.at(asked, seen)
        assert states(list(view.folds)) == one_pass(history.entries, asked, seen)[0]


@settings(max_examples=100)
@given(a_log(), st.lists(st.integers(0, 420), max_size=25), st.sets(st.integers(0, 25), max_size=4))
def test_any_cutting_and_restoring_gives_the_bytes_of_one_pass(
    log: list[Delivery], cuts: list[int], restores: set[int]
) -> None:
    entries = recorded(log)
    frontier, known = BEGIN + 300 * SECOND, entries[-1][0]
    piece = of_units(MemoryHistory(entries).read(FAR_PAST, frontier, known), ROUTING, UNITS)
    rows, events = in_order(piece.samples), in_event_order(piece.events)
    folds, records, at = make_folds(UNITS), [], BEGIN - SECOND
    ends = sorted({BEGIN + half * SECOND // 2 for half in cuts} | {frontier})
    for number, end in enumerate(ends):
        records += step_all(folds, step_of(rows, events, at, end))
        at = end
        if number in restores:
            saved = [Snapshot(unit, end, known, body) for unit, body in zip(UNITS, states(folds), strict=True)]
            folds = make_folds(UNITS)
            for snapshot in saved:
                restore_unit(folds, snapshot)
    state, expected = one_pass(entries, frontier, known)
    assert states(folds) == state
    assert set(records) == expected
    assert len(records) == len(expected)


def test_a_unit_alone_gives_the_bytes_of_that_unit_among_others() -> None:
    rng = np.random.default_rng(5)
    item = batch("c0", rng.integers(0, 6, 400), BEGIN + np.arange(400) * SECOND // 3, rng.integers(0, 16, 400))
    entries: list[tuple[int, Batch | Event]] = [(BEGIN + 200 * SECOND, item)]
    together = one_pass(entries, BEGIN + 150 * SECOND, FAR_FUTURE)[0]
    piece = of_units(MemoryHistory(entries).read(FAR_PAST, BEGIN + 150 * SECOND, FAR_FUTURE), ROUTING, (1,))
    alone = make_folds(UNITS)
    step_all(alone, step_of(in_order(piece.samples), [], BEGIN - SECOND, BEGIN + 150 * SECOND))
    assert unit_state(alone, 1) == together[1]
