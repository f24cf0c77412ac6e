"""Brokers for the machines on MQTT."""

import shutil

import pytest

from tests.wire.mqtt.brokers import free_port, iotcore, mosquitto


@pytest.fixture(params=["iotcore", pytest.param("mosquitto", marks=pytest.mark.mosquitto)])
def broker_port(request, tmp_path):
    """The port of a fresh broker."""
    if request.param == "mosquitto" and shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not on PATH: apt install mosquitto")
    port = free_port()
    with {"iotcore": iotcore, "mosquitto": mosquitto}[request.param](tmp_path, port):
        yield port
