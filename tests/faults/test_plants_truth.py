"""The cell and the pump station as the twin sees them: states and counts are the true ones."""

import pytest

from simulators.plants import CNC, PUMPS
from tests.faults.simulated_shift import END, START, cut, folded, simulated, true_intervals, true_pieces
from twin.core.instant import HOUR, MINUTE

FAULTS = {
    CNC: (
        ("mill1.bearing:40m", START + HOUR),
        ("mill2.tool.breakage", START + 2 * HOUR),
        ("deburr.jam", START + 3 * HOUR),
        ("wash.filter:30m", START + 4 * HOUR),
        ("mill2.vibration.wire_break:10m", START + 5 * HOUR),
    ),
    PUMPS: (
        ("pump1.pump.cavitation:20m", START + HOUR),
        ("pump1.bearing:40m", START + 2 * HOUR),
        ("pump2.pump.leak:1h", START + 3 * HOUR),
        ("inlet.jam", START + 5 * HOUR),
        ("pump3.jam", START + 6 * HOUR),
    ),
}


@pytest.mark.parametrize("line", FAULTS, ids=lambda line: line.name)
def test_every_state_and_every_minute_of_a_shift_is_true(line):
    shift = simulated(2, line=line, faults=FAULTS[line])
    found = folded(shift, [(int(one.time[-1]), one) for one in cut(shift.samples, range(START, END, 10 * MINUTE))])
    intervals, pieces = true_intervals(shift.truth), true_pieces(shift.truth)
    assert len(intervals) > 20
    assert len(pieces) > 900
    assert found.intervals() == intervals
    assert found.pieces() == pieces
    assert found.corrections == 0
