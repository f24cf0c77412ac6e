"""What the wire tests share: a recording reporter, a connector for a URL, a real server."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asyncua import Server, ua
from asyncua.common.node import Node

from connectors.opcua import CONNECTION_KEYS, PLUGIN
from connectors.opcua.connector import OpcuaConnector
from twin.core.batch import Batch, texts
from twin.core.event import GAP, Event
from twin.core.plugin import ConnectionSpec, Surroundings, TagAddress
from twin.core.tags import TagTable
from twin.runtime.clock import WallClock
from twin.testing import FaultProxy

logging.getLogger("asyncua").setLevel(logging.ERROR)

URI = "urn:test:plc"
START = datetime(2100, 3, 1, 6, 0, tzinfo=UTC)
"""Of what is written without a time of its own: never old, so that no first value is moved to its arrival."""


@dataclass
class Record:
    """A Reporter that remembers."""

    events: list[Event] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    letters: list[tuple[str, str]] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    notices: dict[str, str] = field(default_factory=dict)
    gauges: dict[str, float] = field(default_factory=dict)
    signs: int = 0

    @property
    def gaps(self) -> list[Event]:
        return [event for event in self.events if event.kind == GAP]

    def event(self, event: Event) -> None:
        self.events.append(event)

    def count(self, what: str, n: int = 1) -> None:
        self.counts[what] += n

    def dead_letter(self, cause: str, place: str, payload: bytes) -> None:
        self.letters.append((cause, place))

    def problem(self, tag: str, text: str) -> None:
        self.problems[tag] = text

    def notice(self, about: str, text: str) -> None:
        self.notices[about] = text

    def gauge(self, what: str, value: float) -> None:
        self.gauges[what] = value

    def alive(self) -> None:
        self.signs += 1


@dataclass
class Setup:
    """A connector with what it was lent."""

    connector: OpcuaConnector
    tags: TagTable
    record: Record

    def rows(self, batch: Batch) -> list[tuple[str, float, str | None, int]]:
        names = [self.tags[t].name for t in batch.tag.tolist()]
        return list(zip(names, batch.value.tolist(), texts(batch), batch.status.tolist(), strict=True))

    def values(self, batches: Sequence[Batch], tag: str) -> list[float]:
        return [value for batch in batches for name, value, _, _ in self.rows(batch) if name == tag]


def setup(
    url: str, folder: Path, tags: dict[str, dict[str, Any] | str], tag_types: dict[str, str] | None = None, **keys: Any
) -> Setup:
    """A connector as the shell builds it. tags: name -> node text or tag keys."""
    settings = {key.name: key.default for key in CONNECTION_KEYS} | {"ns": URI, "every": 50_000_000} | keys
    time, units = settings.pop("time", "source"), settings.pop("unit", {})
    spec = ConnectionSpec("c1", "opcua", url, settings, time=time, place="plant.yaml:3")
    addresses = [
        TagAddress(
            name,
            given if isinstance(given, dict) else {"node": given},
            type=(tag_types or {}).get(name, "number"),
            place="plant.yaml:9",
            unit=units.get(name, ""),
        )
        for name, given in tags.items()
    ]
    table, record = TagTable(), Record()
    connector = PLUGIN.build(
        spec, addresses, Surroundings(table, WallClock(), record, folder, owners=dict.fromkeys(tags, "c1"))
    )
    assert isinstance(connector, OpcuaConnector)
    return Setup(connector, table, record)


async def until(
    batches: AsyncIterator[Batch], enough: Callable[[list[Batch]], bool], seconds: float = 20.0
) -> list[Batch]:
    """Batches until they are enough."""
    taken: list[Batch] = []
    async with asyncio.timeout(seconds):
        while not enough(taken):
            taken.append(await anext(batches))
    return taken


async def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is watched has no event to wait for
            await asyncio.sleep(0.02)


def opcua(wire: FaultProxy) -> str:
    """The address of a server behind a wire."""
    return f"opc.tcp://127.0.0.1:{wire.port}"


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Plc:
    """A small PLC: an asyncua server with a few variables under /Objects/Line."""

    def __init__(self, port: int | None = None, before: Sequence[str] = (), uri: str = URI) -> None:
        self.port = port or free_port()
        self.url = f"opc.tcp://127.0.0.1:{self.port}"
        self.before = before
        self.uri = uri
        self.nodes: dict[str, Node] = {}

    async def prepare(self, server: Server) -> None:
        server.set_endpoint(self.url)
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        for uri in self.before:
            await server.register_namespace(uri)
        index = await server.register_namespace(self.uri)
        self.index = index
        self.line = await server.nodes.objects.add_object(ua.NodeId("Line", index), ua.QualifiedName("Line", index))
        for name, variant in VARIABLES.items():
            await self.add(name, variant)

    async def add(self, name: str, variant: ua.Variant) -> None:
        node = ua.NodeId(f"Line.{name}", self.index)
        self.nodes[name] = await self.line.add_variable(node, ua.QualifiedName(name, self.index), variant)

    @asynccontextmanager
    async def running(
        self, prepare: Callable[[Server], Any] | None = None, server: Server | None = None
    ) -> AsyncIterator[Plc]:
        self.server = server or Server()
        with no_collections():
            await self.server.init()
        await self.prepare(self.server)
        if prepare is not None:
            await prepare(self.server)
        await self.server.start()
        try:
            yield self
        finally:
            await stopped(self.server)

    async def write(
        self,
        name: str,
        value: Any,
        kind: ua.VariantType = ua.VariantType.Double,
        status: int = 0,
        at: datetime | None = START,
    ) -> None:
        data = ua.DataValue(ua.Variant(value, kind), ua.StatusCode(status), SourceTimestamp=at)
        await self.server.write_attribute_value(self.nodes[name].nodeid, data)

    async def count_up(self, name: str, first: int, last: int, begin: datetime = START) -> None:
        """Write first..last, each with its own instant; the pause lets the loop run."""
        for n in range(first, last + 1):
            await self.write(name, float(n), at=begin + timedelta(milliseconds=n))
            await asyncio.sleep(0.002)


@contextmanager
def no_collections() -> Iterator[None]:
    """The standard address space is 100,000 objects that stay: looking for garbage among them doubles its cost."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def stopped(server: Server) -> None:
    """Stop a server at once: by itself it waits for the next second of its clock."""
    clock, server.iserver.time_task = server.iserver.time_task, None
    if clock is not None:
        clock.cancel()
        await asyncio.gather(clock, return_exceptions=True)
    await server.stop()


VARIABLES = {
    "temp": ua.Variant(20.5, ua.VariantType.Double),
    "total": ua.Variant(7, ua.VariantType.UInt32),
    "running": ua.Variant(True, ua.VariantType.Boolean),
    "recipe": ua.Variant("cola", ua.VariantType.String),
    "serial": ua.Variant(2**60 + 1, ua.VariantType.Int64),
    "raw": ua.Variant(b"\x01\xff", ua.VariantType.ByteString),
    "zones": ua.Variant([1.5, 2.5, 3.5], ua.VariantType.Double),
    "n": ua.Variant(0.0, ua.VariantType.Double),
}
