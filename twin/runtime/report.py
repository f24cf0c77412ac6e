"""What is known of one connection from outside: link, counters, dead letters, tags that do not work."""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.event import CLOCK_JUMPED, TAGS_COVERED, Event
from twin.core.instant import SECOND
from twin.core.ports import Clock
from twin.runtime.flow import Flow, Flowing
from twin.state.source_clock import Jump, Learnt, SourceClock

_log = logging.getLogger("linetwin")

KEPT_LETTERS = 10
"""So many messages are kept of each cause."""
MOST_CAUSES = 50
"""Further causes are counted together, so that a hostile source cannot grow this without bound."""
OTHER = "other causes"
SETTLING = 2 * SECOND
"""What comes so soon after a link came up was known before: its age does not say how late values come."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that could not be read. payload: at most 1 KiB of it."""

    time: int
    cause: str
    place: str
    payload: bytes


class ConnectionReport:
    """The Reporter of one connection; written by its connector and supervisor, read by the API. Any thread."""

    def __init__(self, id: str, protocol: str, url: str, clock: Clock, note: Callable[[Event], None]) -> None:
        self.id = id
        self.protocol = protocol
        self.url = url
        self.state = "connecting"
        """`connecting`, `up`, `down` or `stopped` (a setting must change first)."""
        self.since = clock.now()
        self.cause = ""
        self.attempts = 0
        self.next_attempt: int | None = None
        self.lag_ns = 0
        self.counters: Counter[str] = Counter()
        self.causes: Counter[str] = Counter()
        self.problems: dict[str, str] = {}
        self.notices: dict[str, str] = {}
        """What people should know of the link although values flow, by subject."""
        self.gauges: dict[str, float] = {}
        """Figures that stand until the next one, the unit in the name."""
        self.alive_at = self.since
        """The last instant at which the link was known to be good."""
        self._flow = Flow()
        self._source_clock = SourceClock()
        self._letters: dict[str, deque[DeadLetter]] = {}
        self._clock = clock
        self._note = note
        self._lock = threading.Lock()

    def begin_again(self, url: str) -> None:
        """Another connector takes the link over: what does not work it finds out for itself."""
        with self._lock:
            self.url = url
            self.problems.clear()
            self.notices.clear()

    def event(self, event: Event) -> None:
        """Put a fact into the log. A source that has just said what it covers is alive: a loss is not dated before."""
        if event.kind == TAGS_COVERED:
            self.alive_at = max(self.alive_at, event.time)
        self._note(event)

    def count(self, what: str, n: int = 1) -> None:
        """Add to a counter."""
        with self._lock:
            self.counters[what] += n

    def dead_letter(self, cause: str, place: str, payload: bytes) -> None:
        """Count one unreadable message; keep it when it is among the first of its cause."""
        with self._lock:
            self.counters["dead_letters"] += 1
            if cause not in self.causes and len(self.causes) >= MOST_CAUSES:
                cause = OTHER
            self.causes[cause] += 1
            letters = self._letters.setdefault(cause, deque())
            if len(letters) < KEPT_LETTERS:
                letters.append(DeadLetter(self._clock.now(), cause, place, payload[:1024]))

    def problem(self, tag: str, text: str) -> None:
        """A tag does not work (text says why), or works again (empty text)."""
        with self._lock:
            if text:
                self.problems[tag] = text
            else:
                self.problems.pop(tag, None)

    def notice(self, about: str, text: str) -> None:
        """Something about the link that people should know although values flow; empty text: it is over."""
        with self._lock:
            changed = self.notices.get(about, "") != text
            if text:
                self.notices[about] = text
            else:
                self.notices.pop(about, None)
        if changed:
            _log.warning("connection %s: %s", self.id, text or f"{about}: right again")

    def gauge(self, what: str, value: float) -> None:
        """A figure that stands until the next one."""
        with self._lock:
            self.gauges[what] = value

    def alive(self) -> None:
        """The other side spoke just now."""
        self.alive_at = self._clock.now()

    def arrived(self, times: NDArray[np.int64]) -> None:
        """Rows with these times (ns, as the source gave them) have just come: what they say of its clock."""
        now = self._clock.now()
        if self.state != "up" or now - self.since < SETTLING:
            return
        with self._lock:
            jump = self._source_clock.look(times, now)
        if jump is not None:
            self.count("clock_jumps")
            self._note(_jumped(now, self.id, jump))

    def clock_learnt(self) -> Learnt | None:
        """What the source's samples say of its clock; None: nothing yet."""
        with self._lock:
            return self._source_clock.learnt()

    def flowed(self, times: NDArray[np.int64]) -> None:
        """Rows with these times (ns) are durable: a sign of life, and how late they are."""
        self.alive()
        self.lag_ns = self.alive_at - int(times.max())
        with self._lock:
            self.counters["stored"] += len(times)
            settled = self.state == "up" and self.alive_at - self.since >= SETTLING
            self._flow.add(times, self.alive_at, with_lag=settled)

    def flowing(self) -> Flowing:
        """How much flows, and how late it comes."""
        with self._lock:
            return self._flow.look(self._clock.now())

    def letters(self) -> list[DeadLetter]:
        """The kept messages, oldest first."""
        with self._lock:
            return sorted((letter for kept in self._letters.values() for letter in kept), key=lambda one: one.time)

    def turned(self, state: str, cause: str = "") -> None:
        """The link changed."""
        self.state, self.cause, self.since = state, cause, self._clock.now()


def _jumped(now: int, connection: str, jump: Jump) -> Event:
    like = jump.like
    _log.warning(
        "connection %s: its clock went %s by %.3f s%s", connection, "ahead" if jump.size > 0 else "back",
        abs(jump.size) / SECOND, f", like {like}" if like else "",
    )  # fmt: skip
    body = {"jump_ns": jump.size, "since": jump.time, "offset_ns": jump.offset, "like": like}
    return Event(now, CLOCK_JUMPED, connection, body)
