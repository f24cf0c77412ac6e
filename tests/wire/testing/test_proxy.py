"""A wire with faults, over real sockets: each fault does what its name says, to the byte."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.wire.testing.echo import Echo, echo, ended
from twin.testing import FaultProxy

LOCAL = "127.0.0.1"
LONG = bytes(range(256)) * 4096
"""1 MiB."""


@asynccontextmanager
async def talking(port: int) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(LOCAL, port)
    try:
        yield reader, writer
    finally:
        await ended(writer)


async def said(port: int, words: bytes = b"hello") -> bytes:
    """What comes back; as much as came before the connection ended."""
    got = b""
    async with talking(port) as (reader, writer):
        with suppress(ConnectionError):
            writer.write(words)
            while len(got) < len(words) and (data := await reader.read(65536)):
                got += data
    return got


@pytest.fixture
async def far() -> AsyncGenerator[Echo]:
    async with echo() as one:
        yield one


@pytest.fixture
async def wire(far: Echo) -> AsyncGenerator[FaultProxy]:
    async with FaultProxy(far.port) as one:
        yield one


async def test_a_whole_wire_carries_every_byte_and_counts_both_ways(wire: FaultProxy) -> None:
    assert await said(wire.port, LONG) == LONG
    assert (wire.sent_up, wire.sent_down, wire.accepted) == (len(LONG), len(LONG), 1)
    await wire.until(lambda: wire.open == 0)


async def test_a_cut_is_a_reset_or_a_close_as_asked(wire: FaultProxy, far: Echo) -> None:
    for number in (1, 2):
        async with talking(wire.port) as (reader, writer):
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"
            wire.cut("reset")
            with pytest.raises(ConnectionResetError):
                await reader.read(1)
        assert await far.end() == "reset"
        async with talking(wire.port) as (reader, writer):
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"
            wire.cut("close")
            assert await reader.read(1) == b""
        assert await far.end() == "end"
        assert wire.accepted == 2 * number


async def test_what_either_side_does_is_carried_as_it_is(wire: FaultProxy, far: Echo) -> None:
    async with talking(wire.port) as (reader, writer):
        writer.write(b"abc")
        writer.write_eof()  # half closed: what comes back is still read
        assert await reader.read() == b"abc"
    assert await far.end() == "end"
    with socket.create_connection((LOCAL, wire.port)) as one:
        await wire.until(lambda: wire.open == 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert await far.end() == "reset"


async def test_a_refusing_wire_resets_who_comes_and_leaves_who_is_there(wire: FaultProxy) -> None:
    async with talking(wire.port) as (reader, writer):
        writer.write(b"a")
        assert await reader.readexactly(1) == b"a"
        wire.refuse()
        assert await said(wire.port) == b""
        writer.write(b"b")
        assert await reader.readexactly(1) == b"b"
    assert wire.turned_away == 1
    wire.mend()
    assert await said(wire.port) == b"hello"


async def test_a_wire_to_nobody_resets_at_once() -> None:
    async with echo() as far:
        pass
    async with FaultProxy(far.port) as wire:
        assert await said(wire.port) == b""
        assert (wire.turned_away, wire.accepted) == (1, 0)


async def test_a_held_wire_carries_and_closes_nothing_until_it_flows(wire: FaultProxy, far: Echo) -> None:
    async with talking(wire.port) as (reader, writer):
        writer.write(b"before")
        assert await reader.readexactly(6) == b"before"
        wire.hold()
        writer.write(b"after")
        writer.write_eof()
        async with talking(wire.port) as (_, silent):
            silent.write(b"nobody hears")
            # all that a loop has to do is done when a wire beside the held one has carried a word
            async with FaultProxy(far.port) as beside:
                assert await said(beside.port) == b"hello"
            assert (wire.sent_up, wire.open) == (6, 1)
        wire.flow()
        assert await reader.read() == b"after"


async def test_a_wire_may_be_held_in_one_direction(wire: FaultProxy, far: Echo) -> None:
    async with talking(wire.port) as (reader, writer):
        wire.hold("down")
        writer.write(b"up it goes")
        await wire.until(lambda: wire.sent_up == 10)
        await far.heard(10)
        assert wire.sent_down == 0
        wire.mend()
        assert await reader.readexactly(10) == b"up it goes"


async def test_a_held_wire_can_be_cut(wire: FaultProxy) -> None:
    async with talking(wire.port) as (reader, writer):
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"
        wire.hold()
        writer.write(b"y")
        wire.cut()
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
    await wire.until(lambda: wire.open == 0)


@pytest.mark.parametrize("count", [1, 7, 65536, 65537, 300_000])
@pytest.mark.parametrize("way", ["up", "down"])
async def test_a_connection_is_cut_behind_a_certain_byte(wire: FaultProxy, far: Echo, way: str, count: int) -> None:
    assert await said(wire.port, b"before") == b"before"
    wire.cut_after(count, way)
    got = await said(wire.port, LONG)
    if way == "down":
        assert got == LONG[:count]
    else:
        await far.heard(6 + count)
        assert far.received == 6 + count
    assert await said(wire.port) == b"hello"  # the knife falls once


async def test_a_delay_holds_for_every_byte_and_keeps_their_order(wire: FaultProxy) -> None:
    loop = asyncio.get_running_loop()
    wire.delay(0.05, jitter=0.05)
    began = loop.time()
    assert await said(wire.port, LONG) == LONG
    assert loop.time() - began >= 0.1  # there and back
    wire.mend()
    assert await said(wire.port, LONG) == LONG


async def test_a_limit_is_of_the_wire_not_of_a_connection(wire: FaultProxy) -> None:
    loop = asyncio.get_running_loop()
    wire.limit(200_000, "up")
    began = loop.time()
    assert await asyncio.gather(said(wire.port, LONG[:15_000]), said(wire.port, LONG[:15_000])) == [LONG[:15_000]] * 2
    assert loop.time() - began >= (30_000 - 2 * 10_000) / 200_000  # the first slice of each goes at once


async def test_a_slow_close_comes_late(wire: FaultProxy, far: Echo) -> None:
    loop = asyncio.get_running_loop()
    wire.slow_close(0.05)
    began = loop.time()
    assert await said(wire.port) == b"hello"
    assert await far.end() == "end"
    assert loop.time() - began >= 0.05


async def test_a_pulled_wire_comes_back_by_itself(wire: FaultProxy) -> None:
    async with talking(wire.port) as (reader, _):
        await wire.until(lambda: wire.open == 1)
        wire.pull(0.05)
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
    while not await said(wire.port):
        pass
    assert wire.turned_away > 0


async def test_connections_are_capped(far: Echo) -> None:
    async with FaultProxy(far.port, most=2) as wire, talking(wire.port), talking(wire.port):
        await wire.until(lambda: wire.open == 2)
        assert await said(wire.port) == b""
        assert wire.turned_away == 1


async def test_who_does_not_read_stops_the_sender(wire: FaultProxy) -> None:
    """Bounded: a sender finds its socket full, the wire does not take it all into memory."""
    wire.hold("up")
    async with talking(wire.port) as (_, writer):
        writer.transport.set_write_buffer_limits(0)
        full = False
        for _ in range(100):
            writer.write(LONG)
            try:
                await asyncio.wait_for(writer.drain(), 0.2)
            except TimeoutError:
                full = True
                break
        assert full
        writer.transport.abort()


def test_it_serves_tests_without_an_event_loop(fault_proxy) -> None:
    with socket.create_server((LOCAL, 0)) as server:
        wire = fault_proxy(server.getsockname()[1])
        with socket.create_connection((LOCAL, wire.port)) as one:
            far, _ = server.accept()
            with far:
                one.sendall(b"hello")
                assert far.recv(5) == b"hello"
                wire.hold()
                one.sendall(b"held")
                wire.mend()
                assert far.recv(4) == b"held"
                wire.wait_until(lambda: wire.sent_up == 9)
                wire.cut()
                with pytest.raises(ConnectionResetError):
                    one.recv(1)
        assert (wire.sent_up, wire.sent_down) == (9, 0)


def test_what_is_no_number_of_seconds_and_no_way_to_cut_is_refused(fault_proxy) -> None:
    wire = fault_proxy(1)
    for wrong in (lambda: wire.delay("1s"), lambda: wire.delay(-1), lambda: wire.limit(float("nan"))):
        with pytest.raises(ValueError, match="take a number, 0 or more"):
            wrong()
    with pytest.raises(ValueError, match=r"cut\('rst'\): there are reset, close"):
        wire.cut("rst")
