"""What may wait for an outlet at most: beyond it the oldest is left out, counted row by row, and told by an event."""

from __future__ import annotations

from twin.core.errors import Corrupt
from twin.core.instant import DAY, HOUR
from twin.core.ports import Clock
from twin.model.plant import Feed
from twin.runtime.outlets.stretch import STRETCH, Wanted, stretch
from twin.store.following import reach, waiting
from twin.store.outbox import Outbox
from twin.store.reader import LogReader

HELD_BACK = 30 * DAY
"""Where the plant file names no bound, retention waits so long for an outlet; then it goes on without it."""


class Bound:
    """The bound of one outlet. For the thread that reads for it."""

    def __init__(self, feed: Feed, keep: int | None, outbox: Outbox, reader: LogReader, clock: Clock):
        self._id = feed.spec.id
        self._rows = feed.most_rows
        self._age = feed.most_age or (0 if keep is None or feed.most_rows else max(keep, HOUR) + HELD_BACK)
        self._outbox = outbox
        self._reader = reader
        self._clock = clock

    def enforce(self, cursor: int, wanted: Wanted) -> int:
        """Leave out what is too much; where the cursor stands then."""
        target = self._clock.now() - self._age if self._age else 0
        while cursor < target:
            first = waiting(self._reader, cursor)[1]
            if first is None or first > target:
                break
            cursor = self._leave_out(cursor, min(target, self._reader.last()), STRETCH, wanted)
        while self._rows:
            excess = waiting(self._reader, cursor)[0] - self._rows
            if excess <= 0:
                break
            cursor = self._leave_out(cursor, self._reader.last(), min(excess, STRETCH), wanted)
        return cursor

    def _leave_out(self, cursor: int, known: int, rows: int, wanted: Wanted) -> int:
        try:
            until, found = stretch(self._reader, cursor, known, wanted, rows)
            left_out = len(found.samples)
        except Corrupt:  # of a damaged file nothing can be sent ever, and retention must not wait for it for ever
            until = reach(self._reader, cursor, known, rows)
            left_out = waiting(self._reader, cursor)[0] - waiting(self._reader, until)[0]
        self._outbox.drop(self._id, until, left_out)
        return until
