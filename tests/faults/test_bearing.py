"""A damaged bearing is told of in time, and nothing else is: the short form of `python -m benchmarks.bearing`."""

from __future__ import annotations

import pytest

from benchmarks.bearing import FILLER, damaged, healthy, run
from twin.core.instant import MINUTE


@pytest.mark.parametrize("seed", [101])
def test_a_damaged_bearing_is_told_of_twenty_minutes_before_the_trip(seed: int):
    found = damaged(seed)
    assert found.good
    assert found.lead == f"{FILLER}/vibration"
    assert found.onset is not None
    assert abs(found.onset - found.damage) < 10 * MINUTE
    assert found.first is not None
    assert found.others == ()


def test_a_healthy_line_is_silent():
    seed, alerts, models = healthy(103, 4.0)
    assert (seed, alerts, models) == (103, (), 5)


@pytest.mark.slow
def test_twenty_damaged_bearings_and_twenty_healthy_lines():
    said: list[str] = []
    assert run(range(1, 21), range(1, 21), 2, said.append), "\n".join(said)
