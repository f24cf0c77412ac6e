"""Columns as JSON say the same as a value at a time would, to the bit."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.api.running import FILLER, row, running
from twin.api.json_columns import Spelled, integers, json_object, numbers, texts, times
from twin.api.shapes_samples import SamplesAnswer
from twin.core.instant import to_text
from twin.core.status import BAD_SENSOR_FAILURE
from twin.core.time_text import times_text

INSTANTS = st.integers(-(2**61), 2**62).flatmap(
    lambda instant: st.sampled_from([1, 1_000, 1_000_000, 10**8, 10**9]).map(lambda grid: instant - instant % grid)
)


@given(st.lists(INSTANTS, max_size=30))
def test_times_are_those_of_to_text(instants: list[int]) -> None:
    column = np.array(instants, dtype=np.int64)
    expected = [to_text(instant) for instant in instants]
    assert times_text(column) == expected
    assert json.loads(bytes(times(column))) == expected


@given(st.lists(st.floats(), max_size=30))
def test_numbers_read_back_to_the_bit(values: list[float]) -> None:
    found = json.loads(bytes(numbers(np.array(values, dtype=np.float64))))
    for value, number in zip(values, found, strict=True):
        assert (number is None and not math.isfinite(value)) or (value, math.copysign(1, value)) == (
            number,
            math.copysign(1, number),
        )


@given(st.lists(st.integers(0, 2**32 - 1), max_size=10), st.sampled_from([1, 2, 500, 3000]))
def test_whole_numbers_read_back(some: list[int], repeats: int) -> None:
    column = np.repeat(np.array(some, dtype=np.uint32), repeats)
    assert json.loads(bytes(integers(column))) == column.tolist()


def test_a_word_stands_where_a_number_is_infinite() -> None:
    value = np.array([1.0, math.inf, -math.inf, math.nan])
    assert json.loads(bytes(texts(value, None))) == [None, "Infinity", "-Infinity", None]
    assert bytes(texts(np.array([1.0]), None)) == b"null"
    assert json.loads(bytes(texts(np.array([math.nan]), np.array(['"\n'], dtype=object)))) == ['"\n']


def test_an_object_takes_both_kinds() -> None:
    one, two = Spelled((b"[", b"1]")), Spelled((b"2",))
    made = json_object({"a": one, "b": [json_object({}), two], "c": [], "d": "x", "e": None})
    assert json.loads(bytes(made)) == {"a": [1], "b": [{}, 2], "c": [], "d": "x", "e": None}


async def test_the_answer_has_the_shape_that_is_promised(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        api.clock.at(100)
        await api.post([row(f"{FILLER}/temp", 1, 1.5), row(f"{FILLER}/temp", 2, status=BAD_SENSOR_FAILURE)])
        await api.post([row(f"{FILLER}/recipe", 1.25, text="ž"), row(f"{FILLER}/temp", 3, text="Infinity")])
        tags = [f"{FILLER}/temp", f"{FILLER}/recipe", f"{FILLER}/st"]
        for query in ({}, {"aggregate": "mean,twa", "interval": "1s"}):
            answer = await api.get("/samples", tag=tags, **query)
            SamplesAnswer.model_validate(answer, strict=True, extra="forbid")
            assert json.loads(SamplesAnswer.model_validate(answer).model_dump_json()) == answer
