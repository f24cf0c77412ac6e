"""Every test of this folder runs over every store."""

import pytest

from tests.contract.stores import memory, sqlite


@pytest.fixture(params=[memory, sqlite], ids=["memory", "sqlite"])
def store(request, tmp_path):
    with request.param(tmp_path) as one:
        yield one
