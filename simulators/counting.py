"""Counting: what counters and pulses of a machine show, from the instants of its pieces.

A piece changes nothing else on the wire than a counter, so nobody looks at the machine for it: the samples of many
pieces are made at once.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulators.samples import GOOD, Samples


@dataclass(slots=True)
class Counter:
    """One counter. index: of its name in the samples. times: instants (ms) of the pieces, which grow. first: where it
    stands before the first. wraps: so many pieces and it starts at 0 again; 0: never.
    """

    index: int
    times: array[int]
    first: int
    wraps: int = 0
    told: int = field(default=0, init=False)

    def tell(self, samples: Samples, again: list[int]) -> None:
        """Samples of the pieces since the last call, and of where it stood at other instants (in order)."""
        news = np.array(self.times[self.told :], dtype=np.int64)
        if not len(news) and not again:
            return
        times = np.union1d(news, np.array(again, dtype=np.int64)) if again else news
        value = self.first + self.told + np.searchsorted(news, times, side="right")
        self.told += len(news)
        put(samples, self.index, times, value % self.wraps if self.wraps else value)


@dataclass(slots=True)
class Pulse:
    """A value that is 1 once for each piece, and 0 before the first."""

    index: int
    times: array[int]
    told: int = field(default=0, init=False)

    def tell(self, samples: Samples, again: list[int]) -> None:
        """One sample for each piece since the last call; it is not said again, only once at the begin."""
        news = np.array(self.times[self.told :], dtype=np.int64)
        if not self.told and again and not samples.has(self.index):
            put(samples, self.index, np.array(again[:1], dtype=np.int64), np.zeros(1))
        self.told += len(news)
        put(samples, self.index, news, np.ones(len(news)))


def put(samples: Samples, index: int, times: NDArray[np.int64], value: NDArray[np.generic]) -> None:
    """Good samples, all of them."""
    every = np.ones(len(times), dtype=np.bool_)
    samples.put_rows(index, times, value.astype(np.float64), np.full(len(times), GOOD, dtype=np.uint32), every)
