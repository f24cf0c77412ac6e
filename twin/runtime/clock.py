"""Clocks of the shell. Simulator and twin share one, so that a line may run faster than the wall."""

from __future__ import annotations

import time
from collections.abc import Callable


class WallClock:
    """The clock of the machine, ns since 1970 UTC."""

    speed = 1.0

    def now(self) -> int:
        """The instant now."""
        return time.time_ns()


class ScaledClock:
    """sim = start + speed x (wall - wall at creation); monotonic underneath, so a step of the wall does not show."""

    def __init__(self, start: int, speed: float = 1.0, monotonic: Callable[[], int] = time.monotonic_ns) -> None:
        self.start = start
        self.speed = speed
        self._monotonic = monotonic
        self._zero = monotonic()

    def now(self) -> int:
        """The simulated instant now, ns since 1970 UTC."""
        return self.start + int((self._monotonic() - self._zero) * self.speed)
