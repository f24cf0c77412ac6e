"""The law of folds for health: the same entries give the same bytes, however they are cut, restored, late."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.health.a_plant import BEGIN, ROUTING, SECOND, lived, make_folds, model_event
from twin.core.batch import Batch
from twin.core.engine import Engine
from twin.core.event import Event
from twin.core.fold import Fold, Record, step_all
from twin.core.history import Snapshot
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.lane import Lane
from twin.core.rows import in_order
from twin.core.span import in_event_order, of_units, restore_unit, step_of, unit_state
from twin.store.memory import MemoryHistory, MemoryResults

UNITS = (0, 1)
MINUTES = 40
END = BEGIN + MINUTES * 60 * SECOND
LEARNT_AT = BEGIN + 300 * SECOND


def whole(seed: int) -> list[tuple[int, Batch | Event]]:
    """Two machines, one worn from the 600th second on and mended before the end, and the models of both."""
    worn, calm = lived(seed, MINUTES, 600, 0.05), lived(seed + 1, MINUTES, unit=1)
    mended = (worn.tag == 2) & (worn.time > BEGIN + 1500 * SECOND) & (worn.value > 0.3)
    worn.value[mended] = 1.4 + 0.05 * np.sin(np.arange(mended.sum()))
    return [
        (END, worn),
        (END + 1, calm),
        (END + 2, model_event(LEARNT_AT)),
        (END + 3, model_event(LEARNT_AT + 5 * SECOND, "b")),
    ]


def states(folds: list[Fold]) -> list[bytes]:
    return [unit_state(folds, unit) for unit in UNITS]


def one_pass(entries: list[tuple[int, Batch | Event]], frontier: int) -> tuple[list[bytes], set[Record]]:
    """result(frontier, all that is known) by one step over everything."""
    folds = make_folds(UNITS)
    piece = of_units(MemoryHistory(entries).read(FAR_PAST, frontier, FAR_FUTURE), ROUTING, UNITS)
    step = step_of(in_order(piece.samples), in_event_order(piece.events), BEGIN - SECOND, frontier)
    records = set(step_all(folds, step))
    return states(folds), records


ENTRIES = whole(3)
EXPECTED = one_pass(ENTRIES, END)


def test_the_log_of_these_laws_has_an_alert_that_opens_and_ends():
    [alert] = [record for record in EXPECTED[1] if record.kind == "alert"]
    assert alert.key == "a"
    assert BEGIN + 600 * SECOND < alert.start < alert.end < END


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, MINUTES * 120), max_size=40), st.sets(st.integers(0, 40), max_size=4))
def test_any_cutting_and_restoring_gives_the_bytes_of_one_pass(cuts: list[int], restores: set[int]):
    piece = of_units(MemoryHistory(ENTRIES).read(FAR_PAST, END, FAR_FUTURE), ROUTING, UNITS)
    rows, events = in_order(piece.samples), in_event_order(piece.events)
    folds, records, at = make_folds(UNITS), [], BEGIN - SECOND
    for number, end in enumerate(sorted({BEGIN + half * SECOND // 2 for half in cuts} | {END})):
        records += step_all(folds, step_of(rows, events, at, end))
        at = end
        if number in restores:
            saved = [Snapshot(unit, end, 0, body) for unit, body in zip(UNITS, states(folds), strict=True)]
            folds = make_folds(UNITS)
            for snapshot in saved:
                restore_unit(folds, snapshot)
    assert states(folds) == EXPECTED[0]
    assert set(records) == EXPECTED[1]
    assert len(records) == len(EXPECTED[1])


@pytest.mark.parametrize("seed", [1, 2])
def test_lateness_heals_to_the_bytes_of_one_pass(seed: int):
    """Batches of random length, some very late; the model comes long after the time that it counts from."""
    rng = np.random.default_rng(seed)
    arrivals: list[tuple[int, Batch | Event]] = []
    for at, item in ENTRIES:
        if isinstance(item, Event):
            arrivals.append((item.time + 400 * SECOND, item))
            continue
        edges = np.unique(rng.integers(1, len(item), 60))
        for first, last in zip([0, *edges], [*edges, len(item)], strict=True):
            late = int(rng.choice([0, 0, 0, 2, 90, 400])) * SECOND
            arrivals.append((int(item.time[last - 1]) + late + int(at % 1000), item.take(slice(int(first), int(last)))))
    history, results = MemoryHistory(), MemoryResults()
    lane = Lane(UNITS, lambda: make_folds(UNITS), SECOND, ROUTING, history, results)
    engine = Engine([lane], ROUTING)
    for publication in engine.resume(BEGIN - SECOND, 0):
        results.publish(publication)
    known = 0
    for at, item in sorted(arrivals, key=lambda arrival: arrival[0]):
        known = max(at, known + 1)
        history.append(known, item)
        engine.accept([(known, item)])
        for publication in engine.tick(known, known):
            results.publish(publication)
    for later in range(1, 5):
        for publication in engine.tick(known + later * 10 * SECOND, known):
            results.publish(publication)
    state, records = one_pass(history.entries, lane.frontier)
    assert states(list(lane.folds)) == state
    assert {record for unit in UNITS for record in results.current(unit, FAR_PAST, FAR_FUTURE)} == records


def test_a_unit_alone_has_the_bytes_that_it_has_among_others():
    folds = make_folds((1,))
    piece = of_units(MemoryHistory(ENTRIES).read(FAR_PAST, END, FAR_FUTURE), ROUTING, (1,))
    step_all(folds, step_of(in_order(piece.samples), in_event_order(piece.events), BEGIN - SECOND, END))
    assert unit_state(folds, 1) == EXPECTED[0][1]


def test_a_unit_in_which_nothing_is_watched_has_folds_without_rows():
    folds = make_folds(())
    step_all(folds, step_of(in_order(MemoryHistory(ENTRIES).read(0, END, END).samples), [], BEGIN, END))
    assert unit_state(folds, 7) == unit_state(make_folds((0, 1)), 7)
