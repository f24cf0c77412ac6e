"""The samples of the store benchmark: a plant of many slow tags and a few quick ones, in the order they arrive.

A week of it is 22,538,880 samples: 1,996 tags each minute and 4 at 1 Hz. Stamps are in ms with 20 ms of jitter, arrival
is up to 2 s later, so rows of neighbouring seconds are mixed; values are walks with two decimals, noise in float32,
levels that seldom change, counters and switches, a fifth of the tags each; one row in 200 is bad and has no value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.batch import Batch, batch
from twin.core.instant import DAY, MILLISECOND, MINUTE, SECOND
from twin.core.status import BAD

BEGIN = 20_400 * DAY
ROWS = 10_000
"""Of a batch."""
JITTER_MS = 20
LATEST = 2 * SECOND
RUN = 16
"""Rows that are bad together."""
BAD_SHARE = 0.005


@dataclass(frozen=True, slots=True)
class Workload:
    """How many tags there are, how many of them at 1 Hz, and for how many days."""

    tags: int = 2000
    quick: int = 4
    days: int = 7

    @property
    def names(self) -> list[str]:
        """The paths of the tags, by id; the quick ones come first."""
        return [
            f"bench/hall{number // 500}/line{number // 50}/m{number // 10}/t{number}" for number in range(self.tags)
        ]

    @property
    def rows(self) -> int:
        """All samples."""
        return self.days * (self.quick * DAY // SECOND + (self.tags - self.quick) * DAY // MINUTE)

    @property
    def span(self) -> tuple[int, int]:
        """All times are in [start, end)."""
        return BEGIN, BEGIN + self.days * DAY

    def batches(self) -> Iterator[tuple[int, Batch]]:
        """(when the last row of it arrived, a batch). The same ones every time."""
        random = np.random.default_rng(1)
        level = np.full(self.tags, 20.0)
        for day in range(self.days):
            parts = [self._tag(random, tag, day, level) for tag in range(self.tags)]
            tag, time, value, status = (np.concatenate(column) for column in zip(*parts, strict=True))
            arrival = time + random.integers(0, LATEST, len(time))
            order = np.argsort(arrival)
            for start in range(0, len(order), ROWS):
                mine = order[start : start + ROWS]
                yield int(arrival[mine[-1]]) + 1, batch("bench", tag[mine], time[mine], value[mine], status[mine])

    def _tag(
        self, random: np.random.Generator, tag: int, day: int, level: NDArray[np.float64]
    ) -> tuple[np.ndarray, ...]:
        """A day of one tag; what the next day goes on from is put in `level`."""
        every = SECOND if tag < self.quick else MINUTE
        n = DAY // every
        jitter = random.integers(0, JITTER_MS, n) * MILLISECOND
        value = _values(random, tag % 5, n, float(level[tag]))
        level[tag] = value[-1]
        bad = np.repeat(random.random(-(-n // RUN)) < BAD_SHARE, RUN)[:n]
        return (
            np.full(n, tag, np.int32),
            BEGIN + day * DAY + np.arange(n, dtype=np.int64) * every + jitter,
            np.where(bad, np.nan, value),
            np.where(bad, BAD, 0).astype(np.uint32),
        )


def _values(random: np.random.Generator, kind: int, n: int, level: float) -> NDArray[np.float64]:
    match kind:
        case 0:
            return np.round(level + np.cumsum(random.normal(0, 0.05, n)), 2)
        case 1:
            return random.normal(50, 5, n).astype(np.float32).astype(np.float64)
        case 2:
            steps = np.flatnonzero(random.random(n) < 0.01)
            levels = np.append(level, random.integers(0, 100, len(steps)))
            return levels[np.searchsorted(steps, np.arange(n), side="right")].astype(np.float64)
        case 3:
            return np.floor(level) + np.cumsum(random.poisson(3, n)).astype(np.float64)
        case _:
            return (random.random(n) < 0.5).astype(np.float64)
