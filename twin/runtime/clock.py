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
    """sim = start + speed x (wall - wall at release); monotonic underneath, so a step of the wall does not show.

    It stands at `start` until it is released, so that a simulated line can wait for those who want to watch it.
    """

    def __init__(self, start: int, speed: float = 1.0, monotonic: Callable[[], int] = time.monotonic_ns) -> None:
        self.start = start
        self.speed = speed
        self._monotonic = monotonic
        self._zero: int | None = None

    def release(self) -> None:
        """Let time run."""
        if self._zero is None:
            self._zero = self._monotonic()

    def now(self) -> int:
        """The simulated instant now, ns since 1970 UTC."""
        elapsed = 0 if self._zero is None else self._monotonic() - self._zero
        return self.start + int(elapsed * self.speed)


class StandingClock:
    """Stands at one instant: what is over goes no further."""

    def __init__(self, instant: int) -> None:
        self._instant = instant

    def now(self) -> int:
        """That instant."""
        return self._instant
