"""kill -9 at each step of sealing and merging: nothing is lost, nothing is there twice, nobody has to do anything."""

import pytest

from tests.faults.seal_cycles import STEPS, seal_cycles


@pytest.mark.timeout(240)
def test_killed_at_steps_of_sealing_and_merging(tmp_path):
    found = seal_cycles(len(STEPS), 3, tmp_path)
    print(found)
    assert (found.lost, found.invented, found.twice, found.orphans) == (0, 0, 0, 0), found
    assert found.verify == "equal", found
    assert found.sealed > 300, found
