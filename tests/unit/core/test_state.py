"""State: snapshot, restore, fork, take and put are exact, for fixed and ragged tables."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.core.state import State, Table, equal, fork, put, put_all, restore, snapshot, take

UNITS = st.lists(st.integers(0, 3), max_size=8).map(sorted)


@st.composite
def a_state(draw: st.DrawFn) -> State:
    units = np.array(draw(UNITS), dtype=np.int32)
    n = len(units)
    floats = np.array(draw(st.lists(st.floats(), min_size=n, max_size=n)), dtype=np.float64)
    texts = np.empty(n, dtype=object)
    texts[:] = draw(st.lists(st.none() | st.text(max_size=3), min_size=n, max_size=n))
    ragged_units = np.array(draw(UNITS), dtype=np.int32)
    due = np.arange(len(ragged_units), dtype=np.int64)
    return {
        "a": Table(units, value=floats, text=texts, times=np.arange(2 * n).reshape(n, 2)),
        "b": Table(ragged_units, True, due=due),
    }


@given(a_state())
def test_restored_is_equal_and_apart(state: State) -> None:
    again = restore(state, snapshot(state))
    assert equal(again, state)
    if len(again["a"]):
        again["a"].value[0] = 12345.0
        again["a"].times[0, 0] = -1
        assert not equal(again, state)


@given(a_state())
def test_a_fork_may_be_changed(state: State) -> None:
    before, other = snapshot(state), fork(state)
    other["a"].columns["value"][:] = 1.5
    other["b"].replace(np.empty(0, np.int32), due=np.empty(0))
    assert snapshot(state) == before


@given(a_state(), st.integers(0, 3))
def test_what_was_taken_can_be_put_back(state: State, unit: int) -> None:
    before, part = snapshot(state), take(state, unit)
    put(state, unit, part)
    assert snapshot(state) == before


@given(a_state(), st.integers(0, 3))
def test_other_units_do_not_see_a_put(state: State, unit: int) -> None:
    others = {n: snapshot(take(state, n)) for n in range(4) if n != unit}
    part = take(state, unit)
    part["a"].columns["value"][:] = 7.0
    part["b"].replace(np.full(3, unit, np.int32), due=np.arange(3))
    put(state, unit, part)
    assert {n: snapshot(take(state, n)) for n in others} == others
    assert take(state, unit)["b"].due.tolist() == [0, 1, 2]


@given(a_state(), a_state(), st.permutations([0, 1, 2, 3]).map(lambda units: units[:3]))
def test_many_units_at_once_are_put_as_one_by_one(state: State, other: State, units: list[int]) -> None:
    parts = [{"a": take(state, unit)["a"], "b": take(other, unit)["b"]} for unit in units]
    one_by_one = fork(state)
    for unit, part in zip(units, parts, strict=True):
        part["a"].columns["value"][:] = unit + 0.5
        put(one_by_one, unit, part)
    put_all(state, units, parts)
    assert snapshot(state) == snapshot(one_by_one)


def test_every_nan_is_one() -> None:
    odd = np.array([0xFFF8000000000001], dtype=np.uint64).view(np.float64)
    unit = np.zeros(1, np.int32)
    assert snapshot({"a": Table(unit, v=odd)}) == snapshot({"a": Table(unit, v=np.array([np.nan]))})
