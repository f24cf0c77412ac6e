"""Whose clock is behind: even the newest of its samples come late, again and again, by the same amount. Pure numpy.

What is late for another reason is told apart: a gateway that collects for a minute sends new samples too, so the
newest of each window counts; what is filled in afterwards comes ever less late; what is retained or repeated is no new
sample; and a mean that is stamped where its hour begins is late by no more than the pause between two of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.batch import Batch
from twin.core.event import CLOCK_OFFSET, Event
from twin.core.instant import DAY, HOUR, MINUTE, SECOND
from twin.core.ports import Reporter
from twin.core.tags import TagTable

BEHIND = MINUTE
"""Later than this: a clock that is wrong, or a way that is too long."""
WINDOW, WINDOWS = 30 * SECOND, 4
"""So many windows in a row must agree, each at least so long and with new samples."""
ALIKE = 15 * SECOND
"""How far their newest samples' delays may lie apart."""
PAUSES = 2
"""A delay of no more than so many pauses between samples may come of how the source collects them."""

_Times = NDArray[np.int64]
_NONE = np.iinfo(np.int64).max


class ClockWatch:
    """Looks at each batch; tells once, as notice and event, when a source's clock is behind or right again."""

    def __init__(self, connection: str, tags: TagTable, reporter: Reporter) -> None:
        self._connection = connection
        self._tags = tags
        self._reporter = reporter
        self._told: int | None = None
        self._newest = _empty()
        self._begun = _empty()
        self._least = _empty()
        self._delays = np.zeros((0, WINDOWS), dtype=np.int64)
        self._pauses = np.zeros((0, WINDOWS), dtype=np.int64)
        self._behind = np.zeros(0, dtype=np.bool_)

    def look(self, batch: Batch, arrival: int) -> None:
        """Rows that came at an instant, or a little later: then they are taken for less late than they are."""
        self._make_room(int(batch.tag.max()) + 1)
        new = batch.time > self._newest[batch.tag]
        tag, time = batch.tag[new], np.minimum(batch.time[new], arrival)
        fresh = np.unique(tag).astype(np.int64)
        np.maximum.at(self._newest, tag, time)
        full = fresh[arrival - self._begun[fresh] >= WINDOW]
        if len(full):
            self._close(full, arrival)
        np.minimum.at(self._least, tag, arrival - time)

    def _close(self, tags: _Times, arrival: int) -> None:
        """The windows of these tags are over, and the next begin."""
        begun = tags[self._begun[tags] > 0]
        for past, now in (
            (self._delays, self._least[begun]),
            (self._pauses, arrival - self._begun[begun] - WINDOW),
        ):
            past[begun, 1:] = past[begun, :-1]
            past[begun, 0] = now
        self._begun[tags], self._least[tags] = arrival, _NONE
        delay, pause = self._delays[begun], self._pauses[begun].max(axis=1)
        alike = delay.max(axis=1) - delay.min(axis=1) <= ALIKE
        late = alike & (delay.min(axis=1) > BEHIND + PAUSES * pause)
        self._behind[begun] = np.where(delay[:, 0] > BEHIND, self._behind[begun] | late, False)
        self._tell(arrival)

    def _tell(self, now: int) -> None:
        """One tag stands for all: the same one as long as it is late. The event comes with the first and the last."""
        told = self._told
        late = np.flatnonzero(self._behind)
        if (told is None and not len(late)) or (told is not None and self._behind[told]):
            return
        self._told = int(late[0]) if len(late) else None
        shown = told if self._told is None else self._told
        delay = 0 if shown is None else int(self._delays[shown, 0])
        text = "" if self._told is None else wording(self._tags[self._told].name, delay)
        self._reporter.notice("clock", text)
        if told is None or self._told is None:
            self._reporter.event(Event(now, CLOCK_OFFSET, self._connection, {"offset_ns": -delay}))

    def _make_room(self, count: int) -> None:
        more = count - len(self._newest)
        if more > 0:
            self._newest, self._begun, self._least = (
                np.pad(one, (0, more)) for one in (self._newest, self._begun, self._least)
            )
            self._delays, self._pauses = (np.pad(one, ((0, more), (0, 0))) for one in (self._delays, self._pauses))
            self._behind = np.pad(self._behind, (0, more))


def wording(tag: str, delay: int) -> str:
    """What is wrong and what to do.

    >>> wording("acme/brno/filler/temp", 2400 * SECOND)
    'the clock of what sends acme/brno/filler/temp is 40 min behind ours; set it, or write `time: arrival`'
    """
    unit, word = next(unit for unit in _UNITS if delay >= 2 * unit[0] or unit[0] == SECOND)
    return (
        f"the clock of what sends {tag} is {round(delay / unit)} {word} behind ours; set it, or write `time: arrival`"
    )


_UNITS = ((DAY, "days"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))


def _empty() -> _Times:
    return np.zeros(0, dtype=np.int64)
