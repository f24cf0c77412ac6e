"""Tools that some of these tests need; without one a test is skipped by name."""

import shutil

import pytest


def pytest_collection_modifyitems(items):
    if shutil.which("mosquitto") is None:
        for item in items:
            if item.get_closest_marker("mosquitto"):
                item.add_marker(pytest.mark.skip(reason="no mosquitto on PATH (apt install mosquitto)"))
