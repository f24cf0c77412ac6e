"""The cable of the demo: whole it carries everything, pulled it carries nothing, afterwards it is whole again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from twin.cli.cable import LOCAL, cable


@asynccontextmanager
async def echo() -> AsyncGenerator[int]:
    answers: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers.add(asyncio.ensure_future(answer(reader, writer)))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1024):
                writer.write(data)
        await ended(writer)

    server = await asyncio.start_server(accept, LOCAL, 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await asyncio.gather(*answers)
    await server.wait_closed()


async def said(port: int) -> bytes:
    """What comes back of `hello`; nothing when the connection breaks."""
    reader, writer = await asyncio.open_connection(LOCAL, port)
    try:
        writer.write(b"hello")
        return await reader.read(1024)
    except ConnectionError:
        return b""
    finally:
        await ended(writer)


async def ended(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def test_a_cable_is_pulled_and_put_back() -> None:
    async with echo() as port, cable(port) as one:
        assert await said(one.port) == b"hello"
        reader, writer = await asyncio.open_connection(LOCAL, one.port)
        writer.write(b"still here")
        assert await reader.read(1024) == b"still here"
        one.pull(0.3)
        with suppress(ConnectionError):
            assert await reader.read(1024) == b""
        await ended(writer)
        assert await said(one.port) == b""
        while not await said(one.port):
            pass


async def test_a_cable_to_nobody_breaks_at_once() -> None:
    async with echo() as port:
        pass
    async with cable(port) as one:
        assert await said(one.port) == b""
