"""Aggregates by interval, the time-weighted average with the last value held among them; of many series in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import SECOND
from twin.core.window import run_starts, window_sum

Gaps = Sequence[tuple[int, int]]
"""Stretches [start, end) in which nothing holds."""


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

    def without_first(self) -> Aggregates:
        """Those of all intervals but the first."""
        return Aggregates(*[getattr(self, name)[1:] for name in self.__slots__])


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Rows, or runs of rows that neither an edge nor a gap cuts, by (series, first).

    series: number of the series. first, last: times of its first and last row. count, left_out: rows with and without
    a usable value. total, least, greatest, opening, closing: sum, ends, first and last of the usable values, NaN
    without one. area: value x seconds held between first and last, held: for so many ns. holds: what holds from the
    last row on, NaN for nothing.
    """

    series: NDArray[np.intp]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    count: NDArray[np.int64]
    left_out: NDArray[np.int64]
    total: NDArray[np.float64]
    least: NDArray[np.float64]
    greatest: NDArray[np.float64]
    opening: NDArray[np.float64]
    closing: NDArray[np.float64]
    area: NDArray[np.float64]
    held: NDArray[np.int64]
    holds: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.series)

    def columns(self) -> list[NDArray[Any]]:
        """All columns in the order of their names above."""
        return [getattr(self, name) for name in self.__slots__]


def pieces_of_rows(
    series: NDArray[np.intp], time: NDArray[np.int64], value: NDArray[np.float64], usable: NDArray[np.bool_]
) -> Pieces:
    """Each row a piece of its own. Rows by (series, time)."""
    value = np.where(usable, value, np.nan)
    count, none = usable.astype(np.int64), np.zeros(len(time), np.int64)
    ends = (value, value, value, value, value)
    return Pieces(series, time, time, count, 1 - count, *ends, none.astype(np.float64), none, value)


def joined_pieces(parts: Sequence[Pieces]) -> Pieces:
    """All pieces of all parts by (series, first); of no two of a series do the times overlap."""
    filled = [part for part in parts if len(part)]
    if len(filled) == 1:
        return filled[0]
    columns = [np.concatenate(column) for column in zip(*[part.columns() for part in filled or parts], strict=True)]
    order = np.lexsort((columns[1], columns[0]))
    return Pieces(*[column[order] for column in columns])


def aggregates(
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    usable: NDArray[np.bool_],
    edges: NDArray[np.int64],
    held: float,
    gaps: Gaps,
) -> Aggregates:
    """Of one series: rows of [edges[0], edges[-1]) by time, one per time. The rest as in aggregates_of."""
    pieces = pieces_of_rows(np.zeros(len(time), np.intp), time, value, usable)
    return aggregates_of(pieces, edges, np.array([held]), [gaps])[0]


def aggregates_of(
    pieces: Pieces, edges: NDArray[np.int64], held: NDArray[np.float64] | None, gaps: Sequence[Gaps]
) -> list[Aggregates]:
    """Of each series the aggregates of its pieces, which lie in [edges[0], edges[-1]). gaps: of each series.

    held: of each series the value that holds at edges[0], NaN for none; None: twa and covered_s are not asked for. A
    value holds until the next row; one that is not usable holds nothing. In a gap nothing holds, nor after it until the
    next row.
    """
    intervals = len(edges) - 1
    size = len(gaps) * intervals
    place = np.searchsorted(edges, pieces.first, side="right") - 1
    slot = pieces.series * intervals + place
    some = np.flatnonzero(pieces.count)
    starts = run_starts(slot[some])
    filled = slot[some][starts]
    ends = np.append(starts[1:], len(some))[: len(starts)] - 1
    count = np.zeros(size, np.int64)
    count[filled] = window_sum(pieces.count[some], starts)
    left_out = np.zeros(size, np.int64)
    missing = np.flatnonzero(pieces.left_out)
    outs = run_starts(slot[missing])
    left_out[slot[missing][outs]] = window_sum(pieces.left_out[missing], outs)

    def spread(column: NDArray[np.float64]) -> NDArray[np.float64]:
        found = np.full(size, np.nan)
        found[filled] = column
        return found

    def ends_of(ufunc: np.ufunc, column: NDArray[np.float64]) -> NDArray[np.float64]:
        return spread(ufunc.reduceat(column[some], starts) if len(starts) else column[:0])

    area, covered = (np.zeros(size),) * 2 if held is None else _held_areas(pieces, edges, held, gaps)
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = (
            spread(window_sum(pieces.total[some], starts) / count[filled]),
            ends_of(np.minimum, pieces.least),
            ends_of(np.maximum, pieces.greatest),
            spread(pieces.opening[some][starts]),
            spread(pieces.closing[some][ends]),
            np.where(covered > 0, area / covered, np.nan),
            covered,
        )
    own = [slice(one * intervals, (one + 1) * intervals) for one in range(len(gaps))]
    return [Aggregates(edges[:-1], count[mine], left_out[mine], *[c[mine] for c in columns]) for mine in own]


