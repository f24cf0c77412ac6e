"""A clock that runs faster than the wall and stands still when the test has seen enough."""

from twin.runtime.clock import ScaledClock


class ClockWithEnd:
    """The scaled clock until `end`, then `end`: what the line has sent by then is known beforehand."""

    def __init__(self, start: int, end: int, speed: float) -> None:
        self._clock = ScaledClock(start, speed)
        self.end = end

    def now(self) -> int:
        return min(self._clock.now(), self.end)
