"""What some of these tests need; without it a test is skipped by name."""

import os
import shutil
import sys

import pytest


def pytest_collection_modifyitems(items):
    without = {}
    if shutil.which("mosquitto") is None:
        without["mosquitto"] = "no mosquitto on PATH (apt install mosquitto)"
    if sys.platform != "linux" or os.geteuid() != 0:
        without["root"] = "mounts need root on Linux (sudo .venv/bin/python -m pytest -m root)"
    elif shutil.which("mkfs.ext4") is None:
        without["root"] = "no mkfs.ext4 on PATH (apt install e2fsprogs)"
    for item in items:
        for marker, reason in without.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