def _held_areas(
    pieces: Pieces, edges: NDArray[np.int64], held: NDArray[np.float64], gaps: Sequence[Gaps]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(sum of value x seconds, seconds) of each interval of each series over the time for which a value held."""
    intervals = len(edges) - 1
    if not intervals:
        return np.empty(0), np.empty(0)
    pieces, held = _cut(pieces, edges, held, gaps)
    place = np.searchsorted(edges, pieces.first, side="right") - 1
    slot = pieces.series * intervals + place
    starts = run_starts(slot)
    filled = slot[starts]
    # From the last row of a piece its value holds until the next one, or the end of the interval.
    until = edges[place + 1]
    until[:-1] = np.where(slot[1:] == slot[:-1], pieces.first[1:], until[:-1])
    holds = ~np.isnan(pieces.holds)
    behind = np.where(holds, until - pieces.last, 0)
    with np.errstate(invalid="ignore", over="ignore"):
        own = pieces.area + np.where(holds, pieces.holds * (behind / SECOND), 0.0)
    # From the start of an interval on holds what the last piece before it left, up to the first piece in it.
    size = len(held) * intervals
    source = np.full(size, -1, np.intp)
    source[filled] = np.append(starts[1:], len(slot))[: len(starts)] - 1
    source = np.maximum.accumulate(source.reshape(len(held), intervals), axis=1)
    before = np.full((len(held), intervals), np.nan)
    before[:, 0] = held
    earlier = source[:, :-1]
    if len(slot):
        before[:, 1:] = np.where(earlier >= 0, pieces.holds[earlier], held[:, None])
    else:
        before[:, 1:] = held[:, None]
    length = np.tile(np.diff(edges), len(held))
    length[filled] = pieces.first[starts] - edges[place[starts]]
    carried = np.where(np.isnan(before.ravel()), 0, length)
    with np.errstate(invalid="ignore", over="ignore"):
        area = np.where(carried > 0, before.ravel() * (carried / SECOND), 0.0)
    seconds = carried.copy()
    area[filled] += window_sum(own, starts)
    seconds[filled] += window_sum(pieces.held + behind, starts)
    return area, seconds / SECOND


def _cut(
    pieces: Pieces, edges: NDArray[np.int64], held: NDArray[np.float64], gaps: Sequence[Gaps]
) -> tuple[Pieces, NDArray[np.float64]]:
    """The pieces with one that holds nothing where a gap begins, and what holds at the first edge."""
    if not any(gaps):
        return pieces, held
    start, end = int(edges[0]), int(edges[-1])
    held, holds = held.copy(), pieces.holds.copy()
    bounds = np.searchsorted(pieces.series, np.arange(len(held) + 1))
    where: list[int] = []
    whose: list[int] = []
    when: list[int] = []
    for series, own in enumerate(gaps):
        lo, hi = int(bounds[series]), int(bounds[series + 1])
        times = pieces.first[lo:hi]
        for a, b in own:
            first, last = np.searchsorted(times, [a, b])
            holds[lo + first : lo + last] = np.nan
            if a <= start < b:
                held[series] = np.nan
            elif start < a < end:
                where.append(lo + int(first))
                whose.append(series)
                when.append(a)
    order = np.lexsort((when, where, whose))
    at = np.array(where, np.intp)[order]
    fresh: dict[str, NDArray[Any] | float] = {
        "series": np.array(whose, np.intp)[order],
        "first": np.array(when, np.int64)[order],
    }
    fresh |= {"last": fresh["first"], "holds": np.nan}
    columns = dict(zip(pieces.__slots__, pieces.columns(), strict=True)) | {"holds": holds}
    # A row of the same instant comes after the cut, for it counts on.
    cut: dict[str, Any] = {name: np.insert(column, at, fresh.get(name, 0)) for name, column in columns.items()}
    return Pieces(**cut), held
