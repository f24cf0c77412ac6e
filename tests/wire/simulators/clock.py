"""A clock that starts when it is told to and stands still when the test has seen enough."""

from twin.runtime.clock import ScaledClock


class ClockWithEnd:
    """Stands at `start` until `go`, then runs `speed` times faster than the wall, and stands at `end` for ever."""

    def __init__(self, start: int, end: int, speed: float) -> None:
        self.start, self.end = start, end
        self._clock = ScaledClock(start, speed)

    def go(self) -> None:
        self._clock.release()

    def now(self) -> int:
        return min(self._clock.now(), self.end)
