"""Our connectors pass the door that a third party's connector would."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connectors.mqtt import connector
from tests.contract.sources import CsvSource, on_iotcore, on_mosquitto, opcua
from twin.core.errors import Misconfigured
from twin.core.inbox import Inbox
from twin.testing import ContractBroken, check_connector


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


class AcknowledgesEarly(Inbox):
    def put(self, batch, acknowledge=None):
        super().put(batch)
        if acknowledge is not None:
            acknowledge()


class TakesEverything(Inbox):
    """Has room without end, and acknowledges so that the broker sends on."""

    async def room(self):
        pass

    def put(self, batch, acknowledge=None):
        super().put(batch)
        if self.rows > 30 and acknowledge is not None:
            acknowledge()


class LosesSome(Inbox):
    def put(self, batch, acknowledge=None):
        kept = batch.value % 50 != 7
        super().put(batch.take(kept) if kept.any() else batch, acknowledge)


class EndsQuietly(Inbox):
    def fail(self, error):
        super().fail(StopAsyncIteration())


class BlamesTheUser(Inbox):
    def fail(self, error):
        super().fail(Misconfigured(str(error)))


@pytest.mark.parametrize(
    ("inbox", "broken"),
    [
        (AcknowledgesEarly, "acknowledged when the next one is asked for, never earlier: .*did not come again"),
        (TakesEverything, "a reader that stands still stops the wire: .*nothing bounds them"),
        (LosesSome, "gives what its source says, whole, in order.*numbers are missing"),
        (EndsQuietly, "ends the iteration with Unreachable.*ended without an error"),
        (BlamesTheUser, "ends the iteration with Unreachable"),
    ],
)
def test_a_wrong_connector_is_told_the_clause(tmp_path: Path, monkeypatch, inbox: type[Inbox], broken: str) -> None:
    monkeypatch.setattr(connector, "Inbox", inbox)
    with pytest.raises(ContractBroken, match=broken):
        check_connector(lambda: on_iotcore(tmp_path))
