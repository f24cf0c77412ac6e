import asyncio

import pytest

from tests.wire.mqtt.brokers import free_port, mosquitto
from tests.wire.mqtt.certificates import authority
from tests.wire.mqtt.plant import Bench, numbers, publisher, pull, stamped, tag
from twin.core.errors import Misconfigured, Unreachable

pytestmark = pytest.mark.mosquitto


def secured(folder, plain, name="ca"):
    return (
        f"listener {plain} 127.0.0.1\ncafile {folder}/{name}.pem\ncertfile {folder}/{name}-server.pem\n"
        f"keyfile {folder}/{name}-server.key\nallow_anonymous true"
    )


@pytest.fixture
def brokers(tmp_path, port):
    """(plain port, encrypted port) of one broker whose certificate is signed by ca.pem."""
    authority(tmp_path)
    encrypted = free_port()
    with mosquitto(tmp_path, port, f"allow_anonymous true\n{secured(tmp_path, encrypted)}"):
        yield port, encrypted


async def test_an_encrypted_link_delivers(tmp_path, brokers):
    plain, encrypted = brokers
    bench = Bench(tmp_path, encrypted, tag("x"), url="mqtts://localhost", ca=str(tmp_path / "ca.pem"))
    with publisher(plain) as publish:
        async with bench.connector().open() as batches:
            await asyncio.to_thread(publish, *stamped(0, 500))
            assert numbers(await pull(batches, 500)) == list(range(500))


async def test_a_broker_signed_by_somebody_else_is_not_trusted(tmp_path, brokers):
    authority(tmp_path, "stranger")
    bench = Bench(tmp_path, brokers[1], tag("x"), url="mqtts://localhost", ca=str(tmp_path / "stranger.pem"))
    with pytest.raises(Misconfigured, match="certificate is not trusted"):
        async with bench.connector().open():
            pass


async def test_a_broker_is_not_trusted_without_a_file(tmp_path, brokers):
    with pytest.raises(Misconfigured, match="name who signed it under ca"):
        async with Bench(tmp_path, brokers[1], tag("x"), url="mqtts://localhost").connector().open():
            pass


async def test_the_name_in_the_certificate_must_be_the_one_in_the_address(tmp_path, brokers):
    bench = Bench(tmp_path, brokers[1], tag("x"), url="mqtts://127.0.0.1", ca=str(tmp_path / "ca.pem"))
    with pytest.raises(Misconfigured, match="certificate is not trusted"):
        async with bench.connector().open():
            pass


async def test_an_expired_certificate_is_named(tmp_path, port):
    authority(tmp_path, valid_days=-1)
    encrypted = free_port()
    with mosquitto(tmp_path, port, f"allow_anonymous true\n{secured(tmp_path, encrypted)}"):
        bench = Bench(tmp_path, encrypted, tag("x"), url="mqtts://localhost", ca=str(tmp_path / "ca.pem"))
        with pytest.raises(Misconfigured, match="expired"):
            async with bench.connector().open():
                pass


async def test_encryption_towards_a_plain_port_is_unreachable(tmp_path, brokers):
    bench = Bench(tmp_path, brokers[0], tag("x"), url="mqtts://localhost", ca=str(tmp_path / "ca.pem"))
    with pytest.raises(Unreachable, match=r"no TLS connection|reset"):
        async with bench.connector().open():
            pass


async def test_a_file_that_is_not_there_is_named(tmp_path, brokers):
    bench = Bench(tmp_path, brokers[1], tag("x"), url="mqtts://localhost", ca=str(tmp_path / "gone.pem"))
    with pytest.raises(Misconfigured, match=r"gone\.pem"):
        async with bench.connector().open():
            pass
