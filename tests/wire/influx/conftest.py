import os
import shutil

import pytest

from tests.wire.influx.influxd import influxd
from tests.wire.influx.user_server import URL

PROGRAMS = {"influx": ("influxd", "influxdb"), "victoria": ("victoria-metrics", "victoria-metrics")}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    yours = [item for item in items if item.get_closest_marker("influx_live")]
    if "influx_live" not in (config.option.markexpr or ""):  # nothing of a plain run leaves this machine
        items[:] = [item for item in items if item not in yours]
        config.hook.pytest_deselected(items=yours)
    elif not os.environ.get(URL):
        for item in yours:
            item.add_marker(pytest.mark.skip(reason=f"{URL} names no server (docs/reference/influxdb.md)"))
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
