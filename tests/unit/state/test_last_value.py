"""The newest sample of every tag, and its usual interval."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.core.batch import batch
from twin.core.fold import Step
from twin.core.rows import in_order, samples_of
from twin.state.last_value import LastValue, usual_interval


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 50)), min_size=1, max_size=60), st.integers(1, 50))
def test_four_times_are_kept_whatever_the_cut(rows: list[tuple[int, int]], cut: int) -> None:
    item = batch("a", [r[0] for r in rows], [r[1] for r in rows], [float(r[1]) for r in rows])
    ordered = in_order(samples_of([(1, item)]))
    fold = LastValue([1, 2, 3], [0, 0, 0])
    early = ordered.time < cut
    for first, part in ((0, ordered.take(early)), (cut, ordered.take(~early))):
        fold.step(Step(first, 51, in_order(part)))
    table = fold.state["tag"]
    for row, tag in enumerate((1, 2, 3)):
        times = sorted({time for t, time in rows if t == tag})
        assert [t for t in table.times[row].tolist() if t] == times[-4:]
        assert table.time[row] == (times[-1] if times else 0)
        assert table.value[row] == (times[-1] if times else 0)


def test_the_usual_interval_is_the_mean_of_what_is_kept() -> None:
    times = np.array([[0, 0, 0, 0], [0, 0, 0, 5], [0, 0, 10, 30], [10, 20, 40, 70]])
    assert usual_interval(times).tolist() == [0, 0, 20, 20]
