"""A source's clock, learnt from when its samples come: how far it is from ours, how it drifts, when it jumps.

A sample cannot come before it was taken. So of a stretch of time the least delay (arrival minus time of the sample)
bounds the clock from below, and what a gateway held back says nothing: it is later than the least. From that:

| seen | means |
|---|---|
| the least delay falls below all that was seen before, and stays there | the clock jumped ahead |
| it rises, stays there, and the times of new samples ran backwards | the clock jumped back |
| it rises, and times went on | samples are held back on their way; the clock is not touched |
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import HOUR, MINUTE, SECOND
from twin.core.routing import HORIZON

WINDOW = 10 * SECOND
WINDOWS = 360
"""So many windows with samples are remembered: an hour of a busy source."""
AGREEING = 3
"""So many windows in a row must say the same before a jump is named."""
LEAST = SECOND
"""Smaller jumps are not named: coarse stamps and publishing intervals are as large."""
RECENT = 8
DELAYS = 256
LEAST_DRIFT_SPAN = 10 * MINUTE
MOST_POINTS = 60
"""Points of the line that is laid through the least delays."""


@dataclass(frozen=True, slots=True)
class Jump:
    """A clock went ahead (size > 0, ns) or back at about `time` (ours). offset: source minus ours from then on."""

    time: int
    size: int
    offset: int

    @property
    def like(self) -> str:
        """What else goes by as much: `summer time` for one hour, '' for nothing."""
        return "summer time" if abs(abs(self.size) - HOUR) <= LEAST else ""


@dataclass(frozen=True, slots=True)
class Learnt:
    """offset: source minus ours, ns, at least this much: what the way takes is not told apart. jitter: by how much
    delays of batches differ (5 to 95 %), ns. drift: of the source against ours, parts in a million; None: too short.
    """

    offset: int
    jitter: int
    drift: float | None
    jump: Jump | None


@dataclass(frozen=True, slots=True)
class _Window:
    """begun, delay: ns, the least. newest: the latest time of a sample in it. back: how far times went back at most."""

    begun: int
    delay: int
    newest: int
    back: int


class SourceClock:
    """Looks at the batches of one connection as they come; not at what is filled in afterwards."""

    def __init__(self) -> None:
        self._windows: deque[_Window] = deque(maxlen=WINDOWS)
        self._odd: list[_Window] = []
        self._open: _Window | None = None
        self._lowest = 0
        self._delays: deque[int] = deque(maxlen=DELAYS)
        self._jump: Jump | None = None
        self._learnt: Learnt | None = None

    def look(self, times: NDArray[np.int64], arrival: int) -> Jump | None:
        """Samples with these times came at an instant of our clock; a jump, once it is certain."""
        newest = int(times.max()) if len(times) else arrival - HORIZON
        delay = arrival - newest
        if abs(delay) >= HORIZON:  # known for long, or no time at all
            return None
        self._delays.append(delay)
        found = None
        if self._open is not None and not 0 <= arrival - self._open.begun < WINDOW:
            found = self._close(self._open)
            self._open = self._learnt = None
        one = self._open or _Window(arrival, delay, newest, 0)
        reached = max(one.newest, self._windows[-1].newest) if self._windows else one.newest
        self._open = _Window(one.begun, min(one.delay, delay), max(one.newest, newest), max(one.back, reached - newest))
        return found

    def learnt(self) -> Learnt | None:
        """What is known up to the last whole window; None before the first."""
        if self._learnt is None and self._windows:
            self._learnt = self._learn()
        return self._learnt

    def _learn(self) -> Learnt:
        delays = np.array(self._delays, np.int64)
        low, high = np.quantile(delays, [0.05, 0.95], method="nearest")
        offset = -min(one.delay for one in self._windows)
        return Learnt(offset, int(high - low), self._drift(), self._jump)

    # --- jumps --------------------------------------------------------------------------------------------------

    def _close(self, window: _Window) -> Jump | None:
        before = self._odd[-1] if self._odd else self._windows[-1] if self._windows else None
        if before is not None and window.newest == before.newest:
            return None  # the same again: nothing new came
        if len(self._windows) < AGREEING or not self._is_odd(window):
            self._odd.clear()
            self._keep(window)
            return None
        self._odd.append(window)
        last = self._odd[-AGREEING:]
        delays = [one.delay for one in last]
        if len(last) < AGREEING or max(delays) - min(delays) > max(LEAST, self._spread()):
            return None
        return self._jumped(last)

    def _is_odd(self, window: _Window) -> bool:
        """Whether a window is not what the clock of before would give."""
        bound = max(LEAST, 3 * self._spread())
        ahead = window.delay < self._lowest - bound
        later = window.delay - self._usual()
        back = max(window.back, self._windows[-1].back)  # less than the jump by the time between two samples
        went_back = back > 0 and 2 * back + bound >= later
        return ahead or (later > bound and (bool(self._odd) or went_back))

    def _jumped(self, last: list[_Window]) -> Jump | None:
        after = int(np.median([one.delay for one in last]))
        before = self._lowest if after < self._lowest else self._usual()
        begun = self._odd[0].begun
        self._windows.clear()
        self._odd.clear()
        self._lowest = last[0].delay
        for one in last:
            self._keep(one)
        self._jump = Jump(begun, before - after, -after)
        return self._jump

    def _keep(self, window: _Window) -> None:
        self._lowest = min(self._lowest, window.delay) if self._windows else window.delay
        self._windows.append(window)

    def _recent(self) -> list[int]:
        return [one.delay for one in list(self._windows)[-RECENT:]]

    def _usual(self) -> int:
        return int(np.median(self._recent()))

    def _spread(self) -> int:
        """How far the least delays of the last windows lie apart, without the one furthest out."""
        recent = sorted(self._recent())
        return recent[-2] - recent[0] if len(recent) > AGREEING else 0

    # --- drift --------------------------------------------------------------------------------------------------

    def _drift(self) -> float | None:
        """The median of the slopes between all pairs: what was held back for a while does not turn it."""
        every = list(self._windows)
        if every[-1].begun - every[0].begun < LEAST_DRIFT_SPAN or len(every) < RECENT:
            return None
        parts = np.array_split(np.array([(one.begun, one.delay) for one in every], np.int64), MOST_POINTS)
        points = np.array([part[part[:, 1].argmin()] for part in parts if len(part)])
        first, second = np.triu_indices(len(points), 1)
        run = points[second, 0] - points[first, 0]
        rise = points[second, 1] - points[first, 1]
        return float(np.median(-rise[run > 0] / run[run > 0]) * 1e6)
