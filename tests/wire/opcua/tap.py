"""A wire that remembers what went up: to look for what must never be there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

CREATE_SESSION, ACTIVATE_SESSION = b"\x01\x00\xcd\x01", b"\x01\x00\xd3\x01"
"""How these requests begin: their encoding ids 461 and 467 in namespace 0. To be seen where nothing is encrypted."""


@dataclass
class Tap:
    """port leads to the target; up holds every byte that went there, connection by connection."""

    target: int
    port: int = 0
    up: list[bytearray] = field(default_factory=list)

    @property
    def said(self) -> bytes:
        return b"|".join(self.up)

    @property
    def url(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}"

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(65536):
                kept += chunk
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        self.up.append(bytearray())
        await asyncio.gather(self.carry(reader, back, self.up[-1]), self.carry(there, writer, bytearray()))


@asynccontextmanager
async def tapped(target: int) -> AsyncIterator[Tap]:
    """A tap on the way to a port of this machine."""
    tap = Tap(target)
    server = await asyncio.start_server(tap.accept, "127.0.0.1", 0)
    tap.port = server.sockets[0].getsockname()[1]
    async with server:
        yield tap
