"""Every plant that there is: what the twin makes of its wire is what really happened, by state and piece."""

from __future__ import annotations

import pytest

from simulators.description.described import DescribedLine
from simulators.plants import BOTTLING, PLANTS
from tests.faults.simulated_shift import END, START, cut, folded, simulated, true_intervals, true_pieces
from twin.core.instant import HOUR, MINUTE

LIVES = [
    pytest.param(line, seed, marks=() if line is BOTTLING and seed == 3 else pytest.mark.slow, id=f"{line.name}-{seed}")
    for line in PLANTS
    for seed in (3, 4, 5, 6, 7)
]
"""Shifts of the other plants, with faults of all kinds, are in the tests beside this one."""


@pytest.mark.parametrize(("line", "seed"), LIVES)
def test_states_and_counts_of_a_shift_are_the_true_ones(line: DescribedLine, seed: int) -> None:
    first = line.described(seed).spec.machines[0].name
    shift = simulated(seed, END, line, ((f"{first}.jam", START + HOUR),))
    deliveries = [(int(one.time[-1]), one) for one in cut(shift.samples, range(START, END, 10 * MINUTE))]
    found = folded(shift, deliveries)
    assert found.pieces() == true_pieces(shift.truth)
    assert found.intervals() == true_intervals(shift.truth)
