"""Visits: people who look round on a server before it is in the plant file. Each has a link of its own, for a while."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from twin.core.errors import Misconfigured
from twin.core.event import Event
from twin.core.plugin import ConnectionSpec, ConnectorPlugin, Surroundings
from twin.core.ports import Clock, Explorable, Explorer, Seen
from twin.core.tags import TagTable
from twin.runtime import plugins

MOST_VISITS = 8
"""Links to servers that people hold at one time; the next one is refused."""
IDLE_S = 120.0
"""A visit that asks nothing for so long is over."""
KEPT = 1200
"""Values that are kept of each node that is looked at: ten minutes at two a second."""
MOST_NODES = 200
"""Nodes that one visit looks at."""


class TooMany(Misconfigured):
    """There are as many visits as there may be."""


@dataclass(slots=True)
class Visit:
    """One visit. url: without a password, for the plant file. seen: what each node held, oldest first."""

    id: str
    spec: ConnectionSpec
    explorer: Explorer
    used: float
    seen: dict[str, deque[Seen]] = field(default_factory=dict[str, deque[Seen]])

    def remember(self, found: Sequence[Seen]) -> None:
        """Keep what changed. A node that is looked at for the first time past the bound is not kept."""
        for one in found:
            if one.address not in self.seen and len(self.seen) >= MOST_NODES:
                continue
            kept = self.seen.setdefault(one.address, deque(maxlen=KEPT))
            if not kept or (kept[-1].time, kept[-1].text, kept[-1].status) != (one.time, one.text, one.status):
                kept.append(one)


class Silent:
    """A Reporter for somebody who looks at the answers themselves."""

    def event(self, event: Event) -> None:
        """Nothing is logged."""

    def count(self, what: str, n: int = 1) -> None:
        """Nothing is counted."""

    def dead_letter(self, cause: str, place: str, payload: bytes) -> None:
        """Nothing is kept."""

    def problem(self, tag: str, text: str) -> None:
        """There are no tags."""

    def notice(self, about: str, text: str) -> None:
        """The next answer says it."""

    def gauge(self, what: str, value: float) -> None:
        """No figures are shown."""

    def alive(self) -> None:
        """Nobody waits for a sign of life."""


class Home(Protocol):
    """Where visits begin. folder: where trust and our own certificate are."""

    @property
    def clock(self) -> Clock:
        """The time of the process."""
        ...

    @property
    def folder(self) -> Path:
        """The data folder."""
        ...


class Visits:
    """All visits of one twin."""

    def __init__(self, home: Home, idle_s: float = IDLE_S) -> None:
        self._home = home
        self._idle_s = idle_s
        self._open: dict[str, tuple[Visit, asyncio.Event, asyncio.Task[None]]] = {}
        self._links: set[asyncio.Task[None]] = set()
        """One for each link, those that are still being opened among them."""

    def __len__(self) -> int:
        return sum(not task.done() for task in self._links)

    async def begin(self, spec: ConnectionSpec) -> Visit:
        """Connect. Raises TooMany, Misconfigured, Unreachable."""
        if len(self) >= MOST_VISITS:
            raise TooMany(f"{MOST_VISITS} servers are being looked at; close one, or wait two minutes")
        plugin = plugins.connector(spec.protocol)
        surroundings = Surroundings(TagTable(), self._home.clock, Silent(), self._home.folder)
        connector = plugin.build(spec, (), surroundings)
        if not isinstance(connector, Explorable):
            raise Misconfigured(f"{spec.url}: {spec.protocol} has no list of what there is; only OPC UA servers have")
        ready: asyncio.Future[Visit] = asyncio.get_running_loop().create_future()
        leave = asyncio.Event()
        task = asyncio.create_task(self._stay(spec, connector, ready, leave), name="visit")
        self._links.add(task)
        task.add_done_callback(self._links.discard)
        task.add_done_callback(lambda _: ready.cancel())  # ended before it came to anything: nobody waits for ever
        try:
            visit = await ready
        except asyncio.CancelledError:
            leave.set()
            raise
        self._open[visit.id] = visit, leave, task
        task.add_done_callback(lambda _: self._open.pop(visit.id, None))
        return visit

    def get(self, id: str) -> Visit:
        """A visit that goes on. Raises KeyError."""
        visit, _, _ = self._open[id]
        visit.used = asyncio.get_running_loop().time()
        return visit

    async def end(self, id: str) -> None:
        """End a visit; nothing happens when it is over."""
        if id in self._open:
            _, leave, task = self._open[id]
            leave.set()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """End all."""
        for _, leave, _ in self._open.values():
            leave.set()
        coming = self._links - {task for _, _, task in self._open.values()}
        for task in coming:
            task.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _stay(
        self, spec: ConnectionSpec, connector: Explorable, ready: asyncio.Future[Visit], leave: asyncio.Event
    ) -> None:
        """Hold the link until somebody leaves, or nobody asks any more. One task opens and closes it."""
        loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            try:
                explorer = await stack.enter_async_context(connector.explore())
            except Exception as error:  # whatever it is, it belongs to who waits for the visit
                if not ready.done():
                    ready.set_exception(error)
                return
            if ready.done():
                return  # who waited has gone
            visit = Visit(secrets.token_urlsafe(9), spec, explorer, loop.time())
            ready.set_result(visit)
            while not leave.is_set() and (left := visit.used + self._idle_s - loop.time()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(leave.wait(), left)


def spec_of(url: str, settings: Mapping[str, str]) -> ConnectionSpec:
    """A connection that is in no plant file. Raises Misconfigured for an address that nobody can explore."""
    try:
        plugin = _plugin(urlsplit(url).scheme)
    except ValueError:  # no address at all: half a pair of brackets
        plugin = None
    if plugin is None:
        raise Misconfigured(f"{url!r} is no address of a server; write opc.tcp://HOST:PORT")
    found = {key.name: key.default for key in plugin.connection_keys} | {k: v for k, v in settings.items() if v}
    return ConnectionSpec("c1", plugin.protocol, url, found)  # no place: the address may hold a password by mistake


def _plugin(scheme: str) -> ConnectorPlugin | None:
    """The plug-in whose servers can be looked round on. Files and brokers are none: a page must not open them."""
    return next((p for p in plugins.connectors().values() if scheme in p.schemes and p.trust is not None), None)
