"""One eventful folder, stopped, for all tests that only read it."""

from __future__ import annotations

import pytest

from tests.unit.runtime.incident.a_life import Life, eventful


@pytest.fixture(scope="session")
def life(tmp_path_factory) -> Life:
    """A stopped one."""
    made = eventful(tmp_path_factory.mktemp("life") / "data")
    assert made.acknowledged
    made.stop()
    return made
