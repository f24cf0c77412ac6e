"""What the records of a line say up to an instant: states, pieces by the minute, products. Nothing else is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import MINUTE
from twin.mes.calendar import Calendar
from twin.model.plant import Line, Machine, Product

Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class MachineHistory:
    """A machine. [start, end): its state intervals, in order and apart; state: place in `names`.

    minute: beginnings of minutes, ascending; total, good: pieces counted in each. All times in ns.
    """

    machine: Machine
    start: Times
    end: Times
    state: NDArray[np.int32]
    names: Sequence[str]
    minute: Times
    total: Times
    good: Times

    def before(self, instant: int) -> MachineHistory:
        """What was so before an instant."""
        rows, minutes = self.start < instant, self.minute < instant
        end = np.minimum(self.end[rows], instant)
        return replace(
            self, start=self.start[rows], end=end, state=self.state[rows],
            minute=self.minute[minutes], total=self.total[minutes], good=self.good[minutes],
        )  # fmt: skip

    @property
    def state_now(self) -> str:
        """The last state, `unknown` where there is none."""
        return self.names[int(self.state[-1])] if len(self.state) else "unknown"


@dataclass(frozen=True, slots=True)
class Made:
    """The line made a product over [start, end); None: nobody knows which."""

    start: int
    end: int
    product: Product | None


@dataclass(frozen=True, slots=True, eq=False)
class LineHistory:
    """A line over [begins, until). machines: those of its flow, by station. until stands on a full minute."""

    line: Line
    calendar: Calendar
    begins: int
    until: int
    machines: Sequence[MachineHistory]
    products: Sequence[Made] = ()

    def before(self, instant: int) -> LineHistory:
        """What was known of the time before an instant, which stands on a full minute."""
        products = [replace(one, end=min(one.end, instant)) for one in self.products if one.start < instant]
        return replace(self, until=instant, products=products, machines=[one.before(instant) for one in self.machines])


class Curve:
    """Pieces that were counted before an instant, as a line: those of a minute spread over its running time."""

    def __init__(self, history: MachineHistory, pieces: Times) -> None:
        running = np.array([name == "running" for name in history.names], np.bool_)
        rows = running[history.state] if len(history.state) else np.empty(0, np.bool_)
        self._start, self._end = history.start[rows], history.end[rows]
        self._spent = np.append(0, np.cumsum(self._end - self._start))
        self._minute = history.minute
        self._pieces = np.append(pieces, 0)
        self._before = np.append(0, np.cumsum(pieces))

    def running(self, instant: Times) -> Times:
        """Ns of running before each instant."""
        begun = np.searchsorted(self._start, instant, side="right")
        ahead = np.zeros(len(instant), np.int64)
        within = begun > 0
        ahead[within] = np.maximum(self._end[begun[within] - 1] - instant[within], 0)
        return self._spent[begun] - ahead

    def at(self, instant: Times) -> NDArray[np.float64]:
        """Pieces before each instant."""
        first = instant - instant % MINUTE
        place = np.searchsorted(self._minute, first)
        inside = np.zeros(len(instant), np.bool_)
        known = place < len(self._minute)
        inside[known] = self._minute[place[known]] == first[known]
        ran, whole = self.running(instant) - self.running(first), self.running(first + MINUTE) - self.running(first)
        share = np.where(whole > 0, ran / np.maximum(whole, 1), (instant - first) / MINUTE)
        return self._before[place] + np.where(inside, self._pieces[place] * share, 0.0)

    def total(self) -> int:
        """All pieces."""
        return int(self._before[-1])
