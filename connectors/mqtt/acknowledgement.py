"""Acknowledgement: which PUBLISH may be confirmed, in the order they came (MQTT 5, 4.6)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable


class Acknowledgements:
    """Packet ids in order of arrival, released up to what is durable.

    Messages without a sample (undecodable, unmapped) have nothing to make durable: they are released with the
    group before them, or at once when nothing is waiting. For one thread.
    """

    def __init__(self, send: Callable[[int], None]) -> None:
        self._send = send
        self._waiting: deque[int] = deque()
        self._arrived = 0
        self._released = 0
        self._open_groups: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def group(self, mids: Iterable[int], has_rows: bool) -> Callable[[], None] | None:
        """Take in a group. Gives what to call when its rows are durable; None when it has no rows."""
        for mid in mids:
            self._waiting.append(mid)
            self._arrived += 1
        if not has_rows:
            if not self._open_groups:
                self._release(self._arrived)
            return None
        end = self._arrived
        self._open_groups.append(end)
        return lambda: self._durable(end)

    def _durable(self, end: int) -> None:
        while self._open_groups and self._open_groups[0] <= end:
            self._open_groups.popleft()
        self._release(end if self._open_groups else self._arrived)

    def _release(self, end: int) -> None:
        while self._released < end:
            self._released += 1
            self._send(self._waiting.popleft())
