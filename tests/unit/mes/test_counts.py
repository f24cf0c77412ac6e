"""Counts against a counter that is read row by row, and the cases of ISO 22400 pitfall 6 by name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.batch import batch
from twin.core.fold import Step
from twin.core.instant import MINUTE, SECOND
from twin.core.rows import in_order, samples_of
from twin.core.state import equal
from twin.mes.counts import CounterSpec, Counts

BEGIN = 1_700_000_040 * SECOND  # on a full minute


def counted(spec: CounterSpec, readings: list[tuple[int, float]], statuses: list[int] | None = None) -> dict[str, int]:
    """All quantities over readings of (second, value)."""
    fold = Counts([spec])
    item = batch(
        "a", [0] * len(readings), [BEGIN + s * SECOND for s, _ in readings], [v for _, v in readings], statuses or 0
    )
    out = fold.step(Step(BEGIN - SECOND, BEGIN + 1000 * MINUTE, in_order(samples_of([(1, item)]))))
    total: dict[str, int] = defaultdict(int)
    for record in out.records:
        for name, number in record.data:
            total[name] += number
    assert out.series is not None
    assert int(out.series.value.sum()) == total["pieces"]
    return {name: number for name, number in total.items() if number}


PLAIN = CounterSpec(0, 0, "t")


def test_the_first_reading_counts_nothing() -> None:
    assert counted(PLAIN, [(0, 500)]) == {}


def test_increments_are_pieces() -> None:
    assert counted(PLAIN, [(0, 500), (1, 503), (61, 510)]) == {"pieces": 10}


def test_a_16_bit_counter_wraps() -> None:
    assert counted(CounterSpec(0, 0, "t", wraps=65536), [(0, 65530), (1, 4)]) == {"pieces": 10, "wraps": 1}


def test_a_fall_too_far_for_a_wrap_is_a_reset() -> None:
    assert counted(CounterSpec(0, 0, "t", wraps=65536), [(0, 30000), (1, 5)]) == {"pieces": 5, "resets": 1}


def test_a_reset_counts_from_zero() -> None:
    assert counted(PLAIN, [(0, 500), (1, 3)]) == {"pieces": 3, "resets": 1}


def test_a_fall_that_may_not_be_is_a_jump() -> None:
    assert counted(CounterSpec(0, 0, "t", resets=False), [(0, 500), (1, 3), (2, 4)]) == {"pieces": 1, "jumps": 1}


def test_more_pieces_than_the_machine_can_make_are_a_jump() -> None:
    assert counted(CounterSpec(0, 0, "t", limit=100), [(0, 1), (1, 5000), (2, 5002)]) == {"pieces": 2, "jumps": 1}


def test_every_pulse_is_a_piece() -> None:
    assert counted(CounterSpec(0, 0, "t", pulse=True), [(0, 1), (5, 1), (6, 0), (9, 1)]) == {"pieces": 3}


def test_bad_and_missing_readings_are_passed_over() -> None:
    readings = [(0, 10.0), (1, 99.0), (2, float("nan")), (3, 12.0)]
    assert counted(PLAIN, readings, [0, 0x80000000, 0, 0]) == {"pieces": 2}


def test_pieces_belong_to_the_minute_of_the_later_reading() -> None:
    fold = Counts([PLAIN])
    item = batch("a", [0] * 3, [BEGIN, BEGIN + 59 * SECOND, BEGIN + MINUTE], [0, 5, 7])
    out = fold.step(Step(BEGIN, BEGIN + 3 * MINUTE, in_order(samples_of([(1, item)]))))
    assert [(r.start - BEGIN, dict(r.data)["pieces"]) for r in out.records] == [(0, 5), (MINUTE, 2)]


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 400), st.integers(0, 40)), min_size=1, max_size=60),
    st.sampled_from([(0, True, 0), (41, True, 0), (41, False, 9), (0, False, 12), (0, True, 12)]),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_columns_count_as_a_reader_row_by_row_however_they_are_cut(
    rows: list[tuple[int, int, int]], kind: tuple[int, bool, int], cuts: list[int]
) -> None:
    wraps, resets, limit = kind
    specs = [CounterSpec(0, tag, f"t{tag}", wraps, resets, False, limit) for tag in (0, 1)]
    item = batch("a", [r[0] for r in rows], [BEGIN + r[1] * SECOND for r in rows], [r[2] for r in rows])
    ordered = in_order(samples_of([(1, item)]))
    fold, records = Counts(specs), []
    for t0, t1 in pairwise([BEGIN, *(BEGIN + cut * SECOND + 1 for cut in sorted(set(cuts))), BEGIN + 100 * MINUTE]):
        within = (ordered.time >= t0) & (ordered.time < t1)
        records += fold.step(Step(t0, t1, in_order(ordered.take(within)))).records
    found = {(r.key, r.start): dict(r.data) for r in records}
    assert found == row_by_row(specs, ordered.tag, ordered.time, ordered.value)


def row_by_row(specs: list[CounterSpec], tags: np.ndarray, times: np.ndarray, values: np.ndarray) -> dict:
    last: dict[int, int] = {}
    found: dict[tuple[str, int], dict[str, int]] = {}
    for tag, time, value in zip(tags.tolist(), times.tolist(), values.tolist(), strict=True):
        spec, reading = specs[tag], int(value)
        limit = spec.limit or (spec.wraps // 2 if spec.wraps else 2**53)
        cell = dict.fromkeys(("pieces", "wraps", "resets", "jumps"), 0)
        if tag in last:
            delta = reading - last[tag]
            if delta < 0 and spec.wraps and 0 <= delta + spec.wraps <= limit:
                cell |= {"pieces": delta + spec.wraps, "wraps": 1}
            elif delta < 0 and spec.resets and reading <= limit:
                cell |= {"pieces": reading, "resets": 1}
            elif delta < 0 or delta > limit:
                cell["jumps"] = 1
            else:
                cell["pieces"] = delta
        last[tag] = reading
        if any(cell.values()):
            minute = found.setdefault((spec.path, time - time % MINUTE), dict.fromkeys(cell, 0))
            for name, number in cell.items():
                minute[name] += number
    return found


@pytest.mark.parametrize("value", [2.0**53, -(2.0**60), float("inf")])
def test_readings_past_2_to_the_53_are_no_counts(value: float) -> None:
    assert counted(PLAIN, [(0, 10), (1, value), (2, 11)]) == {"pieces": 1}


def test_where_nobody_asks_for_records_the_state_is_the_same() -> None:
    rows = in_order(samples_of([(1, batch("a", [0] * 4, [BEGIN + s * SECOND for s in (0, 5, 61, 130)], [1, 3, 7, 9]))]))
    step = Step(BEGIN - SECOND, BEGIN + 3 * MINUTE, rows)
    one, other = Counts([PLAIN]), Counts([PLAIN])
    assert len(one.step(step).records) == 2
    silent = other.step(replace(step, told=False))
    assert (silent.records, silent.series is not None) == ([], True)
    assert equal(one.state, other.state)
