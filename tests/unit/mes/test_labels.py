"""Labels of stops that move: which stop each is about, by drawn stops."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from twin.core.event import STOP_LABELLED, Event
from twin.mes.labels import Label, label_of, place_of, placed


@st.composite
def stretches(draw: st.DrawFn) -> list[tuple[int, int | None]]:
    edges = sorted(draw(st.sets(st.integers(0, 60), max_size=12)))
    found: list[tuple[int, int | None]] = [pair for n, pair in enumerate(pairwise(edges)) if n % 2 == 0]
    if found and draw(st.booleans()):
        found[-1] = (found[-1][0], None)
    return found


spans = st.tuples(st.integers(0, 60), st.integers(1, 30))


def a_label(start: int, length: int | None, recorded: int) -> Label:
    end = None if length is None else start + length
    return Label("m", start, end, "jam", "", "ann", "operate", start + 100, recorded)


@given(stretches(), spans)
def test_a_label_is_of_the_stop_that_covers_its_start_else_of_the_nearest_kin(found, span):
    start, until = span[0], sum(span)
    place = place_of(start, until, found)
    ends = [(first, 10**6 if last is None else last) for first, last in found]
    covering = [n for n, (first, last) in enumerate(ends) if first <= start < last]
    shared = [min(until, last) - max(start, first) for first, last in ends]
    if covering:
        assert place == covering[0]
    elif place < 0:
        assert all(one <= 0 for one in shared)
    else:
        assert shared[place] == max(shared) > 0


@given(stretches(), st.lists(spans, max_size=6))
def test_no_label_is_lost_and_the_last_said_stands_first(found, spans):
    labels = [a_label(start, length, recorded) for recorded, (start, length) in enumerate(spans)]
    by_stop = placed(labels, found)
    assert sorted(one.recorded for own in by_stop.values() for one in own) == list(range(len(labels)))
    for own in by_stop.values():
        assert own == sorted(own, key=lambda one: (one.said, one.recorded), reverse=True)


def test_an_open_stop_reaches_to_the_instant_at_which_it_was_labelled():
    assert a_label(10, None, 1).until == 110
    body = {"from": 5, "to": None, "id": "m@x", "reason": "jam", "text": "belt", "role": "operate"}
    assert label_of(7, Event(9, STOP_LABELLED, "m", body, "ann")) == Label(
        "m", 5, None, "jam", "belt", "ann", "operate", 9, 7
    )
