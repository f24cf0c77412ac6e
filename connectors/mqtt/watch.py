"""Watch: everything that passes a broker, for people who look for a topic (`twin mqtt watch`)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from time import time_ns

from connectors.mqtt.link import Link
from connectors.mqtt.rule import checked_filter
from connectors.mqtt.settings import broker_of
from twin.core.errors import Misconfigured
from twin.core.plugin import ConnectionSpec


class _Wall:
    def now(self) -> int:
        return time_ns()


@asynccontextmanager
async def watch(spec: ConnectionSpec, topic: str) -> AsyncGenerator[AsyncGenerator[Sequence[tuple[str, bytes]]]]:
    """Groups of (topic, payload) as they come, in a session of its own that leaves nothing behind at the broker.

    Raises Unreachable or Misconfigured, on entering and while iterating.
    """
    try:
        wanted = checked_filter(topic)
    except ValueError as error:
        raise Misconfigured(str(error)) from None
    broker = replace(broker_of(spec, Path()), client_id=f"linetwin-watch-{token_hex(4)}", session_expiry=0)
    link = Link(broker, _Wall(), clean=True)
    try:
        await link.open()
        granted = await link.subscribe({wanted: 0})
        if granted[wanted] >= 128:
            raise Misconfigured(f"{broker.url}: topic {wanted!r} is refused (reason {granted[wanted]})")
        async with aclosing(_groups(link)) as groups:
            yield groups
    finally:
        await link.close()


async def _groups(link: Link) -> AsyncGenerator[Sequence[tuple[str, bytes]]]:
    while True:
        yield [(message.topic, message.payload) for message in await link.messages()]
