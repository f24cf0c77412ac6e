"""Intake: the last look at a batch before the log. Times ahead of the clock are restamped, old ones are named."""

from __future__ import annotations

from collections import Counter

import numpy as np

from twin.core.batch import Batch
from twin.core.event import CLOCK_AHEAD, Event
from twin.core.instant import SECOND
from twin.core.ports import Clock
from twin.core.routing import AHEAD, HORIZON
from twin.core.status import UNCERTAIN_SUB_NORMAL, is_good

FORGET_AFTER = 60 * SECOND
"""A source whose clock was right for so long is reported again when it is wrong again."""


class Intake:
    """Judges the times of one connection's batches (R7). counters: `restamped`, `too_old` rows."""

    def __init__(self, connection: str, clock: Clock) -> None:
        self.connection = connection
        self.counters: Counter[str] = Counter()
        self._clock = clock
        self._ahead_since: int | None = None
        self._last_ahead = 0

    def admit(self, batch: Batch) -> tuple[Batch, Event | None]:
        """The batch as the log shall keep it, and an event when its source's clock turned out to run ahead.

        Rows further ahead than one second get the arrival time (+1 ns each, so that none hides another) and the
        status Uncertain; their value stays. Rows older than the horizon are kept, counted, and not folded.
        """
        now = self._clock.now()
        age = now - batch.time
        old = int((age > HORIZON).sum())
        if old:
            self.counters["too_old"] += old
        ahead = age < -AHEAD
        if not ahead.any():
            return batch, None
        self.counters["restamped"] += int(ahead.sum())
        return self._restamped(batch, ahead, now), self._told_once(int(-age.min()), now)

    def _restamped(self, batch: Batch, ahead: np.ndarray[tuple[int], np.dtype[np.bool_]], now: int) -> Batch:
        time, status = batch.time.copy(), batch.status.copy()
        time[ahead] = now + np.arange(int(ahead.sum()))
        status[ahead & is_good(status)] = UNCERTAIN_SUB_NORMAL
        return Batch(batch.source, batch.tag, time, batch.value, status, batch.text)

    def _told_once(self, ahead_ns: int, now: int) -> Event | None:
        silent = self._ahead_since is not None and now - self._last_ahead < FORGET_AFTER
        self._last_ahead = now
        if silent:
            return None
        self._ahead_since = now
        return Event(now, CLOCK_AHEAD, self.connection, {"ahead_ns": ahead_ns})
