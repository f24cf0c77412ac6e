"""How far a server's clock is from ours, and what people are told of it."""

from __future__ import annotations

from dataclasses import dataclass

from asyncua.client.ua_session import UaSession

from connectors.opcua.decode.value import ns_of
from connectors.opcua.link.services import time_of_server
from twin.core.event import CLOCK_OFFSET, Event
from twin.core.instant import SECOND
from twin.core.ports import Clock, Reporter

TRIES = 3
RIGHT = 1 * SECOND
"""A clock that is no further away is right."""
COARSE = 1 * SECOND
"""Many servers let CurrentTime step once a second."""


@dataclass(frozen=True, slots=True)
class Offset:
    """A server's clock minus ours, ns, and how far that may be wrong."""

    ns: int
    error: int

    @property
    def wrong(self) -> bool:
        """Whether the clock is wrong beyond doubt."""
        return abs(self.ns) - self.error > RIGHT

    def differs(self, other: Offset) -> bool:
        """Whether another measurement says something else."""
        return abs(self.ns - other.ns) > self.error + other.error + RIGHT


async def offset_of(session: UaSession, clock: Clock) -> Offset | None:
    """The offset by the quickest of a few readings, halfway between question and answer. None: it tells no time."""
    best: Offset | None = None
    for _ in range(TRIES):
        asked = clock.now()
        shown = await time_of_server(session)
        answered = clock.now()
        if shown is None:
            return None
        half = max(0, answered - asked) // 2
        found = Offset(ns_of(shown) - asked - half, half + COARSE)
        best = found if best is None or found.error < best.error else best
    return best


async def wrong_by(session: UaSession, clock: Clock) -> int | None:
    """The offset in ns where the clock is wrong beyond doubt, else 0. None: it tells no time."""
    offset = await offset_of(session, clock)
    return None if offset is None else offset.ns if offset.wrong else 0


class ClockWatch:
    """Tells the offset: as a gauge, and once as notice and event when the clock is wrong or right again."""

    def __init__(self, source: str, clock: Clock, reporter: Reporter) -> None:
        self._source = source
        self._clock = clock
        self._reporter = reporter
        self._told: Offset | None = None

    def measured(self, offset: Offset) -> None:
        """A new measurement."""
        self._reporter.gauge("clock_offset_s", offset.ns / SECOND)
        if offset.wrong:
            if self._told is None or offset.differs(self._told):
                self._tell(offset, wording(offset))
        elif self._told is not None:
            self._tell(offset, "")

    def _tell(self, offset: Offset, text: str) -> None:
        self._told = offset if text else None
        self._reporter.notice("clock", text)
        self._reporter.event(Event(self._clock.now(), CLOCK_OFFSET, self._source, {"offset_ns": offset.ns}))


def wording(offset: Offset) -> str:
    """What is wrong and what to do.

    >>> wording(Offset(-2400 * SECOND, 0))
    'the clock of the server is 40 min behind ours; set it, or write `time: arrival`'
    """
    seconds = round(abs(offset.ns) / SECOND)
    size = f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min" if seconds < 7200 else hours(seconds)
    side = "behind" if offset.ns < 0 else "ahead of"
    return f"the clock of the server is {size} {side} ours; set it, or write `time: arrival`"


def hours(seconds: int) -> str:
    """A long time in hours."""
    return f"{round(seconds / 3600)} h"
