"""Samples: what the wires carry, as columns, on change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NS_PER_MS = 1_000_000

Columns = tuple[Sequence[str], NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]
"""names; then a row for each sample: time (ns since 1970 UTC), index into names, value."""


class Samples:
    """Collects samples in the order of time and remembers the newest of each name."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.newest: dict[int, tuple[int, float]] = {}
        self._time: list[int] = []
        self._name: list[int] = []
        self._value: list[float] = []

    def put(self, name: int, time: int, value: float) -> None:
        """One sample, whether it differs from the one before or not. time in ms."""
        self.newest[name] = (time, value)
        self._time.append(time)
        self._name.append(name)
        self._value.append(value)

    def put_change(self, name: int, time: int, value: float) -> None:
        """One sample, unless the newest has this value already."""
        newest = self.newest.get(name)
        if newest is None or newest[1] != value:
            self.put(name, time, value)

    def drain(self) -> Columns:
        """Everything since the last call."""
        time = np.array(self._time, dtype=np.int64) * NS_PER_MS
        columns = (self.names, time, np.array(self._name, dtype=np.int32), np.array(self._value, dtype=np.float64))
        self._time, self._name, self._value = [], [], []
        return columns
