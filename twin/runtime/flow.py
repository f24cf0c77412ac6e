"""How much flows through a connection and how late it comes, over the last minute, in memory that does not grow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import MILLISECOND, SECOND

SECONDS = 60
"""How far back the flow is known, in whole seconds."""
PER_DECADE = 20
DECADES = 9
EDGES: NDArray[np.int64] = (MILLISECOND * 10 ** (np.arange(PER_DECADE * DECADES + 1) / PER_DECADE)).astype(np.int64)
"""Upper edges of the classes of lag, ns: 1 ms to 11 days, each 12 % above the last."""
MOST_LOOKED_AT = 2000
"""Rows of one batch whose lag is looked at, evenly spread: enough for a p99, and a flood costs no more."""


@dataclass(frozen=True, slots=True)
class Flowing:
    """One look. Rates in values/s over whole seconds; lags in s, within 12 %, None while nothing came."""

    rate_10s: float = 0.0
    rate_60s: float = 0.0
    lag_p50_s: float | None = None
    lag_p99_s: float | None = None


class Flow:
    """A ring of the last seconds: rows and a histogram of their lag each. No lock: see its owner."""

    def __init__(self) -> None:
        self._second = np.full(SECONDS + 1, -1, np.int64)
        self._rows = np.zeros(SECONDS + 1, np.int64)
        self._lags = np.zeros((SECONDS + 1, len(EDGES) + 1), np.int64)

    def add(self, times: NDArray[np.int64], now: int, with_lag: bool = True) -> None:
        """Rows with these times became durable now, ns. with_lag: whether their age says how late values come."""
        second = now // SECOND
        at = second % len(self._second)
        if self._second[at] != second:
            self._second[at] = second
            self._rows[at] = 0
            self._lags[at] = 0
        self._rows[at] += len(times)
        if not with_lag:
            return
        looked_at = times[:: 1 + len(times) // MOST_LOOKED_AT]
        self._lags[at] += np.bincount(np.searchsorted(EDGES, now - looked_at), minlength=len(EDGES) + 1)

    def look(self, now: int) -> Flowing:
        """The flow up to the last whole second; a lag counts from the present one too."""
        second = now // SECOND
        ago = second - self._second
        ten, minute = (int(self._rows[(ago >= 1) & (ago <= many)].sum()) for many in (10, SECONDS))
        lags = self._lags[(ago >= 0) & (ago <= SECONDS)].sum(axis=0)
        return Flowing(ten / 10, minute / SECONDS, quantile(lags, 50), quantile(lags, 99))


def quantile(classes: NDArray[np.int64], percent: int) -> float | None:
    """The upper edge of the class in which so many percent of all lie, s; None for none.

    >>> quantile(np.bincount([3, 3, 3, 40], minlength=len(EDGES) + 1), 50)
    0.001412537
    """
    upto = np.cumsum(classes)
    if not upto[-1]:
        return None
    place = int(np.searchsorted(upto, -(-int(upto[-1]) * percent // 100)))
    return float(EDGES[min(place, len(EDGES) - 1)]) / SECOND
