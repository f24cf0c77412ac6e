"""A running twin behind its HTTP server, until somebody stops it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING

from twin.core.errors import Misconfigured
from twin.runtime.ports import is_free

if TYPE_CHECKING:
    from twin.api.access import Access
    from twin.api.playground import Playground
    from twin.core.instant import Span
    from twin.runtime.twin import Twin

LOCAL = "127.0.0.1"
TURN_S = 0.0005
"""A thread that works in Python gives way so soon. By default it is 5 ms, and a commit waits for several turns."""


def check_port(host: str, port: int) -> None:
    """Raise Misconfigured when somebody else listens there."""
    if not is_free(port, host):
        raise Misconfigured(f"--port {port}: in use on {host}; choose another, or stop what listens there")


async def serve(
    twin: Twin,
    access: Access,
    host: str,
    port: int,
    seconds: float | None,
    started: Callable[[], Awaitable[None]],
    playground: Playground | None = None,
    incident: Span | None = None,
) -> None:
    """Serve until Ctrl-C, SIGTERM, or for so many seconds of wall time; `started` is awaited once it listens.

    playground: what a demo lets people break. incident: the span of a replayed one.
    """
    import uvicorn  # noqa: PLC0415 - with fastapi 300 ms that only a serving command pays

    from twin.api.app import create_app  # noqa: PLC0415
    from twin.api.server import server_config  # noqa: PLC0415

    class Server(uvicorn.Server):
        """Tells when it listens, and leaves the signals to us."""

        capture_signals = contextlib.nullcontext  # pyright: ignore[reportAssignmentType]

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            listens.set()

    listens, stop = asyncio.Event(), asyncio.Event()
    app = create_app(twin, access, playground=playground, incident=incident)
    server = Server(server_config(app, host, port))
    with stopping_on_signals(stop), short_turns():
        serving = asyncio.create_task(server.serve())
        listening, ended = asyncio.create_task(listens.wait()), asyncio.create_task(stop.wait())
        await asyncio.wait({serving, listening, ended}, return_when=asyncio.FIRST_COMPLETED)
        if listens.is_set():
            await started()
        await asyncio.wait({serving, ended}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        for task in (listening, ended):
            task.cancel()
        await serving
        await app.state.visits.close()


@contextlib.contextmanager
def stopping_on_signals(stop: asyncio.Event) -> Generator[None]:
    """Ctrl-C and SIGTERM set the event while the block runs; on Windows only Ctrl-C comes."""
    loop = asyncio.get_running_loop()
    before = {
        number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def short_turns() -> Generator[None]:
    """Threads of this process give way after TURN_S while the block runs."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
