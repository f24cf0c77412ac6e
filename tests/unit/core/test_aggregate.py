"""Aggregates by interval: numbers by hand, and one law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.aggregate import aggregates
from twin.core.instant import SECOND

EDGES = np.array([0, 10, 20, 30], dtype=np.int64) * SECOND
NAN = float("nan")


def of(rows, held=NAN, gaps=()):
    time = np.array([at for at, _ in rows], dtype=np.int64) * SECOND
    value = np.array([v for _, v in rows], dtype=np.float64)
    spans = [(start * SECOND, end * SECOND) for start, end in gaps]
    return aggregates(time, value, ~np.isnan(value), EDGES, held, spans)


def test_rows_fall_into_the_interval_they_lie_in():
    found = of([(0, 1.0), (9, 3.0), (10, 5.0), (29, NAN)])
    assert found.count.tolist() == [2, 1, 0]
    assert found.left_out.tolist() == [0, 0, 1]
    assert found.mean.tolist() == pytest.approx([2, 5, NAN], nan_ok=True)
    assert found.min.tolist() == pytest.approx([1, 5, NAN], nan_ok=True)
    assert found.max.tolist() == pytest.approx([3, 5, NAN], nan_ok=True)
    assert found.first.tolist() == pytest.approx([1, 5, NAN], nan_ok=True)
    assert found.last.tolist() == pytest.approx([3, 5, NAN], nan_ok=True)


def test_a_value_holds_until_the_next_row_and_a_bad_row_holds_nothing():
    found = of([(5, 1.0), (10, 3.0), (12, NAN), (25, 2.0)], held=7.0)
    assert found.twa.tolist() == [4, 3, 2]
    assert found.covered_s.tolist() == [10, 2, 5]


def test_a_value_holds_over_whole_intervals():
    found = of([(2, 6.0)])
    assert found.twa.tolist() == [6, 6, 6]
    assert found.covered_s.tolist() == [8, 10, 10]


def test_in_a_gap_nothing_holds_nor_after_it_until_the_next_row():
    found = of([(7, 5.0), (22, 8.0)], held=7.0, gaps=[(5, 12), (15, 18)])
    assert found.count.tolist() == [1, 0, 1]
    assert found.twa.tolist() == pytest.approx([7, NAN, 8], nan_ok=True)
    assert found.covered_s.tolist() == [5, 0, 8]
    assert np.isnan(of([], held=7.0, gaps=[(-5, 1)]).twa).all()


@given(st.dictionaries(st.integers(0, 29), st.integers(-5, 5) | st.just(NAN), max_size=12), st.integers(-5, 5))
def test_the_weighted_mean_is_that_of_seconds(rows, held):
    found = of(sorted(rows.items()), float(held))
    now, by_second = float(held), []
    for second in range(30):
        now = rows.get(second, now)
        by_second.append(now)
    for number, twa in enumerate(found.twa.tolist()):
        seconds = [value for value in by_second[10 * number : 10 * number + 10] if value == value]
        assert found.covered_s[number] == len(seconds)
        assert twa == pytest.approx(sum(seconds) / len(seconds) if seconds else NAN, nan_ok=True)
