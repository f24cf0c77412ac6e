"""Items that no subscription brings are read, again and again: each change that is seen makes a row."""

from __future__ import annotations

import asyncio

from connectors.opcua.link.cover import Grant
from connectors.opcua.link.reading import Reader
from connectors.opcua.link.resent import LastRows
from connectors.opcua.link.upkeep import Upkeep
from twin.core.errors import Undecodable
from twin.core.instant import SECOND

SHORTEST_S = 1.0
"""Pause between two readings: small PLCs have better things to do."""


class Rest:
    """Reads what the book calls the rest."""

    def __init__(self, upkeep: Upkeep, reader: Reader) -> None:
        self._upkeep = upkeep
        self._reader = reader
        self._last = LastRows()
        self.pause_s = max(SHORTEST_S, upkeep.settings.sampling / SECOND)

    async def run(self) -> None:
        """Read for ever; raises what ends the link."""
        while True:
            await asyncio.sleep(self.pause_s)
            if self._upkeep.book.rest and self._upkeep.publisher.inbox.has_room:
                await self.read()

    async def read(self) -> None:
        """Read once, and hand over what differs from the last time."""
        publisher = self._upkeep.publisher
        handles = sorted(self._upkeep.book.rest)
        try:
            batches = await self._reader.rows(handles)
        except Undecodable as error:
            publisher.reporter.dead_letter(error.cause, self._reader.source, b"")
            return
        for batch in batches:
            self._last.make_room(batch)
            new = ~self._last.same(batch, by_time=self._upkeep.book.reading.rule != "arrival")
            self._last.add(batch)
            if new.any():
                publisher.offer(batch.take(new))
        grant = Grant("poll", int(self.pause_s * SECOND), 1)
        tags = [(target.tag, grant) for handle in handles for target in self._upkeep.items.all[handle].targets]
        self._upkeep.cover.covered(tags, publisher.clock.now())
