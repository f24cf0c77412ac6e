"""One direction of a wire with faults: bytes go on late, slowly, not at all, or up to a certain one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from random import Random

PIECE = 65536
WAITING_PIECES = 16
"""Pieces on their way in one direction of one connection; then its sender is not read on."""
SLICES_PER_S = 20
"""A limited wire carries so many slices a second, so that it flows and does not gush."""


class Way:
    """What is done to the bytes of one direction, over all connections. Changes count from the next byte on."""

    def __init__(self) -> None:
        self.carried = 0
        """Bytes handed on since the wire was laid."""
        self.delay_s = 0.0
        self.jitter_s = 0.0
        self.bytes_per_s = 0.0
        """0: no limit."""
        self.close_s = 0.0
        """The end of a connection is handed on so much later."""
        self.cut_at: int | None = None
        """The connection that carries this byte, by `carried`, is cut behind it."""
        self.flowing = asyncio.Event()
        self.flowing.set()
        self._free_at = 0.0

    def mend(self) -> None:
        """No faults."""
        self.delay_s = self.jitter_s = self.bytes_per_s = self.close_s = 0.0
        self.cut_at = None
        self.flowing.set()

    def cut_after(self, count: int) -> None:
        """Cut behind the count-th byte from now on."""
        self.cut_at = self.carried + max(1, count)

    async def turn(self) -> None:
        """Wait until the next bytes may go."""
        while not self.flowing.is_set() or (self.bytes_per_s and _now() < self._free_at):
            await asyncio.sleep(self._free_at - _now() if self.bytes_per_s else 0)
            await self.flowing.wait()

    def next_size(self, waiting: int) -> int:
        """How many of the bytes that wait go now, at least one; they count as carried."""
        size = waiting
        if self.bytes_per_s:
            size = min(size, max(1, int(self.bytes_per_s / SLICES_PER_S)))
            self._free_at = max(self._free_at, _now()) + size / self.bytes_per_s
        if self.cut_at is not None:
            size = min(size, max(1, self.cut_at - self.carried))
        self.carried += size
        return size

    def cuts_here(self) -> bool:
        """Whether the byte to cut at has just gone. The knife falls once."""
        if self.cut_at is None or self.carried < self.cut_at:
            return False
        self.cut_at = None
        return True


async def carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way, chance: Random, told: Callable[[], None]
) -> None:
    """Hand bytes on until their sender ends; then its end. Raises ConnectionError for a reset or a cut.

    chance: draws the jitter; bytes never overtake each other. told: called when something was carried.
    """
    writer.transport.set_write_buffer_limits(0)  # `drain` then means that the socket has all of it
    pieces: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue(WAITING_PIECES)
    reading = asyncio.create_task(_read(reader, pieces, way, chance))
    try:
        while piece := await _next(pieces, way):
            await _write(piece, writer, way, told)
        await asyncio.sleep(way.close_s)
        await way.flowing.wait()
        if not writer.transport.is_closing():
            with suppress(OSError):  # the other side has reset it meanwhile
                writer.write_eof()
    finally:
        reading.cancel()
        await asyncio.wait([reading])


async def _read(
    reader: asyncio.StreamReader, pieces: asyncio.Queue[tuple[float, bytes | None]], way: Way, chance: Random
) -> None:
    """Pieces with the instant at which each may go; empty for the end, None for a reset."""
    due, data = 0.0, None
    while data != b"":
        try:
            data = await reader.read(PIECE)
        except ConnectionError:
            await pieces.put((due, None))
            return
        due = max(due, _now() + way.delay_s + chance.random() * way.jitter_s)
        await pieces.put((due, data))


async def _next(pieces: asyncio.Queue[tuple[float, bytes | None]], way: Way) -> bytes:
    due, piece = await pieces.get()
    if due > _now():
        await asyncio.sleep(due - _now())
    if piece is None:
        await way.flowing.wait()
        raise ConnectionResetError
    return piece


async def _write(piece: bytes, writer: asyncio.StreamWriter, way: Way, told: Callable[[], None]) -> None:
    at = 0
    while at < len(piece):
        await way.turn()
        size = way.next_size(len(piece) - at)
        cut = way.cuts_here()
        writer.write(piece[at : at + size])
        await writer.drain()
        at += size
        told()
        if cut:
            raise ConnectionAbortedError


def _now() -> float:
    return asyncio.get_running_loop().time()
