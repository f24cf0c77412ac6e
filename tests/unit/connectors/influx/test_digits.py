"""Digits of a column read back to the bit, and are the shortest that do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.influx.digits import Column, decimal, whole


def read(columns: list[Column]) -> list[bytes]:
    rows = len(columns[0])
    letters = np.hstack([np.ascontiguousarray(one).view(np.uint8).reshape(rows, -1) for one in columns])
    return [row[row != 0].tobytes() for row in letters]


def require_exact(value: np.ndarray) -> list[bytes]:
    spelled = read(decimal(value))
    back = np.array([float(one) for one in spelled])
    differs = np.flatnonzero(back.view(np.int64) != value.view(np.int64))
    assert len(differs) == 0, (value[differs[:3]], [spelled[row] for row in differs[:3]])
    return spelled


@given(value=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_any_float_comes_back_to_the_bit(value: list[float]) -> None:
    require_exact(np.array(value))


@pytest.mark.parametrize("seed", range(3))
def test_floats_of_every_kind_come_back_to_the_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds = [
        rng.integers(-(2**63), 2**63, 20_000).view(np.float64),
        rng.normal(size=20_000) * 10.0 ** rng.integers(-8, 20, 20_000),
        rng.normal(50, 10, 20_000).astype(np.float32).astype(np.float64),
        np.round(rng.normal(size=20_000) * 100, 3),
        np.nextafter(np.round(rng.normal(size=20_000) * 1000, 2), rng.choice([-1e9, 1e9], 20_000)),
        rng.integers(-(2**53), 2**53, 20_000).astype(np.float64),
    ]
    for value in kinds:
        require_exact(value[np.isfinite(value)])


def test_edges_of_the_range_in_which_columns_are_made() -> None:
    tens = [10.0**n for n in range(-7, 24)]
    twos = [2.0**n for n in range(-20, 70)]
    edges = np.array([*tens, *twos, 0.0, -0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308])
    require_exact(np.concatenate([edges, -edges, np.nextafter(edges, 0), np.nextafter(edges[:-1], np.inf)]))


def test_digits_are_as_few_as_those_of_python() -> None:
    rng = np.random.default_rng(5)
    value = np.abs(np.concatenate([rng.normal(size=20_000) * 10.0 ** rng.integers(-3, 14, 20_000), rng.random(20_000)]))
    ours, theirs = require_exact(value), [repr(one).encode() for one in value.tolist()]
    longer = [pair for pair in zip(ours, theirs, strict=True) if len(pair[0]) > len(pair[1]) and b"e" not in pair[1]]
    assert longer == []


@pytest.mark.parametrize(
    ("value", "spelled"),
    [(21.5, b"21.5"), (0.0, b"0"), (-0.0, b"-0"), (100.0, b"100"), (0.001, b"0.001"), (-3.25, b"-3.25")],
)
def test_a_number_as_people_write_it(value: float, spelled: bytes) -> None:
    assert require_exact(np.array([value, 12345.678]))[0] == spelled


@given(number=st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_whole_numbers(number: list[int]) -> None:
    assert read(whole(np.array(number, dtype=np.uint64))) == [b"%d" % one for one in number]
