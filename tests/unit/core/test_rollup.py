"""Rollups of hours: numbers by hand, and the laws: parts join to the whole, aggregates are those of the rows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.aggregate import aggregates, aggregates_of, joined_pieces, pieces_of_rows
from twin.core.instant import HOUR, MINUTE, SECOND
from twin.core.rollup import ROLLUP, joined, pieces_of, rolled_up, uncut
from twin.core.rows import Samples, in_order
from twin.core.status import BAD, UNCERTAIN, is_bad

NAN = float("nan")
SUMS = ("total", "m2", "area", "sloped")


def samples(rows):
    """(tag, minute, value, status) in the order of the log."""
    columns = list(zip(*rows, strict=True)) or [()] * 4
    tag, minute, value, status = (np.array(column, dtype=kind) for column, kind in zip(columns, "ildI", strict=True))
    time = minute.astype(np.int64) * MINUTE
    return Samples(tag, time, value.astype(np.float64), status.astype(np.uint32), np.arange(len(time), dtype=np.int64))


def by_tag(rows):
    ordered = in_order(rows)
    return ordered.take(ordered.by_tag)


def test_an_hour_by_hand():
    (one,) = rolled_up(by_tag(samples([(3, 5, 2.0, 0), (3, 10, 4.0, UNCERTAIN), (3, 20, 9.0, BAD), (3, 30, 2.0, 0)])))
    assert (one["tag"], one["hour"]) == (3, 0)
    assert [int(one[name]) for name in ("good", "uncertain", "bad", "odd")] == [2, 1, 1, 0]
    assert [int(one[name]) // MINUTE for name in ("first", "last", "least_at", "greatest_at")] == [5, 30, 5, 10]
    assert [float(one[name]) for name in ("least", "greatest", "first_value", "last_value")] == [2, 4, 2, 2]
    assert float(one["total"]) == 8
    assert float(one["m2"]) == pytest.approx(8 / 3)
    assert float(one["area"]) == (2 * 5 + 4 * 10) * 60  # the bad row holds nothing
    assert float(one["sloped"]) == 3 * 5 * 60  # no line ends at it
    assert int(one["held"]) == 15 * MINUTE


def test_an_hour_without_a_value():
    (one,) = rolled_up(by_tag(samples([(0, 1, 1.0, BAD), (0, 2, NAN, 0)])))
    assert [int(one[name]) for name in ("good", "bad", "odd", "held")] == [0, 1, 1, 0]
    assert np.isnan([float(one[name]) for name in ("least", "greatest", "first_value", "last_value")]).all()


VALUES = st.sampled_from([NAN, float("inf"), -0.0, 0.1, 1.5, 1e9 + 0.3, -7.25])
STATUSES = st.sampled_from([0, 0, 0, UNCERTAIN, BAD])
ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 299), VALUES, STATUSES), max_size=80)
"""Five hours of three tags at most, with repeats of one (tag, time)."""


def are_equal(mine, theirs):
    for name in ROLLUP.names:
        if name in SUMS:
            assert mine[name].tolist() == pytest.approx(theirs[name].tolist(), rel=1e-12, abs=1e-3, nan_ok=True), name
        else:
            np.testing.assert_array_equal(mine[name], theirs[name], name)


@given(ROWS, st.lists(st.integers(0, 300), max_size=4))
def test_the_rollups_of_parts_join_to_that_of_the_whole(rows, cuts):
    ordered = by_tag(samples(rows))
    edges = [0, *sorted(cuts), 300]
    parts = [
        rolled_up(ordered.take((ordered.time >= a * MINUTE) & (ordered.time < b * MINUTE))) for a, b in pairwise(edges)
    ]
    whole = rolled_up(ordered)
    found = joined(parts[::-1])
    assert found.whole.all()
    are_equal(found.rollups, whole)


def test_parts_that_lie_between_each_other_are_told():
    rows = [(0, minute, 1.0, 0) for minute in (1, 3, 5)]
    found = joined([rolled_up(by_tag(samples(rows[::2]))), rolled_up(by_tag(samples(rows[1:2])))])
    assert found.whole.tolist() == [False]


@given(
    ROWS,
    st.lists(st.integers(0, 300), min_size=2, max_size=7, unique=True).map(sorted),
    st.lists(st.lists(st.tuples(st.integers(-20, 320), st.integers(1, 90)), max_size=2), min_size=3, max_size=3),
    st.lists(VALUES.filter(np.isfinite) | st.just(NAN), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=15, max_size=15),
    st.sampled_from([(1.0, 0.0), (-2.5, 3.0)]),
)
def test_aggregates_of_rollups_and_rows_are_those_of_all_rows(rows, edges, gaps, held, rolled, scale):
    edges = np.array(edges, dtype=np.int64) * MINUTE
    holes = [[(start * MINUTE + 1, (start + length) * MINUTE) for start, length in own] for own in gaps]
    ordered = by_tag(samples(rows))
    inside = (ordered.time >= edges[0]) & (ordered.time < edges[-1])
    found = rolled_up(ordered)
    wanted = np.array(rolled)[found["tag"] * 5 + found["hour"] // HOUR]
    found = found[wanted & uncut(found, found["tag"].astype(np.intp), edges, holes)]
    series = found["tag"].astype(np.intp)
    served = np.isin(ordered.tag * 5 + ordered.time // HOUR, found["tag"] * 5 + found["hour"] // HOUR)
    raw = ordered.take(inside & ~served)
    factor, offset = scale
    usable = np.isfinite(raw.value) & ~is_bad(raw.status)
    factors = np.full(len(found), factor), np.full(len(found), offset)
    pieces = joined_pieces(
        [
            pieces_of(found, series, *factors),
            pieces_of_rows(raw.tag.astype(np.intp), raw.time, raw.value * factor + offset, usable),
        ]
    )
    mine = aggregates_of(pieces, edges, np.array(held), holes)
    for tag in range(3):
        own = ordered.take(inside & (ordered.tag == tag))
        usable = np.isfinite(own.value) & ~is_bad(own.status)
        theirs = aggregates(own.time, own.value * factor + offset, usable, edges, held[tag], holes[tag])
        for name in theirs.__slots__:
            if name in ("mean", "twa"):
                assert getattr(mine[tag], name).tolist() == pytest.approx(
                    getattr(theirs, name).tolist(), rel=1e-12, abs=1e-3, nan_ok=True
                )
            else:
                np.testing.assert_array_equal(getattr(mine[tag], name), getattr(theirs, name), name)


def test_seconds_and_values_keep_their_twelve_digits():
    random = np.random.default_rng(5)
    time = np.cumsum(random.integers(1, 2 * SECOND, 50_000))
    value = 230.0 + random.normal(0, 1, len(time))
    zero = np.zeros(len(time), np.int32)
    rows = Samples(zero, time, value, zero.astype(np.uint32), time)
    edges = np.array([0, 3, 8, 20], dtype=np.int64) * HOUR
    whole = aggregates(time, value, np.ones(len(time), np.bool_), edges, NAN, [])
    rollups = rolled_up(rows)
    one = np.ones(len(rollups))
    (found,) = aggregates_of(
        pieces_of(rollups, np.zeros(len(rollups), np.intp), one, 0 * one), edges, np.full(1, NAN), [[]]
    )
    for name in ("mean", "twa", "covered_s"):
        np.testing.assert_allclose(getattr(found, name), getattr(whole, name), rtol=1e-12)
