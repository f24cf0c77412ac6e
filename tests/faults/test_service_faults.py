"""Limits, people and disks: the service lives on or says why not, loses nothing, and goes on by itself."""

from __future__ import annotations

import sys

import pytest

if sys.platform != "linux":
    pytest.skip("prlimit and mounts exist on Linux only", allow_module_level=True)

from tests.faults.service_faults import FAULTS, PARTS, one_by_one

pytestmark = [pytest.mark.mosquitto, pytest.mark.timeout(300)]


def test_few_files_a_second_twin_a_backup_and_sigterm_under_load(tmp_path):
    found = one_by_one(*PARTS)(1, 1, tmp_path)
    print(found)
    assert found.problems() == [], found
    assert found.acked > 500, found


@pytest.mark.root
@pytest.mark.parametrize("name", ["disk-full", "read-only"])
def test_a_disk_that_takes_nothing(name, tmp_path):
    found = FAULTS[name](1, 1, tmp_path)
    print(found)
    assert found.problems() == [], found
