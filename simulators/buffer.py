"""Buffer: the conveyor or table between two machines."""

from __future__ import annotations

from collections.abc import Callable


def nobody() -> None:
    """Stands where no machine waits."""


class Buffer:
    """Room for `capacity` pieces. Whoever waits for a change is told at once by `filled` and `drained`."""

    def __init__(self, capacity: int, unit: str, level: int) -> None:
        self.capacity = capacity
        self.unit = unit
        self.level = level
        self.first_level = level
        self.filled: Callable[[], None] = nobody
        self.drained: Callable[[], None] = nobody

    @property
    def room(self) -> int:
        """Pieces that still fit."""
        return self.capacity - self.level

    def put(self) -> None:
        """One piece in; there is room."""
        self.level += 1
        self.filled()

    def take(self, pieces: int) -> None:
        """Pieces out; they are there."""
        self.level -= pieces
        self.drained()
