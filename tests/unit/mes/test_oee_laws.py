"""What holds for any states, counts, calendars and periods (ISO 22400: the invariants of its elements)."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.mes.a_machine import COLA, States, at, calendar, observed, plan, state_time
from twin.core.instant import MINUTE
from twin.mes.buckets import BUCKET_OF, BUCKETS
from twin.mes.elements import Times
from twin.mes.explain import explain_machine
from twin.mes.oee import machine_results
from twin.mes.plan import Making, makings
from twin.model.plant import Product

LEMON = Product("lemon", 18, {"m": 7_000_000_001})
CALENDARS = (
    calendar("00:00-24:00"),
    calendar("06:00-14:00", "14:00-22:00", "22:00-06:00", breaks=["10:07-10:30", "23:50-00:10"]),
    calendar("Mon,Thu 08:15-16:45", "Fri 00:00-12:00", zone="Asia/Kathmandu"),
    calendar("13:00-12:00", breaks=["00:00-24:00"]),
)


@st.composite
def lives(draw: st.DrawFn) -> States:
    """States one after the other over a day and a half, with gaps."""
    at_, found = 0, []
    for state, long, gap in draw(
        st.lists(
            st.tuples(st.sampled_from([*BUCKET_OF, "unknown"]), st.integers(1, 400), st.sampled_from([0, 0, 0, 0, 13])),
            max_size=25,
        )
    ):
        found.append((at_ / 2, (at_ + long) / 2, state))
        at_ += long + gap
    return found


COUNTS = st.dictionaries(st.integers(0, 2000), st.tuples(st.integers(0, 90), st.integers(0, 100)), max_size=40)
"""Minute -> pieces, and how many of a hundred of them are bad."""
EDGES = st.lists(st.integers(0, 2160), min_size=2, max_size=7, unique=True).map(sorted)
MADE = st.lists(
    st.tuples(st.integers(0, 2160), st.sampled_from([COLA, LEMON])), max_size=4, unique_by=lambda one: one[0]
)


def made_of(changes: list[tuple[int, Product]]) -> list[Making]:
    ordered = [(-(10**6), COLA), *sorted(changes, key=lambda one: one[0]), (10**6, COLA)]
    return makings([Making(at(a), at(b), product) for (a, product), (b, _) in pairwise(ordered)])


@given(lives(), COUNTS, EDGES, st.sampled_from(CALENDARS), MADE, st.sampled_from([0, MINUTE, 5 * MINUTE]))
def test_elements_add_up_and_any_cutting_sums_to_the_whole(states, counts, edges, of, changes, micro) -> None:
    counted = {
        "total": {minute: pieces for minute, (pieces, _) in counts.items()},
        "reject": {minute: pieces * bad // 100 for minute, (pieces, bad) in counts.items()},
    }
    one, made = observed(states, counted, micro), made_of(changes)
    parts = machine_results(plan(of, *pairwise(edges), made=made), one)
    (whole,) = machine_results(plan(of, (edges[0], edges[-1]), made=made), one)
    assert reduce(add, (part.times for part in parts)) == whole.times
    assert reduce(add, (part.pieces for part in parts)) == whole.pieces
    for result in (*parts, whole):
        t, p, f = result.times, result.pieces, result.figures
        assert t.pbt == (t.pot or 0) - (t.pdot or 0)
        assert t.pbt == sum(getattr(t, name) for name in BUCKETS)
        assert min(getattr(t, name) for name in (*BUCKETS, "pot", "pdot", "pbt", "micro")) >= 0
        assert (t.micro or 0) <= (t.apt or 0)
        assert p.produced == (p.good or 0) + (p.reject or 0)
        if f.oee is not None and f.nee is not None and f.teep is not None:
            assert f.nee >= f.oee >= f.teep
        if None not in (f.availability, f.effectiveness, f.quality):
            assert abs(f.availability * f.effectiveness * f.quality - f.oee) < 1e-12 * max(1, f.oee)


@given(lives(), EDGES, st.sampled_from(CALENDARS), st.sampled_from([0, MINUTE, 5 * MINUTE]))
def test_parts_of_an_opened_figure_are_the_sums(states, edges, of, micro) -> None:
    one, asked = observed(states, {}, micro), plan(of, *pairwise(edges))
    for result in machine_results(asked, one):
        opened = explain_machine(asked, result.number, one)
        for parts in (opened.calendar, opened.states, opened.products):
            assert parts[0].start == result.period.start
            assert parts[-1].end == result.period.end
            assert all(a.end == b.start for a, b in pairwise(parts))
        for name in BUCKETS:
            spent = sum(part.end - part.start for part in opened.states if part.bucket == name)
            assert spent == getattr(result.times, name)
        assert sum(part.end - part.start for part in opened.states if part.is_micro) == result.times.micro


@given(lives(), EDGES, st.integers(0, 200))
def test_time_in_states_is_that_of_a_loop(states: States, edges: list[int], threshold: int) -> None:
    first, last = np.array([at(a) for a in edges[:-1]]), np.array([at(b) for b in edges[1:]])
    found = state_time(states, threshold * MINUTE // 2).time_in(first, last)
    for row, (a, b) in enumerate(pairwise(edges)):
        spent = dict.fromkeys((*BUCKETS, "micro"), 0.0)
        for start, end, bucket, micro in looped(states, threshold / 2):
            inside = max(0.0, min(end, b) - max(start, a))
            spent["apt" if micro else bucket] += inside
            spent["micro"] += inside if micro else 0
        spent["unknown"] += b - a - sum(spent[name] for name in BUCKETS)
        assert {name: spent[name] * MINUTE for name in spent} == {name: column[row] for name, column in found.items()}


def looped(states: States, threshold: float) -> list[tuple[float, float, str, bool]]:
    """(from, to, element, micro) of each state, its stop found by looking at its neighbours."""
    elements = [BUCKET_OF.get(state, "unknown") for _, _, state in states]
    found = []
    for place, (start, end, _) in enumerate(states):
        first = last = place
        while first and elements[first - 1] == "adet" and states[first - 1][1] == states[first][0]:
            first -= 1
        while last + 1 < len(states) and elements[last + 1] == "adet" and states[last + 1][0] == states[last][1]:
            last += 1
        whole = states[last][1] - states[first][0]
        found.append((start, end, elements[place], elements[place] == "adet" and whole < threshold))
    return found


def test_of_an_instant_told_twice_the_first_counts() -> None:
    found = state_time([(0, 10, "running"), (0, 10, "running"), (5, 20, "down")], 0)
    spent = found.time_in(np.array([at(0)]), np.array([at(20)]))
    assert (spent["apt"][0], spent["adet"][0], spent["unknown"][0]) == (10 * MINUTE, 10 * MINUTE, 0)


def test_what_one_side_does_not_know_the_sum_does_not_know() -> None:
    assert Times(1, 1, 0, 1) + Times(2, 2, 0, 2, 2) == Times(3, 3, 0, 3)
