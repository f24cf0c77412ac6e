"""How full a buffer is, from what was put in and taken out; and at which level a machine ended its waits.

A buffer before a machine that begins to starve is empty, one behind a machine that begins to block is full: from the
newest such instant on, counts tell the level. Where neither ever was, the counts leave a range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import MINUTE
from twin.forecast.history import Curve, Times
from twin.forecast.spells import BLOCKED, STARVED, Spells

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A machine beside a buffer. pieces: what it put in or took out, in line pieces, after `content`."""

    curve: Curve
    content: int
    spells: Spells


class Levels:
    """The level of one buffer at any instant of the history. capacity: line pieces."""

    def __init__(self, before: Sequence[Side], after: Sequence[Side], capacity: float, begins: int, until: int) -> None:
        self._before, self._after = before, after
        self.capacity = capacity
        empty = np.concatenate([side.spells.start[side.spells.of(STARVED)] for side in after] or [_NONE])
        full = np.concatenate([side.spells.start[side.spells.of(BLOCKED)] for side in before] or [_NONE])
        empty, full = empty[empty > begins], full[full > begins]
        taken = max((side.content for side in after), default=1)
        anchors = np.concatenate([empty, full])
        levels = np.concatenate([np.full(len(empty), (taken - 1) / 2.0), np.full(len(full), capacity)])
        order = np.argsort(anchors, kind="stable")
        self._anchor, level = anchors[order], levels[order]
        self._offset = level - self._net(self._anchor)
        self.lowest_offset, self.highest_offset = self._range(begins, until)

    @property
    def is_anchored(self) -> bool:
        """Whether it was ever seen empty or full."""
        return len(self._anchor) > 0

    def _net(self, instant: Times) -> Floats:
        """Put in less taken out, before an instant."""
        into = sum((side.content * side.curve.at(instant) for side in self._before), np.zeros(len(instant)))
        out = sum((side.content * side.curve.at(instant) for side in self._after), np.zeros(len(instant)))
        return into - out

    def _range(self, begins: int, until: int) -> tuple[float, float]:
        """Offsets that keep the level between nothing and the capacity at all times."""
        net = self._net(np.arange(begins, until + 1, MINUTE, dtype=np.int64))
        low, high = -float(net.min(initial=0.0)), self.capacity - float(net.max(initial=0.0))
        return (low, high) if low <= high else ((low + high) / 2, (low + high) / 2)

    def at(self, instant: Times) -> Floats:
        """Best guess of the level, within the buffer."""
        if not self.is_anchored:
            offset = np.full(len(instant), (self.lowest_offset + self.highest_offset) / 2)
        else:
            place = np.clip(np.searchsorted(self._anchor, instant, side="right") - 1, 0, None)
            offset = self._offset[place]
        return np.clip(offset + self._net(instant), 0.0, self.capacity)

    def between(self, instant: int) -> tuple[float, float]:
        """The least and the most that may be in it."""
        when = np.array([instant], np.int64)
        if self.is_anchored:
            level = float(self.at(when)[0])
            return level, level
        low, high = (float(offset + self._net(when)[0]) for offset in (self.lowest_offset, self.highest_offset))
        return max(0.0, low), min(self.capacity, high)

    def restart_level(self, spells: Spells) -> float | None:
        """What was there when a machine ended its waits for pieces: the median, None where it never waited.

        A machine that has not ended one yet needs more than the most that it saw: half-way from there to a full buffer.
        """
        return self._ended(spells, STARVED, 1.0)

    def restart_room(self, spells: Spells) -> float | None:
        """The same for room behind it."""
        return self._ended(spells, BLOCKED, -1.0)

    def _ended(self, spells: Spells, kind: int, sign: float) -> float | None:
        rows = spells.of(kind)
        ended = rows[rows < len(spells.start) - 1]
        at = spells.end[ended] if len(ended) else spells.start[rows[-1:]]
        if not len(at):
            return None
        if not len(ended):
            at = np.arange(int(at[0]), int(spells.end[rows[-1]]) + 1, MINUTE, dtype=np.int64)
        there = self.at(at) if sign > 0 else self.capacity - self.at(at)
        return float(np.median(there)) if len(ended) else (float(there.max()) + self.capacity) / 2


_NONE = np.empty(0, np.int64)
