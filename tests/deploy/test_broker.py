"""The broker's configuration in the real broker: who may do what, and what is left after a kill."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.deploy.broker import Client, mosquitto
from tests.deploy.conftest import need
from tests.wire.mqtt.brokers import free_port
from tests.wire.running import eventually

pytestmark = pytest.mark.mosquitto

TAKEN, NOBODY_LISTENS, NOT_AUTHORISED = 0, 16, 135


@pytest.fixture(autouse=True)
def _needs_mosquitto() -> None:
    need("mosquitto")


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def packer_password(stage: Path) -> str:
    return (stage / "secrets" / "packer.password").read_text(encoding="utf-8")


def test_nobody_is_anonymous_and_a_password_counts(stage: Path, tmp_path: Path, port: int) -> None:
    with mosquitto(stage, tmp_path / "data", port):
        for user, password in (("", ""), ("linetwin", "wrong"), ("nobody", "x")):
            with Client(port, user, password) as client:
                assert client.reason() == "Not authorized"


def test_a_machine_writes_below_its_own_name_and_the_twin_reads_it(
    stage: Path, tmp_path: Path, port: int, broker_password: str, packer_password: str
) -> None:
    with (
        mosquitto(stage, tmp_path / "data", port),
        Client(port, "linetwin", broker_password) as twin,
        Client(port, "packer", packer_password) as packer,
    ):
        assert (twin.reason(), packer.reason()) == ("Success", "Success")
        assert twin.subscribe("#") == 1
        packer.subscribe("#")
        assert packer.publish("cell/packer/state", "61.5") == TAKEN
        assert packer.publish("cell/filler/state", "0") == NOT_AUTHORISED
        assert packer.publish("cell", "0") == NOT_AUTHORISED
        assert packer.publish("cell/packer/drive/temp", "48") == TAKEN
        assert [twin.next(), twin.next()] == [("cell/packer/state", b"61.5"), ("cell/packer/drive/temp", b"48")]
        assert twin.publish("cell/packer/state", "0") == NOT_AUTHORISED
        assert packer.messages.empty()  # it may not read, not even its own


def saved(database: Path, before: int) -> None:
    """Wait until the broker has written its memory to disk once more than `before` (ns)."""
    eventually(lambda: database.exists() and database.stat().st_mtime_ns > before)


def test_what_waits_for_the_twin_outlives_a_kill_of_the_broker(
    stage: Path, tmp_path: Path, port: int, broker_password: str, packer_password: str
) -> None:
    data, sent = tmp_path / "data", [f"{number}".encode() for number in range(1500)]
    with mosquitto(stage, data, port):
        with Client(port, "linetwin", broker_password, session="twin") as twin:
            twin.subscribe("cell/#")
        with Client(port, "packer", packer_password) as packer:
            assert {packer.publish("cell/packer/n", number.decode()) for number in sent} == {TAKEN}
        saved(data / "mosquitto.db", time.time_ns())
    with mosquitto(stage, data, port), Client(port, "linetwin", broker_password, session="twin") as twin:
        assert [twin.next()[1] for _ in sent] == sent  # more than the 1,000 that the default keeps
