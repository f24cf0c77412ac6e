"""A cable that can be pulled: carries bytes between the twin and what the demo simulates, on the loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

LOCAL = "127.0.0.1"
PIECE = 65536


class Cable:
    """`port` leads to the target. Pulled, it breaks every connection and lets none through until it is back."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._back: asyncio.TimerHandle | None = None
        self._served: set[asyncio.Task[None]] = set()
        self.port = 0

    def pull(self, seconds: float) -> None:
        """Cut it now, put it back after so many seconds of wall time."""
        if self._back is not None:
            self._back.cancel()
        self._back = asyncio.get_running_loop().call_later(seconds, self._mend)
        self.cut()

    def cut(self) -> None:
        """Break what runs through it now."""
        for writer in self._open:
            writer.transport.abort()

    def _mend(self) -> None:
        self._back = None

    async def end(self) -> None:
        """Break everything, and wait until it is gone."""
        self.cut()
        await asyncio.gather(*self._served, return_exceptions=True)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection of a client."""
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._served.add(task)
        task.add_done_callback(self._served.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until either side ends it."""
        if self._back is not None:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(LOCAL, self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._open |= both
        try:
            await asyncio.gather(_carry(reader, far_writer), _carry(far_reader, writer))
        finally:
            self._open -= both


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(PIECE):
            writer.write(data)
            await writer.drain()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@asynccontextmanager
async def cable(target: int) -> AsyncGenerator[Cable]:
    """A cable to a port of this machine, on a free port of its own, while the block runs."""
    one = Cable(target)
    server = await asyncio.start_server(one.accept, LOCAL, 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        await one.end()
        await server.wait_closed()
