"""Aggregates of OPC UA Part 13 of one tag by interval: rows in pieces, what lies around them, gaps as Bad."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.api.problem import too_much
from twin.api.readings import Readings
from twin.core.instant import DAY, HOUR
from twin.core.part13 import Aggregate, Config, Processed, processed
from twin.core.part13.quality import PARTIAL, flagged
from twin.core.rows import Rows, Samples, in_order, join
from twin.core.status import BAD_NOT_CONNECTED, is_bad, is_good
from twin.core.stretches import following, held
from twin.mes.cuts import Cuts

MOST_ROWS = 2_000_000
"""Of one piece: more intervals than hold so many rows are done one piece after the other."""
MOST_IN_INTERVAL = 8_000_000
"""Of one interval: three months at 1 Hz."""
AROUND = (HOUR, DAY)
"""How far beyond a Bad neighbour the nearest good row is looked for."""

Look = Callable[[], None]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is asked of a tag. until: rows are known up to here, ns. end: no row is later. holes: gaps, [start, end)."""

    aggregates: Sequence[Aggregate]
    config: Config
    known: int
    until: int
    end: int
    holes: Sequence[tuple[int, int]] = ()


def processed_cuts(readings: Readings, tag: int, cuts: Cuts, asked: Asked, look: Look) -> dict[Aggregate, Processed]:
    """Each aggregate of each interval. Raises a problem for too many rows in one interval, and what `look` raises."""
    layers = [_of_layer(readings, tag, layer.edges, asked, look) for layer in cuts.layers]
    found: dict[Aggregate, Processed] = {}
    for one in asked.aggregates:
        value = cuts.gathered([layer[one].value for layer in layers]).astype(np.float64)
        status = cuts.gathered([layer[one].status for layer in layers]).astype(np.uint32)
        found[one] = Processed(value, flagged(status, PARTIAL, cuts.shortened & ~is_bad(status)))
    return found


def values_at(
    readings: Readings, tag: int, instants: NDArray[np.int64], asked: Asked, look: Look
) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
    """(value, status) at instants in order, by the tag's interpolation."""
    parts: list[Processed] = []
    for instant in instants.tolist():
        look()
        rows = _around(readings, tag, instant, instant + 1, asked, _read(readings, tag, instant, instant + 1, asked))
        edges = np.array([instant, instant + 1], dtype=np.int64)
        made = processed([Aggregate.INTERPOLATIVE], rows, edges, asked.config, asked.until)
        parts.append(made[Aggregate.INTERPOLATIVE])
    value = np.concatenate([np.empty(0), *(one.value for one in parts)])
    return value, np.concatenate([np.empty(0, np.uint32), *(one.status for one in parts)])


def _of_layer(
    readings: Readings, tag: int, edges: NDArray[np.int64], asked: Asked, look: Look
) -> Mapping[Aggregate, Processed]:
    parts: list[Mapping[Aggregate, Processed]] = []
    first, many = 0, len(edges) - 1
    while first < len(edges) - 1:
        look()
        last = min(first + many, len(edges) - 1)
        mine = edges[first : last + 1]
        most = MOST_ROWS if last - first > 1 else MOST_IN_INTERVAL
        rows = _read(readings, tag, int(mine[0]), int(mine[-1]), asked, most)
        if len(rows) > most:
            if last - first == 1:
                raise too_much(f"more than {most} samples in one interval; ask for shorter intervals")
            many = max(1, (last - first) // 4)
            continue
        whole = _around(readings, tag, int(mine[0]), int(mine[-1]), asked, rows)
        parts.append(processed(asked.aggregates, whole, mine, asked.config, asked.until))
        first = last
    return {
        one: Processed(
            np.concatenate([part[one].value for part in parts]), np.concatenate([part[one].status for part in parts])
        )
        for one in asked.aggregates
    }


def _read(readings: Readings, tag: int, start: int, end: int, asked: Asked, most: int | None = None) -> Samples:
    return readings.reads.read_tags(np.array([tag], dtype=np.int32), start, end, asked.known, most).samples


def _around(readings: Readings, tag: int, start: int, end: int, asked: Asked, rows: Samples) -> Rows:
    """Rows of [start, end) with their neighbours and the nearest good ones; a Bad row where a gap begins."""
    one = np.array([tag], dtype=np.int32)
    before = held(readings.reads, one, start, asked.known)
    after = following(readings.reads, one, end, asked.known, asked.end)
    parts = [before, rows, after]
    if _is_unusable(readings, before):
        parts[:0] = _good_one(readings, tag, [(start - reach, start) for reach in AROUND], asked, last=True)
    if _is_unusable(readings, after):
        parts += _good_one(readings, tag, [(end, end + reach) for reach in AROUND], asked, last=False)
    found = readings.values(in_order(join(parts)))
    if asked.config.sloped_extrapolation and not len(after):
        found = in_order(join([*_second(readings, one, found, asked), found]))
    return in_order(join([found, _gap_rows(tag, found, end, asked.holes)]))


def _second(readings: Readings, one: NDArray[np.int32], found: Samples, asked: Asked) -> list[Samples]:
    """The row before the only good one, which is the first: a line that goes on needs two."""
    good = np.flatnonzero(is_good(found.status))
    if good.tolist() != [0]:
        return []
    return [readings.values(held(readings.reads, one, int(found.time[0]), asked.known))]


def _is_unusable(readings: Readings, row: Samples) -> bool:
    return len(row) > 0 and not is_good(readings.values(row).status)[0]


def _good_one(
    readings: Readings, tag: int, spans: Sequence[tuple[int, int]], asked: Asked, last: bool
) -> list[Samples]:
    for start, end in spans:
        rows = _read(readings, tag, start, end, asked, MOST_ROWS)
        if len(rows) > MOST_ROWS:
            break
        rows = in_order(rows)
        good = np.flatnonzero(is_good(readings.values(rows).status))
        if len(good):
            return [rows.take(good[-1:] if last else good[:1])]
    return []


def _gap_rows(tag: int, rows: Samples, end: int, holes: Sequence[tuple[int, int]]) -> Samples:
    """A Bad row at the start of each gap: what held before holds no more. A row of the same instant stays itself."""
    first, last = (int(rows.time[0]), max(end, int(rows.time[-1]))) if len(rows) else (0, 0)
    starts = np.array([start for start, _ in holes if first < start < last], dtype=np.int64)
    starts = np.setdiff1d(starts, rows.time)
    many = len(starts)
    return Samples(
        np.full(many, tag, np.int32),
        starts,
        np.full(many, np.nan),
        np.full(many, BAD_NOT_CONNECTED, np.uint32),
        np.zeros(many, np.int64),
    )
