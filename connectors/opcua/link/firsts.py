"""First values that had not changed for long: known now, since then. Pure.

A server tells a new item the value that its node holds, however old. Kept at its own time, a value of 90 days ago would
be too old to count, or would re-fold the days since. So the first of a tag, when it is older than what was missed, is
kept at the instant when it was learnt, and its own time is told beside it. What changed within a gap stays late data.

A source whose clock is behind looks the same at first. It shows when the next value comes from before that instant:
then the row there is given that value too, as long as it is the newest; it was the value of that instant.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from twin.core.batch import Batch, concatenate
from twin.core.event import VALUES_KNOWN_SINCE, Event
from twin.core.instant import MINUTE
from twin.core.ports import Reporter

OLDER = MINUTE
"""Older than this before the begin of what is known: known now."""


class Firsts:
    """Which tags have their first value before them.

    gap: ns, from here on something was missed before this subscription, None: nothing is known of before. shift: ns,
    the server's clock minus ours where it is wrong; None while it is not known, and then nothing is judged.
    """

    def __init__(self, gap: int | None = None, shift: int | None = None) -> None:
        self.gap = gap
        self.shift = shift
        self._limit: dict[int, int] = {}
        self._kept: dict[int, int] = {}

    def expect(self, tags: Iterable[int], now: int, since: int | None = None) -> None:
        """Items of these tags are about to be made. since: ns, from here on these miss something."""
        begin = min(now if since is None else since, now if self.gap is None else self.gap)
        self._limit |= dict.fromkeys(tags, begin - OLDER)

    def durable(self, batch: Batch) -> None:
        """Rows are safe: what comes next of these tags is no first value any more."""
        if self._limit:
            for tag in np.unique(batch.tag).tolist():
                self._limit.pop(tag, None)

    def judged(self, batch: Batch, arrival: int) -> tuple[Batch, dict[int, int]]:
        """The rows, old first ones at the arrival; and of those, tag -> its own time."""
        if self.shift is None or not (self._limit or self._kept):
            return batch, {}
        batch = self._repeated(batch)
        limit = np.array([self._limit.get(tag, 0) for tag in batch.tag.tolist()], dtype=np.int64)
        old = batch.time < limit + self.shift * (limit > 0)
        if not old.any():
            return batch, {}
        since = dict(zip(batch.tag[old].tolist(), batch.time[old].tolist(), strict=True))
        time = batch.time.copy()
        time[old] = arrival + min(0, self.shift) + np.arange(int(old.sum()))
        self._kept |= dict(zip(batch.tag[old].tolist(), time[old].tolist(), strict=True))
        return Batch(batch.source, batch.tag, time, batch.value, batch.status, batch.text), since

    def _repeated(self, batch: Batch) -> Batch:
        """The rows, and once more at the instant of a known first value what comes from before it."""
        again: dict[int, int] = {}
        for row, (tag, time) in enumerate(zip(batch.tag.tolist(), batch.time.tolist(), strict=True)):
            kept = self._kept.get(tag)
            if kept is None or tag in self._limit:
                continue
            if time < kept:
                again[tag] = row
            else:
                del self._kept[tag]
                again.pop(tag, None)
        if not again:
            return batch
        more = batch.take(np.array(list(again.values()), dtype=np.intp))
        time = np.array([self._kept[tag] for tag in again], dtype=np.int64)
        return concatenate([batch, Batch(more.source, more.tag, time, more.value, more.status, more.text)])


def known_now(firsts: Firsts, batch: Batch, now: int, reporter: Reporter) -> Batch:
    """The rows, old first ones at the instant of now, which is told."""
    batch, since = firsts.judged(batch, now)
    if since:
        reporter.count("known_now", len(since))
        body = {"since": {str(tag): time for tag, time in since.items()}}
        reporter.event(Event(now, VALUES_KNOWN_SINCE, batch.source, body))
    return batch
