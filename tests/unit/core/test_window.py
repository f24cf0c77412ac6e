"""Order and runs, which every sum over a window stands on."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.window import run_ends, run_starts, stable_order


@pytest.mark.parametrize("most", [5, 2**16 - 1, 2**16, 2**31 - 1])
@given(data=st.data())
def test_equal_keys_stay_as_they_stand(most: int, data: st.DataObject) -> None:
    keys = data.draw(st.lists(st.sampled_from([0, 1, 2, most - 1, most]), max_size=40))
    order = stable_order(np.array(keys, np.int32))
    assert order.tolist() == sorted(range(len(keys)), key=lambda at: keys[at])


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=30))
def test_runs_begin_and_end_where_a_key_changes(rows: list[tuple[int, int]]) -> None:
    one, other = (np.array([row[column] for row in rows], np.int64) for column in range(2))
    starts = run_starts(one, other)
    ends = run_ends(starts, len(rows))
    lengths = [len(list(group)) for _, group in groupby(rows)]
    assert (ends - starts + 1).tolist() == lengths
    assert starts.tolist() == [sum(lengths[:number]) for number in range(len(lengths))]
