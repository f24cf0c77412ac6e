"""Aggregates of one tag by interval, the time-weighted average with the last value held among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import SECOND
from twin.core.window import run_starts, window_sum


@dataclass(frozen=True, slots=True, eq=False)
class Aggregates:
    """Columns by interval. NaN where there is nothing. time: where each begins.

    count: usable rows. left_out: rows without a usable value. twa: mean over the time for which a value held;
    covered_s: how many seconds that is.
    """

    time: NDArray[np.int64]
    count: NDArray[np.int64]
    left_out: NDArray[np.int64]
    mean: NDArray[np.float64]
    min: NDArray[np.float64]
    max: NDArray[np.float64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]
    twa: NDArray[np.float64]
    covered_s: NDArray[np.float64]


def aggregates(
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    usable: NDArray[np.bool_],
    edges: NDArray[np.int64],
    held: float,
    gaps: Sequence[tuple[int, int]],
) -> Aggregates:
    """Rows of [edges[0], edges[-1]) by time, one per time. held: the value that holds at edges[0], NaN for none.

    A value holds until the next row; one that is not usable holds nothing. In a gap nothing holds, nor after it until
    the next row.
    """
    intervals = len(edges) - 1
    place = np.searchsorted(edges, time, side="right") - 1
    good, at = value[usable], place[usable]
    starts = run_starts(at)
    filled = at[starts]
    ends = np.append(starts[1:], len(at))[: len(starts)] - 1

    def spread(column: NDArray[np.float64]) -> NDArray[np.float64]:
        found = np.full(intervals, np.nan)
        found[filled] = column
        return found

    count = np.bincount(at, minlength=intervals)
    some = len(starts) > 0
    mean = window_sum(good, starts) / (ends - starts + 1)
    area, covered = _held_areas(time, np.where(usable, value, np.nan), edges, held, gaps)
    with np.errstate(invalid="ignore"):
        twa = np.where(covered > 0, area / covered, np.nan)
    return Aggregates(
        edges[:-1],
        count,
        np.bincount(place[~usable], minlength=intervals),
        spread(mean),
        spread(np.minimum.reduceat(good, starts) if some else good),
        spread(np.maximum.reduceat(good, starts) if some else good),
        spread(good[starts]),
        spread(good[ends]),
        twa,
        covered,
    )


def _held_areas(
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    edges: NDArray[np.int64],
    held: float,
    gaps: Sequence[tuple[int, int]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(sum of value x seconds, seconds) of each interval over the time for which a value held."""
    value = value.copy()
    for start, end in gaps:
        value[(time >= start) & (time < end)] = np.nan
        if start <= edges[0] < end:
            held = np.nan
    cuts = np.array([start for start, _ in gaps if edges[0] < start < edges[-1]], dtype=np.int64)
    # Edges take the value of the row before them; a row or a gap at the same instant comes after, for it counts on.
    at = np.concatenate([edges, cuts, time])
    kind = np.repeat([0, 1, 2], [len(edges), len(cuts), len(time)])
    own = np.concatenate([np.full(len(edges), np.nan), np.full(len(cuts), np.nan), value])
    order = np.argsort(at, kind="stable")  # of one instant in the order written: edge, gap, row
    at, kind, own = at[order], kind[order], own[order]
    said = np.where(kind == 0, -1, np.arange(len(at)))
    source = np.maximum.accumulate(said)
    holding = np.where(source >= 0, own[source], held)
    seconds = np.diff(at) / SECOND
    holds = ~np.isnan(holding[:-1])
    starts = np.flatnonzero(kind == 0)[:-1]
    area = window_sum(np.where(holds, np.nan_to_num(holding[:-1]) * seconds, 0.0), starts)
    return area, window_sum(np.where(holds, seconds, 0.0), starts)
