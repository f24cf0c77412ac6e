import shutil

import pytest

from tests.wire.influx.influxd import influxd


def pytest_collection_modifyitems(items):
    if shutil.which("influxd") is None:
        for item in items:
            if item.get_closest_marker("influx"):
                item.add_marker(pytest.mark.skip(reason="no influxd on PATH (apt install influxdb)"))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A running InfluxDB 1.x; each test takes a fresh database of it."""
    with influxd(tmp_path_factory.mktemp("influxd")) as running:
        yield running
