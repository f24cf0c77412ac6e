"""Our connectors pass the door that a third party's connector would."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.contract.sources import CsvSource, on_iotcore, on_mosquitto, opcua
from twin.testing import check_connector


def test_opcua_keeps_the_contract() -> None:
    check_connector(opcua)


@pytest.mark.mosquitto
@pytest.mark.skipif(shutil.which("mosquitto") is None, reason="no mosquitto on PATH (apt install mosquitto)")
def test_mqtt_keeps_the_contract_at_mosquitto(tmp_path: Path) -> None:
    check_connector(lambda: on_mosquitto(tmp_path))


def test_mqtt_keeps_the_contract_at_the_embedded_broker(tmp_path: Path) -> None:
    check_connector(lambda: on_iotcore(tmp_path))


def test_files_keep_the_contract(tmp_path: Path) -> None:
    @asynccontextmanager
    async def a_file():
        yield CsvSource(tmp_path)

    check_connector(a_file)
