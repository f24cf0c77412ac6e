"""kill -9 under load and at each step of sealing, merging, forgetting: nothing is lost, nothing invented."""

import pytest

from tests.faults.kill_cycles import RANDOM, kill_cycles
from tests.faults.service import STEPS


@pytest.mark.mosquitto
@pytest.mark.timeout(300)
def test_killed_at_every_step_and_at_random_instants_under_load(tmp_path):
    found = kill_cycles(len(STEPS) + len(STEPS) // (RANDOM - 1), 1, tmp_path)
    print(found)
    assert found.problems() == [], found
    assert found.acked > 5000, found
    assert found.more["sealed rows"] > 3000, found
