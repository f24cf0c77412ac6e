"""Refused rows that somebody wants sent again, as they are, out of their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from twin.core.instant import FAR_FUTURE
from twin.core.ports import Refusal, Sender
from twin.core.rows import Samples
from twin.runtime.live import Meaning
from twin.runtime.outlets.stretch import Piece
from twin.store.outbox import Held

if TYPE_CHECKING:
    from twin.runtime.outlets.carrier import Source

AT_ONCE = 500


class Again:
    """Of one outlet. A row that a newer one of the same tag and time stands for is not sent: it would undo that one."""

    def __init__(self, id: str, source: Source, meaning: Meaning | None) -> None:
        self._id = id
        self._of = source
        self._meaning = meaning
        self._due: list[Held] = []
        self._beaten: list[int] = []

    def look(self) -> bool:
        """Whether there is something to do. Blocks."""
        asked = self._of.outbox.held(self._id, limit=AT_ONCE, asked=True)
        self._beaten = [one.number for one in asked if self._is_beaten(one)]
        beaten = set(self._beaten)
        self._due = [one for one in asked if one.number not in beaten]
        return bool(asked)

    def _is_beaten(self, one: Held) -> bool:
        tags = np.array([one.tag], np.int32)
        found = self._of.reader.read_tags(tags, one.time, one.time + 1, FAR_FUTURE).samples
        return bool((found.recorded > one.recorded).any())

    async def send(self, sender: Sender, send: Callable[[Sender, Piece], Awaitable[Sequence[Refusal]]]) -> None:
        """Send what `look` found; what is refused again stays, with its new cause."""
        refused: dict[int, str] = {}
        if self._due:
            rows = samples_of(self._due)
            causes = {
                (one.recorded, one.tag, one.time): one.cause
                for one in await send(sender, Piece(int(rows.recorded[-1]), rows, ()))
            }
            keys = {one.number: (one.recorded, one.tag, one.time) for one in self._due}
            refused = {number: causes[key] for number, key in keys.items() if key in causes}
        done = [one.number for one in self._due if one.number not in refused] + self._beaten
        sent, now = len(self._due) - len(refused), self._of.clock.now()
        await asyncio.get_running_loop().run_in_executor(
            self._of.worker, lambda: self._of.outbox.settle(self._id, done, sent, refused, now)
        )


def samples_of(held: list[Held]) -> Samples:
    """Rows in quarantine as they were, in the order of `recorded`."""
    rows = sorted(held, key=lambda one: (one.recorded, one.time, one.tag))
    text = None
    if any(one.text is not None for one in rows):
        text = np.full(len(rows), None, dtype=object)
        text[:] = [one.text for one in rows]
    return Samples(
        np.array([one.tag for one in rows], np.int32),
        np.array([one.time for one in rows], np.int64),
        np.array([one.value for one in rows], np.float64),
        np.array([one.status for one in rows], np.uint32),
        np.array([one.recorded for one in rows], np.int64),
        text,
    )
