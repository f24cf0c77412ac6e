"""A server that says back what it hears, and remembers how its connections ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress


class Echo:
    """Listens on `port`."""

    def __init__(self) -> None:
        self.port = 0
        self.received = 0
        self._ends: asyncio.Queue[str] = asyncio.Queue()
        self._more = asyncio.Event()

    async def end(self) -> str:
        """How the next connection ended: `end` or `reset`."""
        return await asyncio.wait_for(self._ends.get(), 20)

    async def heard(self, count: int) -> None:
        """Until so many bytes came in all."""
        async with asyncio.timeout(20):
            while self.received < count:
                self._more.clear()
                await self._more.wait()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        how = "end"
        try:
            while data := await reader.read(65536):
                self.received += len(data)
                self._more.set()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            how = "reset"
        self._ends.put_nowait(how)
        await ended(writer)


async def ended(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@asynccontextmanager
async def echo() -> AsyncGenerator[Echo]:
    one = Echo()
    answers: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers.add(asyncio.ensure_future(one.answer(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    yield one
    server.close()
    for task in answers:
        task.cancel()
    await asyncio.gather(*answers, return_exceptions=True)
    await server.wait_closed()
