"""The newest sample of every tag, and its usual interval."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.core.batch import batch
from twin.core.fold import Step
from twin.core.instant import SECOND
from twin.core.rows import in_order, samples_of
from twin.state.last_value import PERIOD, PERIODS, LastValue, usual_interval, usual_silence


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 50)), min_size=1, max_size=60), st.integers(1, 50))
def test_four_times_are_kept_whatever_the_cut(rows: list[tuple[int, int]], cut: int) -> None:
    item = batch("a", [r[0] for r in rows], [r[1] for r in rows], [float(r[1]) for r in rows])
    ordered = in_order(samples_of([(1, item)]))
    fold = LastValue(np.array([-1, 0, 0, 0, -1], np.int32))
    early = ordered.time < cut
    for first, part in ((0, ordered.take(early)), (cut, ordered.take(~early))):
        fold.step(Step(first, 51, in_order(part)))
    table = fold.state["tag"]
    assert table.tag.tolist() == sorted({tag for tag, _ in rows if tag in {1, 2, 3}})
    for row, tag in enumerate(table.tag.tolist()):
        times = sorted({time for t, time in rows if t == tag})
        assert [t for t in table.times[row].tolist() if t] == times[-4:]
        assert table.time[row] == times[-1]
        assert table.value[row] == times[-1]


def test_the_usual_interval_is_the_mean_of_what_is_kept() -> None:
    times = np.array([[0, 0, 0, 0], [0, 0, 0, 5], [0, 0, 10, 30], [10, 20, 40, 70]])
    assert usual_interval(times).tolist() == [0, 0, 20, 20]


def by_hand(times: list[int]) -> list[int]:
    """The longest interval that ended in each of the last periods with samples."""
    longest: dict[int, int] = {}
    for before, time in zip([times[0], *times], times, strict=False):
        longest[time // PERIOD] = max(longest.get(time // PERIOD, 0), time - before)
    return [0] * (PERIODS - len(longest)) + list(longest.values())[-PERIODS:]


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9 * PERIOD // SECOND)), min_size=1, max_size=60),
    st.lists(st.integers(1, 9 * PERIOD // SECOND), max_size=4),
)
def test_the_longest_silences_are_kept_whatever_the_cut(rows: list[tuple[int, int]], cuts: list[int]) -> None:
    item = batch("a", [r[0] for r in rows], [r[1] * SECOND for r in rows], [0.0] * len(rows))
    ordered = in_order(samples_of([(1, item)]))
    fold = LastValue(np.array([-1, 0, 0, 0], np.int32))
    edges = [0, *sorted(cut * SECOND for cut in cuts), 10 * PERIOD]
    for first, last in pairwise(edges):
        within = (ordered.time >= first) & (ordered.time < last)
        fold.step(Step(first, last, in_order(ordered.take(within))))
    for row, tag in enumerate(sorted({tag for tag, _ in rows})):
        times = sorted({time * SECOND for t, time in rows if t == tag})
        assert fold.state["tag"].silences[row].tolist() == by_hand(times)


def silence_of(times: list[float]) -> float:
    """What is learnt of a tag with samples at these seconds, s."""
    fold = LastValue(np.array([-1, 0], np.int32))
    stamps = [round(time * SECOND) for time in times]
    item = batch("a", [1] * len(stamps), stamps, [0.0] * len(stamps))
    fold.step(Step(0, stamps[-1] + 1, in_order(samples_of([(1, item)]))))
    return usual_silence(fold.state["tag"].silences)[0] / SECOND


def test_the_pause_between_bursts_is_learnt_and_one_outage_is_not() -> None:
    bursts = [600 * n + 0.2 * k for n in range(1, 13) for k in range(20)]
    assert silence_of(bursts) == 596.2
    steady = [float(n) for n in range(1, 7200)]
    assert silence_of(steady) == 1
    assert silence_of([time for time in steady if not 3000 < time < 4000]) == 1
    assert silence_of([3600.0 * n for n in range(1, 9)]) == 3600
    assert silence_of([5.0]) == 0
    assert silence_of([5.0, 10.0]) == 5
