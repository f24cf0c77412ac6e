"""States and counts of the demo line are the true ones, to the nanosecond and the piece, for a whole shift."""

import random

import pytest

from tests.faults.simulated_shift import END, START, cut, folded, simulated, true_intervals, true_pieces
from twin.core.instant import HOUR, MINUTE, SECOND


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_every_state_and_every_minute_of_a_shift_is_true(seed):
    shift = simulated(seed)
    found = folded(shift, [(int(one.time[-1]), one) for one in cut(shift.samples, range(START, END, 5 * MINUTE))])
    intervals, pieces = true_intervals(shift.truth), true_pieces(shift.truth)
    assert len(intervals) > 400
    assert len(pieces) > 2000
    assert found.intervals() == intervals
    assert found.pieces() == pieces
    assert found.corrections == 0


def test_the_same_when_batches_come_late_and_twice():
    shift, chance = simulated(6), random.Random(6)
    edges = {chance.randrange(START, END) for _ in range(400)}
    deliveries = []
    for one in cut(shift.samples, edges):
        arrival = int(one.time[-1])
        if chance.random() < 0.06:
            arrival += chance.choice([3 * SECOND, 30 * SECOND, 5 * MINUTE, HOUR])
        deliveries.append((arrival, one))
        if chance.random() < 0.05:
            deliveries.append((arrival + chance.choice([SECOND, MINUTE]), one))
    found = folded(shift, deliveries)
    assert found.intervals() == true_intervals(shift.truth)
    assert found.pieces() == true_pieces(shift.truth)
    assert found.corrections > 50
