"""Samples: what the wires carry, as columns, on change."""

from __future__ import annotations

from array import array
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

Block = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64], NDArray[np.uint32]]
"""time (ms), index, value, status."""


class Samples:
    """Collects samples and remembers the newest of each name. A name has at most one at an instant.

    Machines may be at different instants when they put theirs: `drain` gives all in the order of time, those of one
    instant in the order of the names.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._newest: list[Newest | None] = [None] * len(self.names)
        self._blocks: list[Block] = []
        self._time, self._name, self._value = array("q"), array("i"), array("d")
        self._put = self._time.append, self._name.append, self._value.append  # looked up once: put is called per piece

    @property
    def newest(self) -> dict[str, Newest]:
        """Name -> its newest sample that was drained, time in ms; names without one are missing."""
        return {name: newest for name, newest in zip(self.names, self._newest, strict=True) if newest is not None}

    def has(self, name: int) -> bool:
        """Whether there is a sample of rows of this name."""
        return self._newest[name] is not None

    def put(self, name: int, time: int, value: float) -> None:
        """One good sample, whether it differs from the one before or not. time in ms."""
        put_time, put_name, put_value = self._put
        put_time(time)
        put_name(name)
        put_value(value)

    def put_rows(
        self,
        name: int,
        time: NDArray[np.int64],
        value: NDArray[np.float64],
        status: NDArray[np.uint32],
        again: NDArray[np.bool_] | None = None,
    ) -> None:
        """Samples of one name, where value or status differ from those before, or `again` says so."""
        if not len(time):
            return
        differs = np.empty(len(time), dtype=np.bool_)
        same = (value[1:] == value[:-1]) | (np.isnan(value[1:]) & np.isnan(value[:-1]))
        differs[1:] = ~same | (status[1:] != status[:-1])
        newest = self._newest[name]
        first, code = float(value[0]), int(status[0])
        differs[0] = newest is None or newest[2] != code or (newest[1] != first and first == first)  # noqa: PLR0124 - NaN
        if again is not None:
            differs |= again
        if not differs.all():
            time, value, status = time[differs], value[differs], status[differs]
        if len(time):
            self._newest[name] = int(time[-1]), float(value[-1]), int(status[-1])
            self._blocks.append((time, np.full(len(time), name, dtype=np.int32), value, status))

    def drain(self) -> Columns:
        """Everything since the last call."""
        put = np.array(self._time, dtype=np.int64)
        name, value = np.array(self._name, dtype=np.int32), np.array(self._value, dtype=np.float64)
        blocks = [*self._blocks, (put, name, value, np.full(len(put), GOOD, dtype=np.uint32))]
        del self._time[:], self._name[:], self._value[:], self._blocks[:]
        time, name, value, status = (np.concatenate(column) for column in zip(*blocks, strict=True))
        order = np.argsort(time * len(self.names) + name)
        time, name, value, status = time[order], name[order], value[order], status[order]
        for place in newest_places(name, len(self.names)):
            self._newest[name[place]] = int(time[place]), float(value[place]), int(status[place])
        return self.names, time * NS_PER_MS, name, value, status


def newest_places(name: NDArray[np.int32], names: int) -> list[int]:
    """Where the last row of each name stands that has one."""
    places = np.full(names, -1, dtype=np.int64)
    places[name] = np.arange(len(name))  # of equal indices the last one counts
    return places[places >= 0].tolist()
