"""The outlet: connects, sends rows as line protocol, and tells in our words what the server answered."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from connectors.influx.settings import destination_of
from twin.core.errors import Unreachable
from twin.core.plugin import OutletSpec
from twin.core.ports import Sender
from twin.core.tags import TagTable


class InfluxOutlet:
    """Rows of the log to one bucket."""

    def __init__(self, spec: OutletSpec, tags: TagTable) -> None:
        self.name = spec.id
        self._destination = destination_of(spec)
        self._tags = tags

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Sender]:
        """Connect."""
        raise Unreachable(f"{self._destination.where}: not built yet")
        yield
