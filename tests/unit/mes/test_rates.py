"""Rates against a count of the pieces in the window."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from twin.core.batch import batch
from twin.core.fold import Step
from twin.core.instant import SECOND
from twin.core.rows import in_order, samples_of
from twin.mes.counts import CounterSpec, Counts
from twin.mes.rates import Rates, RateSpec

BEGIN = 1_700_000_000 * SECOND


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 5)), min_size=1, max_size=20, unique_by=lambda r: r[0]))
def test_the_rate_is_the_pieces_of_the_window_by_its_length(steps: list[tuple[int, int]]) -> None:
    total, readings = 0, [(0, 0)]
    for at, pieces in sorted(steps):
        total += pieces
        readings.append((at, total))
    item = batch("a", [0] * len(readings), [BEGIN + at * SECOND for at, _ in readings], [v for _, v in readings])
    rows = in_order(samples_of([(1, item)]))
    end = BEGIN + 100 * SECOND
    counts = Counts([CounterSpec(0, 0, "t")]).step(Step(BEGIN, end, rows)).series
    assert counts is not None
    rates = Rates([RateSpec(0, 0, 10 * SECOND), RateSpec(0, 0, 3 * SECOND)])
    series = rates.step(Step(BEGIN, end, rows, (), {"counts": counts})).series
    assert series is not None
    for key, time, value in zip(series.key.tolist(), series.time.tolist(), series.value.tolist(), strict=True):
        window = (10, 3)[key]
        second = (time - BEGIN) // SECOND
        inside = sum(pieces for at, pieces in steps if second - window < at <= second)
        assert value == inside / window
    assert not len(rates.state["leaving"])
