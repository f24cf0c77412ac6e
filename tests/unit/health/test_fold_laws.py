"""The law of folds for health: the same entries give the same bytes, however they are cut, restored, late."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.health.a_plant import BEGIN, ROUTING, SECOND, lived, make_folds, model_event
from twin.core.batch import Batch
from twin.core.event import Event
from twin.core.fold import step_all
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.rows import in_order
from twin.core.scales import Scale, Scales
from twin.core.span import step_of, unit_state
from twin.store.memory import MemoryHistory
from twin.testing import check_fold
from twin.testing.fold_laws import Delivery, FoldCase, check_cutting, check_feeding, check_units, one_pass

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


SCALES = Scales({1: [Scale(FAR_PAST, bad=(99.0,))], 5: [Scale(FAR_PAST, bad=(99.0,))]})
CASE = FoldCase(make_folds, ROUTING, UNITS, BEGIN - SECOND, SCALES)
ENTRIES = whole(3)
EXPECTED = one_pass(CASE, ENTRIES, END, FAR_FUTURE)


def test_the_log_of_these_laws_has_an_alert_that_opens_and_ends():
    [alert] = [record for record in EXPECTED[1] if record.kind == "alert"]
    assert alert.key == "a"
    assert BEGIN + 600 * SECOND < alert.start < alert.end < END


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, MINUTES * 120), max_size=40), st.sets(st.integers(0, 40), max_size=4))
def test_any_cutting_and_restoring_gives_the_bytes_of_one_pass(cuts: list[int], restores: set[int]):
    check_cutting(CASE, ENTRIES, [BEGIN + half * SECOND // 2 for half in cuts], restores, END)


@pytest.mark.parametrize("seed", [1, 2])
def test_lateness_heals_to_the_bytes_of_one_pass(seed: int):
    """Batches of random length, some very late; the model comes long after the time that it counts from."""
    rng = np.random.default_rng(seed)
    arrivals: list[Delivery] = []
    for at, item in ENTRIES:
        if isinstance(item, Event):
            arrivals.append(Delivery(item.time + 400 * SECOND, item))
            continue
        edges = np.unique(rng.integers(1, len(item), 60))
        for first, last in zip([0, *edges], [*edges, len(item)], strict=True):
            late = int(rng.choice([0, 0, 0, 2, 90, 400])) * SECOND
            at_log = int(item.time[last - 1]) + late + int(at % 1000)
            arrivals.append(Delivery(at_log, item.take(slice(int(first), int(last)))))
    check_feeding(CASE, arrivals, SECOND, 5 * SECOND)


def test_a_unit_alone_has_the_bytes_that_it_has_among_others():
    check_units(CASE, ENTRIES, END)


def test_folds_of_health_pass_the_door_of_a_third_party():
    check_fold(make_folds, [item for _, item in ENTRIES], ROUTING, UNITS, seeds=1)


def test_a_unit_in_which_nothing_is_watched_has_folds_without_rows():
    folds = make_folds(())
    step_all(folds, step_of(in_order(MemoryHistory(ENTRIES).read(0, END, END).samples), [], BEGIN, END))
    assert unit_state(folds, 7) == unit_state(make_folds((0, 1)), 7)
