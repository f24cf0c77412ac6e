"""Acknowledged is durable: no PUBACK, no answer to a POST leaves before the fsync that holds its rows returned."""

from __future__ import annotations

import shutil

import pytest

from tests.faults.order import order

ENOUGH = 600


@pytest.mark.mosquitto
@pytest.mark.timeout(180)
@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace on PATH (apt install strace)")
def test_no_acknowledgement_leaves_before_its_fsync(tmp_path):
    found = order(1, 1, tmp_path, ENOUGH)
    print(found)
    assert found.problems() == [], found
    assert found.more["PUBACK seen"] >= ENOUGH // 4, found
    assert found.more["answers seen"] >= ENOUGH // 100, found
