"""Rows: one order and one row for every (tag, time), however the samples came."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.core.rows import Samples, in_order

SAMPLES = st.lists(
    st.tuples(st.sampled_from([0, 1, 2, 70_000]), st.integers(0, 6), st.integers(0, 2), st.integers(1, 5)), max_size=30
)


def samples(rows: list[tuple[int, int, int, int]]) -> Samples:
    tag, time, value, recorded = (np.array([row[column] for row in rows]) for column in range(4))
    return Samples(
        tag.astype(np.int32), time.astype(np.int64), value.astype(float), np.zeros(len(rows), np.uint32),
        recorded.astype(np.int64),
    )  # fmt: skip


@given(SAMPLES, st.booleans())
def test_rows_stand_by_time_and_tag_and_the_last_recorded_wins(
    rows: list[tuple[int, int, int, int]], as_recorded: bool
) -> None:
    if as_recorded:
        rows = sorted(rows, key=lambda row: row[3])
    wins: dict[tuple[int, int], tuple[int, int]] = {}
    for tag, time, value, recorded in rows:
        if (time, tag) not in wins or recorded >= wins[time, tag][0]:
            wins[time, tag] = recorded, value
    found = in_order(samples(rows))
    expected = [(time, tag, float(wins[time, tag][1])) for time, tag in sorted(wins)]
    assert list(zip(found.time.tolist(), found.tag.tolist(), found.value.tolist(), strict=True)) == expected
    assert found.duplicates + found.overwritten == len(rows) - len(wins)


@given(SAMPLES)
def test_the_newest_row_of_each_tag_is_found(rows: list[tuple[int, int, int, int]]) -> None:
    found = in_order(samples(rows))
    newest = {tag: time for time, tag in sorted((row[1], row[0]) for row in rows)}
    last = found.last_of_each_tag
    assert dict(zip(found.tag[last].tolist(), found.time[last].tolist(), strict=True)) == newest
    assert found.tag[found.by_tag[found.tag_starts]].tolist() == sorted(newest)


def test_a_mask_of_all_rows_copies_nothing() -> None:
    some = samples([(0, 1, 0, 1), (1, 2, 0, 1)])
    assert some.take_if(np.array([True, True])) is some
    assert some.take_if(np.array([False, True])).tag.tolist() == [1]
