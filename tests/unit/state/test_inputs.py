"""The share of good inputs: every ns of every tag is one of four, and what each is follows by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.core.instant import Span
from twin.core.status import BAD, GOOD, UNCERTAIN
from twin.state.inputs import Inputs, held

STATUSES = [GOOD, UNCERTAIN, UNCERTAIN | 0x480, BAD, BAD | 5]


def quality(rows: list[tuple[int, int]], missing: list[tuple[int, int]], *spans: Span) -> list[Inputs]:
    time = np.array([at for at, _ in rows], np.int64)
    status = np.array([status for _, status in rows], np.uint32)
    return held(time, status, missing, spans)


def test_by_hand():
    rows = [(10, GOOD), (30, UNCERTAIN), (40, BAD), (60, GOOD)]
    assert quality(rows, [(65, 80)], Span(0, 100)) == [Inputs(20 + 5 + 20, 10, 20, 10 + 15, 1)]
    assert quality(rows, [], Span(10, 20), Span(35, 45), Span(70, 70)) == [
        Inputs(10, tags=1), Inputs(uncertain=5, bad=5, tags=1), Inputs(tags=1)
    ]  # fmt: skip


@given(
    st.dictionaries(st.integers(-20, 50), st.sampled_from(STATUSES), max_size=12),
    st.sets(st.integers(-10, 60), max_size=8),
    st.tuples(st.integers(-5, 40), st.integers(0, 30)),
)
def test_against_every_single_instant(values, edges, span):
    found = sorted(edges)
    missing = list(zip(found[::2], found[1::2], strict=False))
    rows = sorted(values.items())
    asked = Span(span[0], sum(span))
    counted = {"good": 0, "uncertain": 0, "bad": 0, "missing": 0}
    for at in range(asked.start, asked.end):
        newest = [status for time, status in rows if time <= at]
        is_missing = not newest or any(start <= at < end for start, end in missing)
        kind = {0: "good", 1: "uncertain"}.get(newest[-1] >> 30, "bad") if newest else ""
        counted["missing" if is_missing else kind] += 1
    (one,) = quality(rows, missing, asked)
    assert one == Inputs(**counted, tags=1)
    assert one.whole == asked.end - asked.start
