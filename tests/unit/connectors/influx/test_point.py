"""What both halves of connectors.influx agree on: a row as a point, and back."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.influx import point
from twin.core.tags import TagType

ANY = st.floats(allow_nan=True, allow_infinity=True)


def test_examples() -> None:
    assert doctest.testmod(point).failed == 0


@pytest.mark.parametrize("type", list(TagType))
@given(rows=st.lists(st.tuples(ANY, st.booleans(), st.integers(0, 2**32 - 1)), min_size=1, max_size=20))
def test_a_row_says_itself_which_fields_are_its_own(type: TagType, rows: list[tuple[float, bool, int]]) -> None:
    value = np.array([row[0] for row in rows])
    has_text = np.array([row[1] for row in rows])
    status = np.array([row[2] for row in rows], dtype=np.uint32)
    q = point.quality(value, has_text, status, np.full(len(rows), point.usual(type)))
    older = np.where(np.isfinite(value), value, 77.0)  # what a point that stood there before may have left in `v`
    back = point.held(older, q, type)
    assert np.array_equal(back.value, value, equal_nan=True)
    assert back.status.tolist() == status.tolist()
    assert back.has_text.tolist() == has_text.tolist()


def test_the_usual_row_has_its_status_in_q() -> None:
    status = np.array([0, 0x80000000, 0x40900000], dtype=np.uint32)
    for type, value, has_text in ((TagType.NUMBER, 1.0, False), (TagType.TEXT, np.nan, True)):
        usual = np.full(3, point.usual(type))
        assert point.quality(np.full(3, value), np.full(3, has_text), status, usual).tolist() == status.tolist()


@given(name=st.text())
def test_a_name_comes_back(name: str) -> None:
    assert point.tag_name(point.tag_value(name)) == name


@given(one=st.text("%0A2cC\\\n", max_size=6), other=st.text("%0A2cC\\\n", max_size=6))
def test_two_names_stay_two(one: str, other: str) -> None:
    assert (point.tag_value(one) == point.tag_value(other)) == (one == other)
