"""Agenda: what happens when, in virtual time. Instants are whole milliseconds, so every wire can carry them exactly."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

Act = Callable[[int], None]


class Agenda:
    """Acts by instant (ms since 1970 UTC); within one instant by rank, then in the order they were entered.

    An act may enter more acts for the same instant: the instant is over when none is left, and only then does
    anyone look at the line. So no state that lasted 0 ms is ever seen.
    """

    def __init__(self, start: int) -> None:
        self.now = start
        self._entries: list[tuple[int, int, int, Act, int]] = []
        self._entered = 0

    def at(self, time: int, rank: int, act: Act, token: int = 0) -> None:
        """Call `act(token)` at an instant that is not over yet."""
        self._entered += 1
        heappush(self._entries, (time, rank, self._entered, act, token))

    def advance(self, until: int) -> bool:
        """Live through the next instant that is earlier than `until`; False when there is none."""
        if not self._entries or self._entries[0][0] >= until:
            return False
        self.now = self._entries[0][0]
        while self._entries and self._entries[0][0] == self.now:
            _, _, _, act, token = heappop(self._entries)
            act(token)
        return True
