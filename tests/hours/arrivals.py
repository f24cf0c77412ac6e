"""When what was measured arrives: in order, or 5 % of it up to two hours late, in random order, some twice, some wrong
at first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.hours.life import Life
from twin.core.instant import HOUR, MINUTE

LATE, DOUBLED, CHANGED = 0.05, 0.01, 0.01
"""Shares of the samples. Of those that are changed another value came first; the later one counts (folds.md R2)."""
LATEST = 2 * HOUR
A_LITTLE = MINUTE
"""So late is one late sample in five; the others come with what a gateway kept, about every BURST."""
BURST = 6 * MINUTE


@dataclass(frozen=True)
class Arrivals:
    """Instant of a tick -> rows that arrive with it, on_time in their order, late in any."""

    on_time: Mapping[int, NDArray[np.void]]
    late: Mapping[int, NDArray[np.void]]
    counts: Mapping[str, int]


def in_order(life: Life) -> Arrivals:
    """Every sample with the first tick behind it."""
    ticks = _ticks(life)
    return Arrivals(_by_tick(life.rows, _next(ticks, life.rows["time"]), ticks), {}, {})


def disordered(life: Life, latest: int = LATEST) -> Arrivals:
    """The same samples otherwise."""
    chance = np.random.default_rng([life.seed, 1])
    rows, ticks = life.rows, _ticks(life)
    bursts = _bursts(ticks, chance)
    drawn = chance.permutation(len(rows))
    edges = np.cumsum([int(share * len(rows)) for share in (LATE, DOUBLED, CHANGED)])
    late, doubled, changed = np.split(drawn[: edges[-1]], edges[:-1])
    first = rows.copy()
    first["value"][changed] += chance.choice([-1.0, 1.0, 5.0], len(changed))
    due = _next(ticks, rows["time"])
    on_time = np.ones(len(rows), np.bool_)
    on_time[late] = False
    again = np.concatenate([late, doubled, changed])
    lateness = np.where(
        chance.random(len(again)) < 0.2,
        chance.integers(1, A_LITTLE, len(again)),
        chance.integers(1, latest, len(again)),
    )
    arrival = rows["time"][again] + lateness
    place = np.where(lateness < A_LITTLE, _next(ticks, arrival), bursts[_next(ticks[bursts], arrival)])
    place = np.minimum(np.maximum(place, due[again] + (np.arange(len(again)) >= len(late))), len(ticks) - 1)
    counts = {"late": len(late), "doubled": len(doubled), "changed": len(changed)}
    return Arrivals(
        _by_tick(first[on_time], due[on_time], ticks),
        _by_tick(rows[again], place, ticks, chance),
        counts,
    )


def _ticks(life: Life) -> NDArray[np.int64]:
    return np.array([tick for run in life.runs for tick in run.ticks], np.int64)


def _next(ticks: NDArray[np.int64], time: NDArray[np.int64]) -> NDArray[np.intp]:
    """The first tick behind each time, the last one for what is later."""
    return np.minimum(np.searchsorted(ticks, time, "right"), len(ticks) - 1)


def _bursts(ticks: NDArray[np.int64], chance: np.random.Generator) -> NDArray[np.intp]:
    """Ticks with which much comes at once; the last is the last of all that bring samples."""
    many = int((ticks[-1] - ticks[0]) // BURST) + 1
    chosen = chance.choice(len(ticks), min(many, len(ticks)), replace=False)
    return np.unique([*chosen, len(ticks) - 4])


def _by_tick(
    rows: NDArray[np.void],
    place: NDArray[np.intp],
    ticks: NDArray[np.int64],
    chance: np.random.Generator | None = None,
) -> dict[int, NDArray[np.void]]:
    """Rows by the tick that they arrive with. chance: in random order."""
    if chance is not None:
        order = chance.permutation(len(rows))
        rows, place = rows[order], place[order]
    order = np.argsort(place, kind="stable")
    rows, place = rows[order], place[order]
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    return {
        int(ticks[place[a]]): part for a, part in zip(starts, np.split(rows, starts[1:]), strict=False) if len(part)
    }
