"""kill -9 under load and at steps of sealing, merging, forgetting, backup: nothing is lost, nothing invented."""

import pytest

from tests.faults.kill_cycles import RANDOM, kill_cycles

STEPS = ("writing", "renamed", "committing", "sealed", "deleted", "merged", "marked", "log copied", "named")
"""Those after which the most is left to do."""


@pytest.mark.mosquitto
@pytest.mark.timeout(300)
def test_killed_at_steps_and_at_random_instants_under_load(tmp_path):
    found = kill_cycles(len(STEPS) + len(STEPS) // (RANDOM - 1), 1, tmp_path, STEPS)
    print(found)
    assert found.problems() == [], found
    assert found.acked > 5000, found
    assert found.more["sealed rows"] > 3000, found
    assert found.more["whole backups"] > 0, found
