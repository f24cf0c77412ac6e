import shutil

import pytest

from tests.wire.mqtt.brokers import free_port, iotcore, mosquitto


def pytest_collection_modifyitems(items):
    if shutil.which("mosquitto") is None:
        for item in items:
            if item.get_closest_marker("mosquitto"):
                item.add_marker(pytest.mark.skip(reason="no mosquitto on PATH (apt install mosquitto)"))


@pytest.fixture
def port():
    return free_port()


@pytest.fixture(params=[pytest.param("mosquitto", marks=pytest.mark.mosquitto), "iotcore"])
def broker(request, tmp_path, port):
    """The port of a running broker of each kind."""
    with {"mosquitto": mosquitto, "iotcore": iotcore}[request.param](tmp_path, port):
        yield port


@pytest.fixture
def only_mosquitto(tmp_path, port):
    with mosquitto(tmp_path, port):
        yield port
