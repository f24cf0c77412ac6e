"""A connector on a real broker, a publisher, and a reporter that keeps what it is told."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from paho.mqtt.client import CallbackAPIVersion, Client, MQTTv5

from connectors.mqtt import PLUGIN
from twin.core.batch import Batch
from twin.core.event import Event
from twin.core.plugin import ConnectionSpec, Surroundings, TagAddress
from twin.core.tags import TagTable


class Wall:
    def now(self) -> int:
        return time.time_ns()


class Kept:
    """A Reporter that keeps everything."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.counts: Counter[str] = Counter()
        self.dead: list[tuple[str, str, bytes]] = []
        self.problems: dict[str, str] = {}
        self.notices: dict[str, str] = {}
        self.gauges: dict[str, float] = {}
        self.signs = 0

    def event(self, event: Event) -> None:
        self.events.append(event)

    def count(self, what: str, n: int = 1) -> None:
        self.counts[what] += n

    def dead_letter(self, cause: str, place: str, payload: bytes) -> None:
        self.dead.append((cause, place, payload))

    def problem(self, tag: str, text: str) -> None:
        self.problems[tag] = text

    def notice(self, about: str, text: str) -> None:
        self.notices[about] = text

    def gauge(self, what: str, value: float) -> None:
        self.gauges[what] = value

    def alive(self) -> None:
        self.signs += 1


class Bench:
    """One plant file's MQTT connection; `connector` may be made anew as a restarted process would."""

    def __init__(
        self, folder: Path, port: int, *tags: TagAddress, url: str = "mqtt://127.0.0.1", **settings: Any
    ) -> None:
        self.spec = ConnectionSpec("gw", "mqtt", f"{url}:{port}", settings)
        self.tags = tags
        self.table = TagTable()
        self.kept = Kept()
        self.folder = folder

    def connector(self) -> Any:
        return PLUGIN.build(self.spec, self.tags, Surroundings(self.table, Wall(), self.kept, self.folder))


def tag(name: str, topic: str = "line/x", **settings: Any) -> TagAddress:
    return TagAddress(name, {"topic": topic, "value": "$.v", "timestamp": {"path": "$.ts", "unit": "ms"}, **settings})


@contextmanager
def publisher(port: int, **connect: Any) -> Iterator[Callable[..., None]]:
    """A function that publishes and returns when the broker has it."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    client.max_inflight_messages_set(1000)
    up = threading.Event()
    client.on_connect = lambda *_: up.set()
    client.connect("127.0.0.1", port, **connect)
    client.loop_start()
    if not up.wait(10):
        raise RuntimeError("the publisher got no CONNACK")

    def publish(*payloads: bytes, topic: str = "line/x", qos: int = 1, retain: bool = False) -> None:
        for sent in [client.publish(topic, payload, qos, retain) for payload in payloads]:
            sent.wait_for_publish(20)

    try:
        yield publish
    finally:
        client.disconnect()
        client.loop_stop()


async def pull(batches: AsyncIterator[Batch], rows: int, seconds: float = 15) -> list[Batch]:
    """Batches until so many rows came; the last one is not acknowledged."""
    taken: list[Batch] = []
    async with asyncio.timeout(seconds):
        while sum(map(len, taken)) < rows:
            taken.append(await anext(batches))
    return taken


async def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what a broker does sets no event of ours
            await asyncio.sleep(0.005)


def numbers(batches: list[Batch]) -> list[float]:
    return [value for one in batches for value in one.value.tolist()]


def times(batches: list[Batch]) -> list[int]:
    return [instant for one in batches for instant in one.time.tolist()]


def stamped(start: int, stop: int) -> list[bytes]:
    return [b'{"ts": %d, "v": %d}' % (1_700_000_000_000 + n, n) for n in range(start, stop)]
