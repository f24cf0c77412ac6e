"""Buffers between machines, and the two ends of a line. Whoever waits at one is told in the instant of the change."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

NEVER = 2**62
"""Pieces without end; ms that do not come."""


def nobody() -> None:
    """Stands where nobody wants to know."""


class Infeed(Protocol):
    """Where a station takes from. hungry: called in this order when pieces have come."""

    hungry: list[Callable[[], None]]

    @property
    def level(self) -> int:
        """Pieces that are there."""
        ...

    def ready(self, pieces: int) -> int | None:
        """The order of the next `pieces` pieces, None while there are fewer of it."""
        ...

    def take(self, pieces: int) -> None:
        """Pieces out; they are ready."""
        ...


class Outfeed(Protocol):
    """Where a station puts its pieces. full: called in this order when there is room again."""

    full: list[Callable[[], None]]

    @property
    def room(self) -> int:
        """Pieces that fit."""
        ...

    def put(self, order: int) -> None:
        """One piece of an order in; there is room."""
        ...


@dataclass(frozen=True, slots=True)
class BufferSpec:
    """capacity and first: pieces, of this unit; those that are there at the start belong to order 0."""

    name: str
    capacity: int
    unit: str
    first: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.capacity or self.capacity < 1:
            raise ValueError(f"buffer {self.name!r}: {self.first} pieces do not fit into {self.capacity}")


class Buffer:
    """Room for pieces between machines, first in, first out. Pieces of one order that follow each other are a run.

    cleared: pieces taken out by hand, because a station takes more at a time than were left of an order.
    """

    def __init__(self, spec: BufferSpec) -> None:
        self.spec = spec
        self.level = spec.first
        self.cleared = 0
        self.hungry: list[Callable[[], None]] = []
        self.full: list[Callable[[], None]] = []
        self._runs: deque[list[int]] = deque([[0, spec.first]] if spec.first else ())

    @property
    def room(self) -> int:
        """Pieces that still fit."""
        return self.spec.capacity - self.level

    @property
    def runs(self) -> list[tuple[int, int]]:
        """(order, pieces) from the first to go out."""
        return [(order, pieces) for order, pieces in self._runs]

    def put(self, order: int) -> None:
        """One piece of an order in; there is room."""
        runs = self._runs
        if runs and runs[-1][0] == order:
            runs[-1][1] += 1
        else:
            runs.append([order, 1])
        self.level += 1
        if self.hungry:
            tell(self.hungry)

    def ready(self, pieces: int) -> int | None:
        """The order of the next `pieces` pieces, None while there are fewer of it. What another order follows and is
        too little for a piece is cleared out.
        """
        runs = self._runs
        while runs:
            order, there = runs[0]
            if there >= pieces:
                return order
            if len(runs) == 1:
                return None
            self.clear()
        return None

    def take(self, pieces: int) -> None:
        """Pieces out; they are ready."""
        first = self._runs[0]
        first[1] -= pieces
        if not first[1]:
            self._runs.popleft()
        self.level -= pieces
        if self.full:
            tell(self.full)

    def clear(self) -> int:
        """Take the first run out by hand; how many pieces it had."""
        _, pieces = self._runs.popleft() if self._runs else (0, 0)
        self.cleared += pieces
        self.level -= pieces
        if pieces and self.full:
            tell(self.full)
        return pieces


class Supply(Infeed, Protocol):
    """Where the head of a line takes from. given: how many pieces it gave."""

    given: int


class Source:
    """Pieces from outside: `left` of an order, without end unless somebody sets them. given: how many it gave."""

    def __init__(self) -> None:
        self.order = 0
        self.left = NEVER
        self.given = 0
        self.hungry: list[Callable[[], None]] = []

    @property
    def level(self) -> int:
        """Pieces that are there."""
        return self.left

    def refill(self, order: int, pieces: int = NEVER) -> None:
        """From now on these pieces, in place of what was left."""
        self.order, self.left = order, pieces
        tell(self.hungry)

    def ready(self, pieces: int) -> int | None:
        """The order, None while there are fewer pieces left."""
        return self.order if self.left >= pieces else None

    def take(self, pieces: int) -> None:
        """Pieces out."""
        self.given += pieces
        if self.left < NEVER:
            self.left -= pieces


class Sink:
    """Room without end. arrived: pieces that came out of the line here."""

    def __init__(self) -> None:
        self.room = NEVER
        self.arrived = 0
        self.full: list[Callable[[], None]] = []

    def put(self, order: int) -> None:
        """One piece."""
        self.arrived += 1


def tell(waiting: list[Callable[[], None]]) -> None:
    """Tell all who wait; they take themselves off the list as they go."""
    for one in tuple(waiting):
        one()
