"""Samples: what the wires carry, as columns, on change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NS_PER_MS = 1_000_000

GOOD = 0
"""OPC UA status code of a value that is as it should be."""

Columns = tuple[Sequence[str], NDArray[np.int64], NDArray[np.int32], NDArray[np.float64], NDArray[np.uint32]]
"""names; then a row for each sample: time (ns since 1970 UTC), index into names, value, OPC UA status code."""

Newest = tuple[int, float, int]
"""The newest sample of a value: time, value, status."""


class Samples:
    """Collects samples in the order of time and remembers the newest of each name."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.newest: dict[int, Newest] = {}
        self._time: list[int] = []
        self._name: list[int] = []
        self._value: list[float] = []
        self._status: list[int] = []

    def put(self, name: int, time: int, value: float, status: int = GOOD) -> None:
        """One sample, whether it differs from the one before or not. time in ms."""
        self.newest[name] = (time, value, status)
        self._time.append(time)
        self._name.append(name)
        self._value.append(value)
        self._status.append(status)

    def put_change(self, name: int, time: int, value: float, status: int = GOOD) -> None:
        """One sample, unless the newest has this value and status already."""
        newest = self.newest.get(name)
        if newest is None or newest[1:] != (value, status):
            self.put(name, time, value, status)

    def drain(self) -> Columns:
        """Everything since the last call."""
        time = np.array(self._time, dtype=np.int64) * NS_PER_MS
        name, value = np.array(self._name, dtype=np.int32), np.array(self._value, dtype=np.float64)
        status = np.array(self._status, dtype=np.uint32)
        self._time, self._name, self._value, self._status = [], [], [], []
        return self.names, time, name, value, status
