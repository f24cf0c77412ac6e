import shutil

import pytest

from tests.wire.influx.influxd import influxd

PROGRAMS = {"influx": ("influxd", "influxdb"), "victoria": ("victoria-metrics", "victoria-metrics")}


def pytest_collection_modifyitems(items):
    for marker, (program, package) in PROGRAMS.items():
        if shutil.which(program) is None:
            for item in items:
                if item.get_closest_marker(marker):
                    item.add_marker(pytest.mark.skip(reason=f"no {program} on PATH (apt install {package})"))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A running InfluxDB 1.x; each test takes a fresh database of it."""
    with influxd(tmp_path_factory.mktemp("influxd")) as running:
        yield running
