"""What is known of one outlet from outside: link, last error, rate."""

from __future__ import annotations

import threading
from collections import deque

from twin.core.instant import SECOND
from twin.core.ports import Clock

WINDOW = 60 * SECOND


class OutletReport:
    """Written by the outlet's task, read by the API. Any thread."""

    def __init__(self, id: str, protocol: str, url: str, clock: Clock) -> None:
        self.id = id
        self.protocol = protocol
        self.url = url
        self.state = "connecting"
        """`connecting`, `up`, `down` (tried again) or `stopped` (a setting must change first)."""
        self.since = clock.now()
        self.cause = ""
        self.attempts = 0
        self.next_attempt: int | None = None
        self.notices: list[str] = []
        """What is not wrong and most likely not meant."""
        self._clock = clock
        self._sent: deque[tuple[int, int]] = deque()
        self._lock = threading.Lock()

    def turned(self, state: str, cause: str = "") -> bool:
        """The link is like this now; whether that is new."""
        new = state != self.state
        if new:
            self.since = self._clock.now()
        self.state, self.cause = state, cause
        return new

    def sent(self, rows: int) -> None:
        """So many rows went through just now."""
        with self._lock:
            self._sent.append((self._clock.now(), rows))
            self._forget()

    def rate(self) -> float:
        """Rows a second over the last minute."""
        with self._lock:
            self._forget()
            return sum(rows for _, rows in self._sent) * SECOND / WINDOW

    def _forget(self) -> None:
        limit = self._clock.now() - WINDOW
        while self._sent and self._sent[0][0] < limit:
            self._sent.popleft()
