"""A power cut loses nothing that was acknowledged; and this is looked at closely enough to catch one who lies."""

from __future__ import annotations

import pytest

from tests.faults.power_cuts import power_cuts

pytestmark = [pytest.mark.root, pytest.mark.mosquitto, pytest.mark.timeout(300)]


def test_two_power_cuts_under_load(tmp_path):
    found = power_cuts(2, 1, tmp_path, rate=300)
    print(found)
    assert found.problems() == [], found
    assert found.acked > 1000, found


def test_a_commit_that_returns_before_it_is_on_disk_is_found_as_lost(tmp_path):
    found = power_cuts(1, 2, tmp_path, lie=1, rate=300)
    assert found.lost > 0, found
    assert found.more["cuts that lost"] == found.more["cuts with an answer"] == 1, found
