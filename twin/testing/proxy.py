"""FaultProxy: a TCP wire on the loopback that can be slow, late, cut, held or refused while a test runs."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from collections.abc import Callable
from functools import partial
from random import Random
from types import TracebackType
from typing import Literal, Self, TypeVar, get_args

from twin.testing.carry import Way, carry

LOCAL = "127.0.0.1"
_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: closing forgets what is unsent and resets."""

Which = Literal["up", "down", "both"]
"""Direction: up is from who connects to the target, down is back."""
How = Literal["reset", "close"]
Found = TypeVar("Found")


class FaultProxy:
    """`port` leads to the target port of this machine. `async with FaultProxy(target) as wire: ...`

    In sync tests the fixture `fault_proxy` gives one that runs in a thread of its own; every method may be called from
    any thread. Faults add up and last until `mend`; connections that are open live on under the new ones. At most
    `most` connections at a time: more are reset and counted. The same seed draws the same jitter.
    """

    def __init__(self, target: int, *, seed: int = 0, most: int = 100) -> None:
        self.target = target
        self.port = 0
        self.accepted = 0
        """Connections since the beginning that led to the target."""
        self.turned_away = 0
        """Connections reset at once: refused, too many, or nobody at the target."""
        self._seed = seed
        self._most = most
        self._refusing = False
        self._back: asyncio.TimerHandle | None = None
        self._ways: dict[str, Way] = {"up": Way(), "down": Way()}
        self._links: set[_Link] = set()
        self._served: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._accept, LOCAL, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        if self._back is not None:
            self._back.cancel()
        self._cut("reset")
        for task in self._served:
            task.cancel()
        await asyncio.gather(*self._served, return_exceptions=True)
        await self._server.wait_closed()
        await asyncio.sleep(0)  # sockets are closed a turn of the loop after they are aborted

    @property
    def open(self) -> int:
        """Connections that lead to the target now."""
        return len(self._links)

    @property
    def sent_up(self) -> int:
        """Bytes carried to the target so far."""
        return self._ways["up"].carried

    @property
    def sent_down(self) -> int:
        """Bytes carried back so far."""
        return self._ways["down"].carried

    def delay(self, seconds: float, jitter: float = 0.0, way: Which = "both") -> None:
        """Hand bytes on so much later, plus an even draw from [0, jitter) s; order is kept, the rate is not reduced."""
        not_negative("delay", seconds, jitter)
        self._set(way, delay_s=seconds, jitter_s=jitter)

    def limit(self, bytes_per_second: float, way: Which = "both") -> None:
        """Carry no more than this, all connections together; 0 takes the limit away."""
        not_negative("limit", bytes_per_second)
        self._set(way, bytes_per_s=bytes_per_second)

    def slow_close(self, seconds: float, way: Which = "both") -> None:
        """Who is at the other end learns so much later that a connection was closed."""
        not_negative("slow_close", seconds)
        self._set(way, close_s=seconds)

    def hold(self, way: Which = "both") -> None:
        """Half-open: nothing is carried and nothing is closed, until `flow` or `mend`. New connections are silent."""
        for one in self._of(way):
            self._do(one.flowing.clear)

    def flow(self, way: Which = "both") -> None:
        """Carry on; what was held goes first."""
        for one in self._of(way):
            self._do(one.flowing.set)

    def refuse(self) -> None:
        """Reset whoever connects from now on. The port stays ours, so that nobody else can get it meanwhile."""
        self._do(self._refuse)

    def cut(self, how: How = "reset") -> None:
        """End every open connection now, on both sides: by a reset (RST), or closed as if all were said (FIN)."""
        if how not in get_args(How):
            raise ValueError(f"cut({how!r}): there are {', '.join(get_args(How))}")
        self._do(lambda: self._cut(how))

    def cut_after(self, count: int, way: Which = "up") -> None:
        """Reset the connection that carries the count-th byte from now on, right behind that byte; once.

        Who reads as it comes gets exactly these bytes; what still waits before a slow reader is lost with the link.
        """
        for one in self._of(way):
            self._do(partial(one.cut_after, count))

    def pull(self, seconds: float) -> None:
        """Cut and refuse now, and put all back after so many seconds."""
        self._do(lambda: self._pull(seconds))

    def mend(self) -> None:
        """Take every fault away. Connections that were cut stay so: who wants one connects again."""
        self._do(self._mend)

    async def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Wait until a condition on this wire holds: `until(lambda: wire.sent_down > 500)`. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def wait_until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """The same for a test without an event loop."""
        asyncio.run_coroutine_threadsafe(self.until(condition, seconds), self._loop).result()

    def _of(self, way: Which) -> list[Way]:
        return list(self._ways.values()) if way == "both" else [self._ways[way]]

    def _set(self, way: Which, **values: float) -> None:
        def apply() -> None:
            for one in self._of(way):
                for name, value in values.items():
                    setattr(one, name, value)

        self._do(apply)

    def _do(self, call: Callable[[], Found]) -> Found:
        """Call on the loop of the wire, from whatever thread."""
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        return call() if here else asyncio.run_coroutine_threadsafe(_called(call), self._loop).result()

    def _refuse(self) -> None:
        self._refusing = True

    def _cut(self, how: How) -> None:
        for link in self._links:
            link.cut(how)

    def _pull(self, seconds: float) -> None:
        if self._back is not None:
            self._back.cancel()
        self._refusing = True
        self._back = self._loop.call_later(seconds, self._mend)
        self._cut("reset")

    def _mend(self) -> None:
        if self._back is not None:
            self._back.cancel()
        self._back, self._refusing = None, False
        for way in self._ways.values():
            way.mend()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing or len(self._served) >= self._most:
            self._turn_away(writer)
            return
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._served.add(task)
        task.add_done_callback(self._served.discard)

    def _turn_away(self, writer: asyncio.StreamWriter) -> None:
        self.turned_away += 1
        _end(writer, "reset")
        self._changed.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry for one connection until either side ends it."""
        try:
            await self._ways["up"].flowing.wait()
            far_reader, far_writer = await asyncio.open_connection(LOCAL, self.target)
        except OSError:
            self._turn_away(writer)
            return
        except asyncio.CancelledError:
            _end(writer, "reset")
            raise
        link = _Link(asyncio.current_task(), writer, far_writer)
        self._links.add(link)
        self.accepted += 1
        self._changed.set()
        chance = [Random(f"{self._seed}/{self.accepted}/{way}") for way in self._ways]  # noqa: S311 - a test's dice
        how: How = "reset"
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(carry(reader, far_writer, self._ways["up"], chance[0], self._changed.set))
                both.create_task(carry(far_reader, writer, self._ways["down"], chance[1], self._changed.set))
            how = "close"
        except* ConnectionError:
            pass
        finally:
            link.end(how)
            self._links.discard(link)
            self._changed.set()


class _Link:
    """Both ends of one connection."""

    def __init__(self, carrying: asyncio.Task[None] | None, *ends: asyncio.StreamWriter) -> None:
        self._carrying = carrying
        self._ends = ends

    def cut(self, how: How) -> None:
        """End it, also when its bytes are held."""
        self.end(how)
        if self._carrying is not None:
            self._carrying.cancel()

    def end(self, how: How) -> None:
        for writer in self._ends:
            _end(writer, how)


def not_negative(what: str, *numbers: float) -> None:
    """ValueError for what is no number of seconds or bytes."""
    for number in numbers:
        if not isinstance(number, int | float) or not 0 <= number < math.inf:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(f"{what}({number!r}): take a number, 0 or more")


def _end(writer: asyncio.StreamWriter, how: How) -> None:
    """RST, or FIN whatever waits unread. Ending twice does nothing."""
    if writer.transport.is_closing():
        return
    one = writer.get_extra_info("socket")
    try:
        if how == "reset":
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        else:
            one.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other side was quicker
    writer.transport.abort()


async def _called(call: Callable[[], Found]) -> Found:
    return call()
