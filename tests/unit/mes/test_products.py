"""Which product was made when: changes only, bad quality is an unknown product, any cutting gives one pass."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.core.batch import batch
from twin.core.fold import Record, Step
from twin.core.instant import FAR_PAST, SECOND
from twin.core.rows import in_order, samples_of
from twin.core.scales import Scale, Scales
from twin.core.state import equal, restore, snapshot
from twin.mes.products import Products, ProductSpec

BEGIN = 1_700_000_040 * SECOND
SCALES = Scales({5: [Scale(FAR_PAST, 2.0, 1.0, (99.0,))]})
NAMES = {17: "cola", 18: "lemon"}
Sample = tuple[int, int, float, int]
"""(second, tag, value, status)."""


def fold() -> Products:
    shared = ProductSpec(0, "line1", 0, NAMES), ProductSpec(0, "line2", 0, NAMES)
    return Products([*shared, ProductSpec(1, "line3", 5, NAMES)])


def stepped(one: Products, samples: list[Sample], start: int, end: int) -> list[Record]:
    inside = [sample for sample in samples if start <= sample[0] < end]
    entries = []
    if inside:
        second, tag, value, status = zip(*inside, strict=True)
        times = [BEGIN + s * SECOND for s in second]
        entries = [(1, batch("a", tag, times, value, np.array(status, np.uint32)))]
    step = Step(BEGIN + start * SECOND, BEGIN + end * SECOND, replace(in_order(samples_of(entries)), scales=SCALES))
    return list(one.step(step).records)


def told(records: list[Record], line: str) -> list[tuple[int, int, object, object]]:
    return [
        ((r.start - BEGIN) // SECOND, (r.end - BEGIN) // SECOND, dict(r.data)["code"], dict(r.data)["product"])
        for r in sorted(records)
        if r.key == line
    ]


def test_a_change_ends_one_product_and_begins_another() -> None:
    records = stepped(fold(), [(0, 0, 17, 0), (10, 0, 17, 0), (20, 0, 18, 0), (30, 0, 3, 0), (40, 0, 17, 0)], 0, 60)
    expected = [(0, 20, 17, "cola"), (20, 30, 18, "lemon"), (30, 40, 3, None)]
    assert told(records, "line1") == told(records, "line2") == expected


def test_bad_quality_no_number_and_a_sentinel_are_an_unknown_product() -> None:
    samples = [(0, 5, 8, 0), (10, 5, 8, 0x80000000), (20, 5, 8, 0), (30, 5, math.nan, 0), (40, 5, 8.5, 0)]
    samples += [(50, 5, 99, 0), (60, 5, 8.25, 0), (70, 5, 8, 0)]
    assert told(stepped(fold(), samples, 0, 100), "line3") == [
        (0, 10, 17, "cola"), (10, 20, None, None), (20, 30, 17, "cola"), (30, 40, None, None), (40, 50, 18, "lemon"),
        (50, 70, None, None),
    ]  # fmt: skip


SAMPLES = st.lists(
    st.tuples(st.integers(0, 50), st.sampled_from([0, 1, 5]), st.sampled_from([17.0, 18.0, 8.0, 0.5, 99.0, math.nan]),
              st.sampled_from([0, 0, 0x80000000])),
    max_size=30,
    unique_by=lambda one: (one[0], one[1]),
)  # fmt: skip


@given(SAMPLES, st.sets(st.integers(1, 50), max_size=6))
def test_any_cutting_and_any_restore_give_the_bytes_of_one_pass(samples: list[Sample], cuts: set[int]) -> None:
    whole, pieces = fold(), fold()
    once = stepped(whole, samples, 0, 51)
    found: list[Record] = []
    edges = [0, *sorted(cuts), 51]
    for start, end in pairwise(edges):
        found += stepped(pieces, samples, start, end)
        pieces = pieces.with_state(restore(pieces.state, snapshot(pieces.state)))  # type: ignore[assignment]
    assert sorted(found) == sorted(once)
    assert equal(whole.state, pieces.state)
