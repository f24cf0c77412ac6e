"""Zone: wall-clock times without a zone become instants, also in the two nights a year in which clocks change."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import Misconfigured
from twin.core.instant import MINUTE, SECOND

_EPOCH = datetime(1970, 1, 1)


class Zone:
    """Reads the rows of one file in their order: only that tells the first 02:30 of an autumn night from the second.

    skipped: times that no clock showed (spring); they are read as if the clock had not been set. twice: times that
    came twice (autumn); the first time through is summer time, after a step back it is winter time.
    """

    def __init__(self, name: str | None) -> None:
        self.name = name
        self._zone = None if name is None else _zone(name)
        self._offsets: dict[int, tuple[int, int]] = {}
        self._previous: int | None = None
        self._second = False
        self.skipped = self.twice = 0

    def instants(self, local: NDArray[np.int64]) -> NDArray[np.int64]:
        """Instants of wall-clock times, both in ns; UTC when no zone is named."""
        if self._zone is None or len(local) == 0:
            return local
        minutes, place = np.unique(local // MINUTE, return_inverse=True)
        pairs = np.array([self._offset(int(minute)) for minute in minutes], dtype=np.int64)
        first, second = pairs[place, 0], pairs[place, 1]
        twice = first > second
        self.skipped += int((first < second).sum())
        self.twice += int(twice.sum())
        offset = np.where(self._second_time(local, twice), second, first)
        self._previous = int(local[-1])
        return local - offset

    def _offset(self, minute: int) -> tuple[int, int]:
        """UTC offsets, ns, of a wall-clock minute, the first and the second time it is shown (PEP 495)."""
        if minute not in self._offsets:
            wall = _EPOCH + timedelta(minutes=minute)
            pair = [wall.replace(tzinfo=self._zone, fold=fold).utcoffset() for fold in (0, 1)]
            first, second = (0 if one is None else int(one.total_seconds()) * SECOND for one in pair)
            self._offsets[minute] = (first, second)
        return self._offsets[minute]

    def _second_time(self, local: NDArray[np.int64], twice: NDArray[np.bool_]) -> NDArray[np.bool_]:
        found = np.zeros(len(local), dtype=np.bool_)
        for row in np.flatnonzero(twice).tolist():
            before = int(local[row - 1]) if row else self._previous
            entered = row > 0 and not twice[row - 1]
            if before is not None and local[row] < before:
                self._second = True
            elif entered or before is None:
                self._second = False
            found[row] = self._second
        return found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Misconfigured(f"no time zone {name!r}; write it like Europe/Prague or UTC") from None
