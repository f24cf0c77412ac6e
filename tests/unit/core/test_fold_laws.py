"""The law: the result is a function of the set of entries, whatever the cutting, waiting, lateness and restarts.

The ways of feeding are drawn by hypothesis here, which shrinks them; `check_fold` draws its own.
"""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.core.a_line import ROUTING, SCALES, SECOND, make_folds
from twin.core.batch import batch
from twin.core.event import ALARM_ACKNOWLEDGED, CONNECTION_LOST, CONNECTION_UP, Event
from twin.testing import check_fold
from twin.testing.fold_laws import (
    Delivery,
    FoldCase,
    check_cutting,
    check_feeding,
    check_known,
    check_units,
    recorded,
)

BEGIN = 1_700_000_000 * SECOND
CASE = FoldCase(make_folds, ROUTING, (0, 1), BEGIN - SECOND, SCALES)

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


@settings(max_examples=40)
@given(a_log())
def test_a_unit_is_the_same_whatever_units_are_folded_beside_it(log: list[Delivery]) -> None:
    check_units(CASE, recorded(log), BEGIN + 150 * SECOND)


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
    check_feeding(CASE, log, wait, tick, restarts)


@settings(max_examples=40)
@given(a_log(), st.lists(st.integers(0, 900), min_size=2, max_size=8), st.integers(0, 7))
def test_state_as_known_at_any_moment_is_the_fold_of_what_was_known(
    log: list[Delivery], moments: list[int], wait: int
) -> None:
    instants = [BEGIN + moment * SECOND // 3 for moment in moments]
    check_known(CASE, log, wait * SECOND // 2, list(zip(instants[::2], instants[1::2], strict=False)))


@settings(max_examples=100)
@given(a_log(), st.lists(st.integers(0, 420), max_size=25), st.sets(st.integers(0, 25), max_size=4))
def test_any_cutting_and_restoring_gives_the_bytes_of_one_pass(
    log: list[Delivery], cuts: list[int], restores: set[int]
) -> None:
    check_cutting(CASE, recorded(log), [BEGIN + half * SECOND // 2 for half in cuts], restores, BEGIN + 300 * SECOND)


def test_our_folds_pass_the_door_of_a_third_party() -> None:
    def log(seed: int):
        rng = np.random.default_rng(seed)
        times = BEGIN + rng.integers(0, 400, 400) * SECOND // 2
        value = np.where(rng.random(400) < 0.05, math.nan, rng.integers(0, 16, 400))
        yield batch("c0", rng.integers(0, 6, 400), times, value, rng.choice([0, 0, 0, 0x80000000], 400))
        for connection in ("c0", "c1"):
            yield Event(BEGIN + 50 * SECOND, CONNECTION_LOST, connection, {"cause": "cut"})
            yield Event(BEGIN + 70 * SECOND, CONNECTION_UP, connection)

    check_fold(make_folds, lambda seed: list(log(seed)), ROUTING, (0, 1))
