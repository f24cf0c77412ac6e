"""A clock that starts when it is told to and stands still when the test has seen enough."""

from twin.runtime.clock import ScaledClock


class ClockWithEnd:
    """Stands at `start` until `go`, then runs `speed` times faster than the wall, and stands at `end` for ever."""

    def __init__(self, start: int, end: int, speed: float) -> None:
        self.start, self.end = start, end
        self._speed = speed
        self._clock: ScaledClock | None = None

    def go(self) -> None:
        self._clock = ScaledClock(self.start, self._speed)

    def now(self) -> int:
        return self.start if self._clock is None else min(self._clock.now(), self.end)
