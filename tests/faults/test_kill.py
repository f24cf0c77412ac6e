"""kill -9 under load: nothing acknowledged is lost, nothing is invented, and nobody has to do anything."""

import pytest

from tests.faults.kill_cycles import kill_cycles


@pytest.mark.mosquitto
@pytest.mark.timeout(240)
def test_killed_at_random_instants_under_load(tmp_path):
    found = kill_cycles(20, 1, tmp_path)
    print(found)
    assert (found.lost, found.invented, found.duplicates_read) == (0, 0, 0), found
    assert found.acked == found.sent == found.stored > 5000, found
    assert (found.verify, found.exit_code) == ("equal", 0), found
