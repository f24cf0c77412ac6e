"""Decimation keeps what a trend is looked at for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.api.decimate import decimated, width
from twin.core.outline import KEPT
from twin.core.status import BAD_SENSOR_FAILURE


@st.composite
def a_series(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = draw(st.integers(1, 300))
    steps = draw(st.lists(st.sampled_from([1, 10**6, 10**9, 60 * 10**9]), min_size=rows, max_size=rows))
    values = draw(st.lists(st.one_of(st.floats(allow_nan=True), st.integers(-3, 3)), min_size=rows, max_size=rows))
    bad = draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
    time = 1_790_000_000_000_000_000 + np.cumsum(np.array(steps, np.int64))
    status = np.where(np.array(bad) & (np.arange(rows) % 7 == 0), BAD_SENSOR_FAILURE, 0).astype(np.uint32)
    return time, np.array(values, np.float64), status


@given(a_series(), st.integers(KEPT, 120))
def test_peaks_pauses_and_bad_rows_stay(series: tuple[np.ndarray, np.ndarray, np.ndarray], most: int) -> None:
    time, value, status = series
    kept = decimated(time, value, status, most)
    assert len(kept) <= most or len(time) <= most
    assert (np.diff(kept) > 0).all()
    assert {0, len(time) - 1} <= set(kept.tolist())
    usable = ~np.isnan(value) & (status == 0)
    if usable.any():
        assert value[kept][usable[kept]].min() == value[usable].min()
        assert value[kept][usable[kept]].max() == value[usable].max()
    assert (~usable).any() == (~usable[kept]).any()
    pauses = np.diff(time) > width(int(time[0]), int(time[-1]), most)
    before = np.flatnonzero(pauses)
    assert {*before.tolist(), *(before + 1).tolist()} <= set(kept.tolist())


def test_few_rows_stay_all() -> None:
    rows = np.arange(10, dtype=np.int64)
    assert decimated(rows, rows.astype(np.float64), np.zeros(10, np.uint32), 10).tolist() == list(range(10))


def test_a_peak_of_one_sample_among_a_million_stays() -> None:
    time = np.arange(1_000_000, dtype=np.int64) * 10**9
    value = np.sin(time / 1e12)
    value[765_432] = 99.0
    kept = decimated(time, value, np.zeros(len(time), np.uint32), 600)
    assert len(kept) <= 600
    assert 765_432 in kept
