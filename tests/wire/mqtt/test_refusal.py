"""What a broker refuses, and what is said of it. Brokers at hand do not send every reason code: a scripted one does."""

import asyncio
from contextlib import asynccontextmanager, closing

import pytest

from tests.wire.mqtt.brokers import mosquitto
from tests.wire.mqtt.plant import Bench, numbers, publisher, pull, stamped, tag
from twin.core.errors import Misconfigured, Unreachable

CONNACK, SUBACK_1, TAKEN_OVER = b"\x20\x03\x00%c\x00", b"\x90\x04\x00\x01\x00%c", b"\xe0\x02\x8e\x00"


@asynccontextmanager
async def scripted(*answers):
    """A server that answers the n-th packet with the n-th of these bytes, and then hangs up."""

    async def serve(reader, writer):
        with closing(writer):
            for answer in answers:
                await reader.read(4096)
                writer.write(answer)
                await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        (1, Misconfigured, "does not speak MQTT 5"),
        (132, Misconfigured, "does not speak MQTT 5"),
        (133, Misconfigured, "refuses our client id 'me-telemetry'; set client_id"),
        (134, Misconfigured, "wrong user or password; check user and password"),
        (135, Misconfigured, "user 'twin' may not connect"),
        (136, Unreachable, "server unavailable"),
        (137, Unreachable, "server busy"),
        (157, Misconfigured, "it has moved; change the address"),
        (255, Unreachable, "mqtt://127.0.0.1"),
    ],
)
async def test_a_refused_connection_says_what_to_do(tmp_path, code, error, text):
    async with scripted(CONNACK % code) as port:
        bench = Bench(tmp_path, port, tag("x"), user="twin", password="s3cret", client_id="me")
        with pytest.raises(error, match=text) as raised:
            async with bench.connector().open():
                pass
    assert str(port) in str(raised.value)
    assert "s3cret" not in str(raised.value)


async def test_a_session_taken_over_names_the_client_id(tmp_path):
    async with scripted(CONNACK % 0, SUBACK_1 % 1 + TAKEN_OVER) as port:
        with pytest.raises(Misconfigured, match="another program uses our client id 'same-telemetry'"):
            async with Bench(tmp_path, port, tag("x"), client_id="same").connector().open() as batches:
                await pull(batches, 1)


@pytest.mark.parametrize("broken", [b"\xff\xff", b"\x30\x02\x00\x09", b"\x30\xff\xff\xff\xff\x7f", b"\x30\x00"])
async def test_bytes_that_are_no_mqtt_end_the_link_and_nothing_else(tmp_path, broken):
    async with scripted(CONNACK % 0, SUBACK_1 % 1 + broken) as port:
        with pytest.raises(Unreachable):
            async with Bench(tmp_path, port, tag("x")).connector().open() as batches:
                await pull(batches, 1)


async def test_a_server_that_hangs_up_is_unreachable(tmp_path):
    async with scripted(CONNACK % 0) as port:
        with pytest.raises(Unreachable, match=f"127.0.0.1:{port}"):
            async with Bench(tmp_path, port, tag("x")).connector().open() as batches:
                await pull(batches, 1)


async def test_something_else_behind_the_port_is_named_so(tmp_path):
    async with scripted() as port:
        with pytest.raises(Unreachable, match=r"does it speak MQTT 5|[Rr]eset"):
            async with Bench(tmp_path, port, tag("x")).connector().open():
                pass


async def test_a_topic_that_is_refused_is_a_problem_of_its_tag(tmp_path):
    two = b"\x90\x05\x00\x01\x00\x01\x87"
    async with scripted(CONNACK % 0, two, b"") as port:
        bench = Bench(tmp_path, port, tag("x"), tag("hidden", "line/hidden"))
        async with bench.connector().open():
            pass
    assert bench.kept.problems == {
        "hidden": "the broker refuses topic 'line/hidden' (reason 135); mend its access list"
    }


async def test_when_every_topic_is_refused_there_is_nothing_to_wait_for(tmp_path):
    async with scripted(CONNACK % 0, SUBACK_1 % 135, b"") as port:
        with pytest.raises(Misconfigured, match="every topic is refused"):
            async with Bench(tmp_path, port, tag("x")).connector().open() as batches:
                await pull(batches, 1)


async def test_qos_0_where_1_was_asked_is_said(tmp_path):
    async with scripted(CONNACK % 0, SUBACK_1 % 0, b"") as port:
        bench = Bench(tmp_path, port, tag("x"))
        async with bench.connector().open():
            pass
    assert bench.kept.problems == {"x": "the broker grants only QoS 0 for 'line/x'; an outage loses values"}


async def test_leaving_does_not_wait_for_a_silent_broker(tmp_path):
    async with scripted(CONNACK % 0, SUBACK_1 % 1, b"", b"", b"") as port:
        async with Bench(tmp_path, port, tag("x")).connector().open():
            started = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - started < 2


@pytest.mark.mosquitto
async def test_two_programs_that_throw_each_other_out_are_suspected(tmp_path, only_mosquitto):
    ours, theirs = (Bench(tmp_path / name, only_mosquitto, tag("x"), client_id="same") for name in "ab")
    connector = ours.connector()
    said = []
    for _ in range(2):
        async with connector.open() as batches, theirs.connector().open():
            with pytest.raises(Unreachable) as raised:
                await pull(batches, 1)
            said.append(str(raised.value))
    assert "another program" not in said[0]
    assert "does another program use client id 'same-telemetry'?" in said[1]


@pytest.mark.mosquitto
async def test_a_wrong_password_is_a_setting_to_mend(tmp_path, port):
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    with mosquitto(tmp_path, port, f"allow_anonymous false\npassword_file {passwords}"):
        bench = Bench(tmp_path, port, tag("x"), user="twin", password="wrong")
        with pytest.raises(Misconfigured) as raised:
            async with bench.connector().open():
                pass
    assert "user" in str(raised.value)
    assert "wrong'" not in str(raised.value)


@pytest.mark.mosquitto
async def test_a_refused_topic_is_a_problem_of_its_tag(tmp_path, port):
    access = tmp_path / "access"
    access.write_text("topic read line/x\ntopic write line/x\n")
    with mosquitto(tmp_path, port, f"allow_anonymous true\nacl_file {access}"):
        bench = Bench(tmp_path, port, tag("x"), tag("secret", "hidden/y"))
        with publisher(port) as publish:
            async with bench.connector().open() as batches:
                await asyncio.to_thread(publish, *stamped(0, 1))
                assert numbers(await pull(batches, 1)) == [0]
    assert "x" not in bench.kept.problems


async def test_no_broker_is_unreachable(tmp_path, port):
    with pytest.raises(Unreachable, match=f"mqtt://127.0.0.1:{port}"):
        async with Bench(tmp_path, port, tag("x")).connector().open():
            pass
