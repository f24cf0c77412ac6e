"""A difference leads from one set of records to the other, whatever they are."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from twin.core.fold import Record
from twin.runtime.difference import compared

CUTS = st.lists(st.integers(0, 30), max_size=10, unique=True).map(sorted)


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    """States of two machines that follow each other."""
    found: list[Record] = []
    for key in ("a", "b"):
        cuts = draw(CUTS)
        for start, end in pairwise(cuts):
            state = draw(st.sampled_from(["running", "down", None]))
            if state is not None:
                found.append(Record(draw(st.integers(0, 1)), "state", key, start, end, (("state", state),)))
    return found


def bare(some: list[Record]) -> list[tuple[object, ...]]:
    return sorted((one.key, one.start, one.end, one.data) for one in some)


@given(records(), records())
def test_a_difference_leads_from_one_to_the_other(before, after):
    found = compared(before, after)
    pairs = [*found.moved, *found.changed]
    gone = bare([*found.removed, *(one for one, _ in pairs)])
    come = bare([*found.added, *(other for _, other in pairs)])
    left = bare(before)
    for one in gone:
        left.remove(one)
    assert sorted([*left, *come]) == bare(after)
    for one, other in found.moved:
        assert one.start < other.end
        assert other.start < one.end
        assert (one.start, one.end) != (other.start, other.end)
        assert one.data == other.data


@given(records())
def test_equal_sets_differ_in_nothing(some):
    assert compared(some, list(reversed(some))).is_empty


def test_other_data_over_the_same_time_is_a_change():
    one, other = (Record(0, "count", "m/total", 0, 60, (("pieces", n),)) for n in (3, 4))
    assert compared([one], [other]).changed == [(one, other)]
