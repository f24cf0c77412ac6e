"""Every test of this folder runs over every store."""

import pytest

from tests.contract.stores import STORES


@pytest.fixture(params=STORES.values(), ids=STORES)
def store(request, tmp_path):
    with request.param(tmp_path) as one:
        yield one
