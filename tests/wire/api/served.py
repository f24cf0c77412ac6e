"""The API on a real socket of this machine, and a viewer of its live channel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from tests.unit.api.running import Api, HandClock, running
from twin.api.access import Access
from twin.api.app import create_app
from twin.api.live import Pace
from twin.api.server import server_config
from twin.runtime.ports import free_ports

EVERYTHING = {"tags": ["*"], "assets": [""]}


class Served:
    """A running twin behind its server."""

    def __init__(self, api: Api, app: Any, port: int) -> None:
        self.api = api
        self.app = app
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self.live = f"ws://{self.address}/api/v1/live"

    @asynccontextmanager
    async def viewer(self, subscribe: dict[str, Any] | None = None, **more: Any) -> AsyncIterator[Viewer]:
        """Somebody who watches, compression off as in the server."""
        async with connect(self.live, compression=None, **more) as socket:
            await socket.send(json.dumps({"subscribe": EVERYTHING if subscribe is None else subscribe}))
            yield Viewer(socket)


class Viewer:
    """Reads messages; `seen` keeps all of them."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seen: list[dict[str, Any]] = []

    async def next(self) -> dict[str, Any]:
        self.seen.append(json.loads(await self.socket.recv()))
        return self.seen[-1]

    async def until(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message that fits."""
        while not fits(message := await self.next()):
            pass
        return message


@asynccontextmanager
async def served(folder: Path, access: Access | None = None, pace: Pace | None = None) -> AsyncIterator[Served]:
    """A twin of the small plant on a free loopback port."""
    (port,) = free_ports(1)
    async with running(folder, HandClock()) as api:
        app = create_app(api.twin, access or Access(), pace)
        server = uvicorn.Server(server_config(app, "127.0.0.1", port))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            assert not serving.done(), "the server ended before it listened"
            await asyncio.sleep(0.01)
        try:
            yield Served(api, app, port)
        finally:
            server.should_exit = True
            await serving
