"""TagValues: the samples of one tag as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from twin.core import status as codes
from twin.testing.found import NotThere
from twin.testing.times import Moment, Wall


@dataclass(frozen=True, slots=True, eq=False)
class TagValues:
    """Rows by time, one per instant. time: int64 ns since 1970 UTC. value: in the tag's unit, NaN where there is
    none. status: OPC UA StatusCode, 0 is Good. text: what a float cannot hold, None for a tag of numbers.
    """

    path: str
    unit: str
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    text: NDArray[np.object_] | None
    wall: Wall

    def __len__(self) -> int:
        return len(self.time)

    def __repr__(self) -> str:
        if not len(self):
            return f"<{self.path}: no values>"
        return f"<{self.path}: {len(self)} values, {self._row(0)} to {self._row(-1)}>"

    def _row(self, place: int) -> str:
        value = self.value[place] if self.text is None or self.text[place] is None else self.text[place]
        status = "" if not self.status[place] else f" {codes.name(int(self.status[place]))}"
        return f"{value} {self.unit}".rstrip() + status + f" at {self.wall.text(int(self.time[place]))}"

    @property
    def times(self) -> Sequence[datetime]:
        """The times as datetimes of the plant, to the microsecond below."""
        return [self.wall.at(instant) for instant in self.time.tolist()]

    @property
    def first(self) -> float:
        """The earliest value. Raises NotThere when there is none."""
        return self._value(0)

    @property
    def last(self) -> float:
        """The latest value. Raises NotThere when there is none."""
        return self._value(-1)

    @property
    def good(self) -> TagValues:
        """The rows whose status is Good."""
        return self._take(codes.is_good(self.status))

    def between(self, start: Moment, end: Moment) -> TagValues:
        """The rows of [start, end): lengths since the start of the test, or datetimes."""
        first, last = self.wall.ns(start, "between"), self.wall.ns(end, "between")
        return self._take((self.time >= first) & (self.time < last))

    def at(self, moment: Moment) -> float:
        """The value that held at an instant: the latest until then. Raises NotThere when there was none yet."""
        return self._take(self.time <= self.wall.ns(moment, "at")).last

    def _value(self, place: int) -> float:
        if not len(self):
            raise NotThere(f"no value of {self.path} until {self.wall.text(self.wall.now)}")
        return float(self.value[place])

    def _take(self, rows: NDArray[np.bool_]) -> TagValues:
        text = None if self.text is None else self.text[rows]
        kept = self.time[rows], self.value[rows], self.status[rows], text
        return TagValues(self.path, self.unit, *kept, self.wall)
