"""Inbox: where a connector puts what it reads while its last batch is being made durable."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from twin.core.batch import Batch, concatenate

Acknowledge = Callable[[], None]


class Inbox:
    """A bounded queue of messages that hands out everything that waits as one batch.

    The next batch is all that came while the last one was being made durable, so throughput tunes itself to any
    disk (folds.md 1: one batch in flight with coalescing keeps up where eight in flight do not). Bound: rows.
    Policy: a full inbox is not `open`, and the connector stops reading the wire; nothing is dropped here.
    For one reader and one writer on the same event loop.
    """

    standard = 200_000
    """Bound of those that name none; tests of back-pressure make it small."""

    def __init__(self, source: str, bound: int | None = None) -> None:
        self.source = source
        self.bound = self.standard if bound is None else bound
        self.rows = 0
        self._waiting: deque[tuple[Batch, Acknowledge | None]] = deque()
        self._unacknowledged: list[Acknowledge] = []
        self._failure: BaseException | None = None
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def put(self, batch: Batch, acknowledge: Acknowledge | None = None) -> None:
        """Add one message; `acknowledge` is called once its rows are durable. Never blocks: ask `has_room` first."""
        self._waiting.append((batch, acknowledge))
        self.rows += len(batch)
        if self.rows >= self.bound:
            self._room.clear()
        self._changed.set()

    @property
    def has_room(self) -> bool:
        """Whether the connector may read on."""
        return self._room.is_set()

    async def room(self) -> None:
        """Wait until the connector may read on."""
        await self._room.wait()

    def fail(self, error: BaseException) -> None:
        """End the iteration with this error, after what already waits."""
        self._failure = error
        self._changed.set()

    def raise_failure(self) -> None:
        """Raise what it failed with, whatever waits."""
        if self._failure is not None:
            raise self._failure

    def revive(self) -> None:
        """Forget a failure: a new link goes on with what waits here unread."""
        self._failure = None

    def __aiter__(self) -> Inbox:
        return self

    async def __anext__(self) -> Batch:
        """All that waits, as one batch. Being called again acknowledges the batch before."""
        self._acknowledge()
        while not self._waiting:
            if self._failure is not None:
                raise self._failure
            self._changed.clear()
            await self._changed.wait()
        taken = list(self._waiting)
        self._waiting.clear()
        self.rows = 0
        self._room.set()
        self._unacknowledged = [acknowledge for _, acknowledge in taken if acknowledge is not None]
        return concatenate([batch for batch, _ in taken])

    def _acknowledge(self) -> None:
        done, self._unacknowledged = self._unacknowledged, []
        for acknowledge in done:
            acknowledge()
