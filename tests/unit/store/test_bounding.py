"""The rows next to an instant, against looking at all rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.core.batch import batch
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, HOUR, MINUTE
from twin.core.rows import Samples, in_order, samples_of
from twin.store.memory import MemoryHistory

NOW = 20_000 * DAY
times = st.sampled_from([0, 1, MINUTE, HOUR - 1, HOUR, DAY, 7 * DAY, 30 * DAY, 900 * DAY]).flatmap(
    lambda far: st.sampled_from([NOW - far, NOW + far])
)
drawn = st.lists(st.tuples(st.integers(0, 3), times), max_size=12)


@given(rows=drawn, least=st.sampled_from([FAR_PAST, NOW - HOUR]), most=st.sampled_from([FAR_FUTURE, NOW + HOUR]))
def test_the_nearest_row_of_each_tag_within_the_bounds(rows: list[tuple[int, int]], least: int, most: int) -> None:
    history = MemoryHistory()
    items = [batch("s", [tag], [time], [float(n)]) for n, (tag, time) in enumerate(rows)]
    for recorded, item in enumerate(items, 1):
        history.append(recorded, item)
    tags = np.array([0, 1, 3, 5], dtype=np.int32)
    everything = in_order(samples_of(list(enumerate(items, 1))))
    wanted = everything.take(np.isin(everything.tag, tags))
    held = wanted.take((wanted.time < NOW) & (wanted.time >= least))
    next_ = wanted.take((wanted.time >= NOW) & (wanted.time < most))
    assert _by_tag(history.before(tags, NOW, FAR_FUTURE, least)) == {r[0]: r for r in _rows(held)}
    assert _by_tag(history.after(tags, NOW, FAR_FUTURE, most)) == {r[0]: r for r in reversed(_rows(next_))}


def _rows(samples: Samples) -> list[tuple[int, int, float]]:
    return list(zip(samples.tag.tolist(), samples.time.tolist(), samples.value.tolist(), strict=True))


def _by_tag(samples: Samples) -> dict[int, tuple[int, int, float]]:
    rows = _rows(samples)
    assert len({tag for tag, _, _ in rows}) == len(rows)
    return {row[0]: row for row in rows}
