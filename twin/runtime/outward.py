"""What a running twin keeps towards the outside: links to sources, outlets, writes, and what it forgets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from twin.core.instant import HOUR
from twin.core.ports import Clock
from twin.model.plant import Keeping
from twin.runtime.links import Links
from twin.runtime.loading import ModelInForce
from twin.runtime.outlets.forwarding import Forwarding, Means
from twin.runtime.retention import forget_old
from twin.runtime.writing import Writing
from twin.store.log import SqliteLog
from twin.store.reader import LogReader


class Outward:
    """All of it for the model in force. A new model takes over what it does not change.

    keep: age in ns past which entries are forgotten, None as the plant file says. connect False: nothing goes in or out
    by itself. run_ended: ns, the last sign of the run before.
    """

    def __init__(
        self,
        model: ModelInForce,
        log: SqliteLog,
        reader: LogReader,
        clock: Clock,
        means: Means,
        *,
        keep: int | None,
        connect: bool,
        run_ended: int | None,
        mend: Callable[[], bool],
    ) -> None:
        self._log, self._reader, self._clock = log, reader, clock
        self._means, self._keep, self._connect, self._mend = means, keep, connect, mend
        self.links = Links(log, reader, clock, run_ended, _owners(model))
        self._of_file = _owners(model)
        self.forwarding = self._forwarding(model)
        self.writing = Writing(model.plant, {}, {}, log, clock)
        self._retention: asyncio.Task[None] | None = None
        self._is_turning = False

    def _forwarding(self, model: ModelInForce) -> Forwarding:
        keeping = self._keeping(model)
        return Forwarding(
            model.plant, self._log, self._reader, model.meaning, self._clock, self._means, keeping.shortest,
            self._connect, self._mend,
        )  # fmt: skip

    def _keeping(self, model: ModelInForce) -> Keeping:
        keeping = model.plant.keeping
        return keeping if self._keep is None else replace(keeping, keep=max(self._keep, HOUR))

    async def start(self, model: ModelInForce) -> None:
        """Connect, carry, forget. Raises Misconfigured."""
        await self.forwarding.start()
        self._forget(model)
        if self._connect:
            self.links.start(model.plant)
        self.writing.turn(model.plant, self.links.connectors, self.links.reports)
        await self.writing.resume(self._reader)

    async def turn(self, model: ModelInForce) -> None:
        """Go on under another model."""
        self._is_turning = True
        try:
            await self.forwarding.close()
            self.forwarding = self._forwarding(model)
            await self.forwarding.start()
        finally:
            self._is_turning = False
        await self._stop_forgetting()
        self._forget(model)
        for gone in self._of_file.keys() - model.plant.tags.keys():
            self.links.owners.pop(gone, None)
        self._of_file = _owners(model)
        self.links.owners |= self._of_file
        if self._connect:
            await self.links.turn(model.plant)
        self.writing.turn(model.plant, self.links.connectors, self.links.reports)

    def needed_from(self) -> int:
        """Entries recorded after this are still to be sent to somebody; while outlets are turned, all of them are."""
        return 0 if self._is_turning else self.forwarding.needed_from()

    async def close(self) -> None:
        """Bring writes to their end, leave, give up what is on its way."""
        await self.writing.finish()
        await self._stop_forgetting()
        await self.links.close()
        await self.forwarding.close()

    def _forget(self, model: ModelInForce) -> None:
        keeping = self._keeping(model)
        if keeping.forgets:
            self._retention = asyncio.create_task(
                forget_old(self._log, self._clock, keeping, self.needed_from), name="retention"
            )

    async def _stop_forgetting(self) -> None:
        if self._retention is not None:
            self._retention.cancel()
            await asyncio.gather(self._retention, return_exceptions=True)
            self._retention = None


def _owners(model: ModelInForce) -> dict[str, str]:
    """Tag -> connection, of the plant file."""
    return {path: spec.connection for path, spec in model.plant.tags.items()}
