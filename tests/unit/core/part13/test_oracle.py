"""Every aggregate against the slow reading of the standard, over rows, settings and intervals of any kind."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.core.part13.columns import LETTERS, STATUS, Rows
from tests.unit.core.part13.oracle import ORACLE, Interval, Row, Tag
from twin.core.instant import SECOND
from twin.core.part13 import Aggregate, Config, processed
from twin.core.status import BAD_NO_DATA

SEVERITY = {"g": 0, "n": BAD_NO_DATA, "b": LETTERS["B"], "u": LETTERS["U"], "U": LETTERS["u"]}

values = st.integers(-4, 4).map(lambda one: one / 2)
rows = st.dictionaries(st.integers(0, 60), st.tuples(values, st.sampled_from("gggub")), max_size=14)
configs = st.builds(
    Config,
    stepped=st.booleans(),
    uncertain_is_bad=st.booleans(),
    percent_bad=st.sampled_from([100, 80, 60, 50]),
    percent_good=st.sampled_from([100, 60, 50]),
    sloped_extrapolation=st.booleans(),
)
edges = st.lists(st.integers(-5, 70), min_size=2, max_size=7, unique=True).map(sorted)


@pytest.mark.parametrize("aggregate", list(Aggregate))
@settings(max_examples=60, deadline=None)
@given(rows=rows, config=configs, edges=edges, until=st.integers(1, 70))
def test_it_is_what_the_text_says(aggregate, rows, config, edges, until):
    tag = Tag([Row(at, Fraction(v), q) for at, (v, q) in sorted(rows.items())], config, until)
    columns = Rows(
        np.array([row.time for row in tag.rows], np.int64) * SECOND,
        np.array([float(row.value) for row in tag.rows]),
        np.array([STATUS[row.quality] for row in tag.rows], np.uint32),
    )
    at = np.array(edges, np.int64) * SECOND
    found = processed([aggregate], columns, at, config, until * SECOND)[aggregate]
    for number, (start, end) in enumerate(pairwise(edges)):
        value, severity, bits = ORACLE[aggregate](Interval(tag, start, end))
        status = SEVERITY[severity]
        for bit in bits:
            status |= LETTERS[bit]
        assert f"{found.status[number]:08X}" == f"{status:08X}", (start, end)
        assert found.value[number] == pytest.approx(np.nan if value is None else float(value), nan_ok=True, abs=1e-9)


def test_every_aggregate_has_an_oracle():
    assert set(ORACLE) == {one.value for one in Aggregate}
