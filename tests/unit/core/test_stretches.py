"""Long reads in stretches, against one read of everything."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.core.batch import batch
from twin.core.instant import DAY, FAR_FUTURE, HOUR, MINUTE, SECOND
from twin.core.rows import Samples, in_order, samples_of
from twin.core.stretches import following, held, stretches
from twin.store.memory import MemoryHistory

NOW = 20_000 * DAY
TAGS = np.array([0, 2, 5], dtype=np.int32)
far = st.sampled_from([0, 1, SECOND // 2, SECOND, 7 * SECOND, MINUTE, HOUR, DAY, 8 * DAY, 100 * DAY, 3000 * DAY])
drawn = st.lists(st.tuples(st.integers(0, 3), far.map(lambda a: NOW - a) | far.map(lambda a: NOW + a)), max_size=20)


def history_of(rows: list[tuple[int, int]]) -> tuple[MemoryHistory, Samples]:
    """(a history, all its rows of TAGS in order)."""
    history = MemoryHistory()
    items = [batch("s", [tag], [time], [float(n)]) for n, (tag, time) in enumerate(rows)]
    for recorded, item in enumerate(items, 1):
        history.append(recorded, item)
    everything = in_order(samples_of(list(enumerate(items, 1))))
    return history, everything.take(np.isin(everything.tag, TAGS))


def rows_of(samples: Samples) -> list[tuple[int, int, float]]:
    return list(zip(samples.tag.tolist(), samples.time.tolist(), samples.value.tolist(), strict=True))


@given(rows=drawn, before=far, after=far, most=st.integers(1, 5))
def test_every_row_comes_once_in_order_and_few_at_a_time(
    rows: list[tuple[int, int]], before: int, after: int, most: int
) -> None:
    history, everything = history_of(rows)
    start, end = NOW - before, NOW + after
    parts = list(stretches(history, TAGS, start, end, FAR_FUTURE, most))
    wanted = everything.take((everything.time >= start) & (everything.time < end))
    assert [row for part in parts for row in rows_of(part)] == rows_of(wanted)
    for part in parts:
        assert len(part) > 0
        assert len(part) <= most or part.time[-1] - part.time[0] < SECOND


@given(rows=drawn, edge=far)
def test_the_nearest_rows_however_far(rows: list[tuple[int, int]], edge: int) -> None:
    history, everything = history_of(rows)
    earlier = everything.take(everything.time < NOW)
    later = everything.take((everything.time >= NOW) & (everything.time < NOW + edge))
    newest = {row[0]: row for row in rows_of(earlier)}
    oldest = {row[0]: row for row in reversed(rows_of(later))}
    assert {row[0]: row for row in rows_of(held(history, TAGS, NOW, FAR_FUTURE))} == newest
    assert {row[0]: row for row in rows_of(following(history, TAGS, NOW, FAR_FUTURE, NOW + edge))} == oldest
    recent = {tag: row for tag, row in newest.items() if row[1] >= NOW - edge}
    assert {row[0]: row for row in rows_of(held(history, TAGS, NOW, FAR_FUTURE, NOW - edge))} == recent
