"""Tools that some of these tests need; without one a test is skipped by name."""

import shutil

import pytest

TOOLS = {"mosquitto": "mosquitto", "strace": "strace"}


def pytest_collection_modifyitems(items):
    for item in items:
        for tool, package in TOOLS.items():
            if item.get_closest_marker(tool) and shutil.which(tool) is None:
                item.add_marker(pytest.mark.skip(reason=f"no {tool} on PATH (apt install {package})"))
