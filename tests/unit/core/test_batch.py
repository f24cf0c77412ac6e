"""Batches concatenate, slice, sort and round-trip exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.batch import Batch, batch, concatenate, texts
from twin.core.rows import in_order, samples_of
from twin.store.entry import decode, encode_batch

TEXTS = st.none() | st.text(st.characters(codec="utf-8"), max_size=5)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 2**31 - 1),
        st.integers(-(2**62), 2**62),
        st.floats(),
        st.integers(0, 2**32 - 1),
        TEXTS,
    ),
    min_size=1,
    max_size=12,
)


def made(rows: list[tuple[int, int, float, int, str | None]]) -> Batch:
    tag, time, value, status, text = zip(*rows, strict=True)
    return batch("a", tag, time, value, status, text)


@given(ROWS, ROWS)
def test_parts_of_a_concatenation_are_the_batches(one: list, other: list) -> None:
    both = concatenate([made(one), made(other)])
    assert both.take(slice(0, len(one))).equals(made(one))
    assert both.take(np.arange(len(both)) >= len(one)).equals(made(other))


@given(ROWS)
def test_sorting_keeps_the_rows_and_orders_time_then_tag(rows: list) -> None:
    ordered = made(rows).in_time_order()
    keys = list(zip(ordered.time.tolist(), ordered.tag.tolist(), strict=True))
    assert keys == sorted(keys)
    assert sorted(map(row_key, as_rows(ordered))) == sorted(map(row_key, as_rows(made(rows))))


@given(ROWS, st.integers(1, 2**62))
def test_the_log_gives_back_the_bytes_it_took(rows: list, recorded: int) -> None:
    given_batch = made(rows)
    stored = encode_batch(recorded, given_batch)
    read = decode([stored]).samples
    again = Batch("a", read.tag, read.time, read.value, read.status, read.text)
    assert again.equals(given_batch)
    assert read.recorded.tolist() == [recorded] * len(rows)


@given(st.lists(ROWS, min_size=1, max_size=4), st.randoms())
def test_rows_do_not_depend_on_the_order_in_which_batches_come(batches: list, random: object) -> None:
    entries = [(number + 1, made(rows)) for number, rows in enumerate(batches)]
    shuffled = entries[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = in_order(samples_of(entries)), in_order(samples_of(shuffled))
    assert [one.tag.tobytes(), one.time.tobytes(), one.value.tobytes(), one.status.tobytes()] == [
        other.tag.tobytes(), other.time.tobytes(), other.value.tobytes(), other.status.tobytes()
    ]  # fmt: skip
    assert one.duplicates + one.overwritten + len(one) == sum(len(rows) for rows in batches)


def test_of_one_key_the_row_recorded_last_wins() -> None:
    rows = in_order(samples_of([(2, batch("a", [1, 1], [5, 5], [2.0, 3.0])), (1, batch("a", [1], [5], [1.0]))]))
    assert rows.value.tolist() == [3.0]
    assert (rows.duplicates, rows.overwritten) == (0, 2)


def test_there_is_one_nan() -> None:
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000], dtype=np.uint64).view(np.float64)
    assert batch("a", [0, 0], [1, 2], odd).value.tobytes() == np.array([np.nan, np.nan]).tobytes()


@pytest.mark.parametrize(
    ("column", "wrong"),
    [("tag", np.zeros(2, np.int64)), ("time", np.zeros(3, np.int64)), ("value", np.zeros(2, np.float32))],
)
def test_a_column_of_another_type_or_length_is_refused(column: str, wrong: np.ndarray) -> None:
    right = batch("a", [0, 1], [1, 2], [1.0, 2.0])
    columns = {name: getattr(right, name) for name in ("tag", "time", "value", "status")}
    with pytest.raises(ValueError, match=column):
        Batch("a", **columns | {column: wrong})


def test_a_batch_has_rows() -> None:
    with pytest.raises(ValueError, match="no rows"):
        batch("a", [], [], [])


def as_rows(one: Batch) -> list[tuple]:
    return list(
        zip(one.tag.tolist(), one.time.tolist(), one.value.tolist(), one.status.tolist(), texts(one), strict=True)
    )


def row_key(row: tuple) -> tuple:
    tag, time, value, status, text = row
    return tag, time, math.inf if math.isnan(value) else value, math.isnan(value), status, text or "", text is None
