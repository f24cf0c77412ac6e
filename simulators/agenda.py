"""Agenda: what happens when, in virtual time. Instants are whole milliseconds, so every wire can carry them exactly."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

Act = Callable[[int], None]

OVER_RANK, FAULT_RANK, PEOPLE_RANK, FLOW_RANK, PHYSICS_RANK = -1, 0, 1, 10, 1_000_000
"""Order within an instant: faults whose time is over, what breaks or is mended, then people, then the machines along
the flow, then physics. So it does not matter whether a fault was told long before or in the last moment.
"""


class Agenda:
    """Acts by instant (ms since 1970 UTC); within one instant by rank, then in the order they were entered.

    An act may enter more acts for the same instant: the instant is over when none is left, and only then does
    anyone look at the line. So no state that lasted 0 ms is ever seen.
    """

    def __init__(self, start: int) -> None:
        self.now = start
        self._entries: list[tuple[int, int, int, Act, int]] = []
        self._entered = 0
        self._physics_at = start - 1

    def at(self, time: int, rank: int, act: Act, token: int = 0) -> None:
        """Call `act(token)` at an instant that is not over yet."""
        self._entered += 1
        heappush(self._entries, (time, rank, self._entered, act, token))

    def advance(self, until: int) -> bool:
        """Live through the next instant that is earlier than `until`; False when there is none."""
        entries = self._entries
        if not entries or entries[0][0] >= until:
            return False
        now = self.now = entries[0][0]
        while entries and entries[0][0] == now:
            _, _, _, act, token = heappop(entries)
            act(token)
        return True

    def begin_physics(self) -> None:
        """From here on to the end of this instant, what machines do counts for physics after this second only."""
        self._physics_at = self.now

    @property
    def felt(self) -> int:
        """The instant from which physics feels what a machine does now."""
        return self.now + (self._physics_at == self.now)
