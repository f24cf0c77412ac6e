"""Thinning: numbers by hand, and the stated error as a law, reckoned in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from twin.core.instant import MINUTE, SECOND
from twin.core.status import BAD, UNCERTAIN
from twin.core.thinning import Thinning, kept


def stays(rows, how, status=None, text=None):
    time = np.array([at for at, _ in rows], np.int64) * SECOND
    value = np.array([v for _, v in rows], np.float64)
    status = np.array(status if status is not None else [0] * len(rows), np.uint32)
    return np.flatnonzero(kept(time, value, status, text, how)).tolist()


def test_equal_values_leave_the_first_and_the_last():
    rows = [(at, 5.0) for at in range(10)]
    assert stays(rows, Thinning(stepped=False)) == [0, 9]
    assert stays(rows, Thinning(stepped=True)) == [0, 9]


def test_the_row_before_a_break_stays_of_a_sloped_tag_only():
    rows = [(0, 5.0), (1, 5.1), (2, 5.0), (3, 9.0), (4, 9.0), (5, 9.1)]
    assert stays(rows, Thinning(exception=0.1001, stepped=False)) == [0, 2, 3, 5]
    assert stays(rows, Thinning(exception=0.1001)) == [0, 3, 5]


def test_rows_on_a_line_leave_its_ends():
    rows = [(at, 2.0 * at) for at in range(50)] + [(50 + at, 100.0 - at) for at in range(50)]
    assert stays(rows, Thinning(deviation=0.1, stepped=False)) == [0, 50, 99]
    assert stays(rows, Thinning(deviation=0.0, stepped=False)) == list(range(100))


def test_what_is_not_plainly_good_stays_with_its_neighbours():
    rows = [(at, 5.0) for at in range(9)]
    assert stays(rows, Thinning(), [0, 0, 0, 0, BAD, 0, 0, 0, 0]) == [0, 3, 4, 5, 8]
    assert stays(rows, Thinning(), [0, 0, 0, 0, UNCERTAIN, 0, 0, 0, 0]) == [0, 3, 4, 5, 8]
    text = np.array([False] * 4 + [True] + [False] * 4)
    assert stays(rows, Thinning(), text=text) == [0, 3, 4, 5, 8]
    assert stays([*rows[:4], (4, np.nan), *rows[5:]], Thinning()) == [0, 3, 4, 5, 8]


def test_the_longest_time_between_two_rows():
    rows = [(at, 5.0) for at in range(0, 601, 10)]
    for stepped in (True, False):
        found = np.array(stays(rows, Thinning(deviation=1, exception=1, longest=MINUTE, stepped=stepped)))
        assert (np.diff(found) <= 6).all()
        assert len(found) <= 21


walks = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.one_of(st.integers(-3, 3).map(float), st.floats(-1, 1, width=32), st.just(0.0)),
        st.sampled_from([0] * 30 + [BAD, UNCERTAIN, 0x480]),
    ),
    min_size=1,
    max_size=80,
)
hows = st.builds(
    Thinning,
    exception=st.sampled_from([0.0, 0.05, 0.5, 2.0]),
    deviation=st.sampled_from([0.0, 0.1, 1.0, 3.0]),
    longest=st.sampled_from([0, 30 * SECOND, 200 * SECOND]),
    stepped=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(walk=walks, how=hows)
@example(walk=[(1, 1.0, 0)] * 30, how=Thinning(exception=0.5, deviation=1.0, stepped=False))
def test_what_is_left_out_is_never_further_off_than_stated(walk, how):
    time = np.cumsum([step for step, _, _ in walk]).astype(np.int64) * SECOND
    value = np.cumsum([move for _, move, _ in walk])
    status = np.array([one for _, _, one in walk], np.uint32)
    stay = kept(time, value, status, None, how)
    left = np.flatnonzero(stay)
    assert stay[0]
    assert stay[-1]
    assert stay[status != 0].all()
    changed = np.flatnonzero(status[1:] != status[:-1])
    assert stay[changed].all()
    assert stay[changed + 1].all()
    rounding = Fraction(float(np.abs(value).max())) / 2**50
    for row in np.flatnonzero(~stay).tolist():
        one, other = left[left < row][-1], left[left > row][0]
        told = Fraction(float(value[one]))
        if not how.stepped:
            share = Fraction(int(time[row] - time[one]), int(time[other] - time[one]))
            told += (Fraction(float(value[other])) - told) * share
        assert abs(told - Fraction(float(value[row]))) <= Fraction(how.exception) + Fraction(how.deviation) + rounding
    if how.longest:
        for one, other in zip(left[:-1].tolist(), left[1:].tolist(), strict=True):
            silent = int(np.diff(time[one : other + 1]).max())
            assert time[other] - time[one] <= max(how.longest, silent)


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows_stay(rows):
    assert stays([(at, 5.0 + at) for at in range(rows)], Thinning(exception=9)) == list(range(rows))
