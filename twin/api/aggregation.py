"""Aggregates of tags by interval, from rollups and rows. Blocking, and bounded in what it reads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.api.problem import too_much
from twin.api.readable import Readable
from twin.core.aggregate import Aggregates, Gaps, Pieces, aggregates_of, joined_pieces, pieces_of_rows
from twin.core.instant import FAR_PAST
from twin.core.rollup import STEPS, Rollups, is_finite, pieces_of, uncut
from twin.core.routing import HORIZON
from twin.core.rows import Samples, in_order, join
from twin.core.status import is_bad
from twin.runtime.archive import values
from twin.state.stretch import Stretch

MOST_ROWS = 8_000_000
"""Of one tag, of hours without a rollup: three months at 1 Hz."""
MOST_IN_ALL = 32_000_000


def aggregated(
    twin: Readable,
    ids: Sequence[int | None],
    edges: NDArray[np.int64],
    known: int,
    gaps: Sequence[Sequence[Stretch]],
    weighted: bool,
) -> list[Aggregates]:
    """Aggregates of each tag over the intervals between edges. gaps: those of each tag. weighted: twa is asked for, so
    what held at the start must be found, however long ago it was said.

    Whole hours come from rollups, so that only the rows of the others count for what one request may read.
    """
    holes = {tag: [(gap.start, gap.end) for gap in own] for tag, own in zip(ids, gaps, strict=True)}
    wide = np.append(edges[:1] - STEPS, edges)  # an hour before: nearly always it says what holds at the start
    wanted = np.array(sorted({tag for tag in ids if tag is not None}), dtype=np.int32)
    found: dict[int | None, Aggregates] = {}
    budget = MOST_IN_ALL
    waiting = [wanted] if len(wanted) else []
    while waiting:
        tags = waiting.pop()
        pieces, rows = _pieces(twin, tags, wide, known, [holes[tag] for tag in tags.tolist()])
        if rows > MOST_ROWS and len(tags) > 1:  # never the rows of all tags in memory
            waiting += [tags[len(tags) // 2 :], tags[: len(tags) // 2]]
            continue
        budget -= rows
        if rows > MOST_ROWS or budget < 0:
            raise too_much(f"more than {MOST_ROWS} samples of a tag or {MOST_IN_ALL} in all; ask for a shorter span")
        held = _held_first(twin, tags, pieces, wide, known) if weighted else None
        of_each = aggregates_of(pieces, wide, held, [holes[tag] for tag in tags.tolist()])
        found |= dict(zip(tags.tolist(), [one.without_first() for one in of_each], strict=True))
    if None in ids:
        nothing = pieces_of_rows(*_no_rows())
        found[None] = aggregates_of(nothing, edges, np.array([np.nan]), [[]])[0]
    return [found[tag] for tag in ids]


def _pieces(
    twin: Readable, tags: NDArray[np.int32], edges: NDArray[np.int64], known: int, holes: Sequence[Gaps]
) -> tuple[Pieces, int]:
    """(rollups and rows of some tags by their place among them, how many rows); too many rows are left out."""
    start, end = int(edges[0]), int(edges[-1])
    older = twin.past.older(tags, start, end, known, MOST_ROWS)
    archived_to = int(older.time.max()) if len(older) else FAR_PAST  # what the log has of that time, it has twice
    scales = twin.meaning.scales
    sentinels = [(place, value) for place, tag in enumerate(tags.tolist()) for value in scales.sentinels(tag)]
    turns = [(place, at) for place, tag in enumerate(tags.tolist()) for at in scales.changes(tag, start - STEPS, end)]

    scaled: list[tuple[Rollups, Pieces]] = []

    def fit(rollups: Rollups) -> NDArray[np.bool_]:
        series = np.searchsorted(tags, rollups["tag"])
        fits = uncut(rollups, series, edges, holes) & (rollups["first"] > archived_to)
        for row, value in sentinels:  # the model takes this value for none, and it may be among them
            fits &= (series != row) | ~((rollups["least"] <= value) & (rollups["greatest"] >= value))
        for row, at in turns:  # no hour has two scales
            fits &= (series != row) | (rollups["last"] < at) | (rollups["first"] >= at)
        scaled[:] = [(rollups, _scaled(twin, tags, rollups, series))]
        return fits & is_finite(scaled[0][1])

    found = twin.reader.read_rolled(tags, start, end, known, fit, MOST_ROWS)
    made = twin.past.made(twin.past.computed(tags), start, end, known, MOST_ROWS)
    if (many := max(len(found.samples), len(older), len(made))) > MOST_ROWS:
        return pieces_of_rows(*_no_rows()), many
    rows = in_order(join([older, found.samples, made]))
    rows = rows.take(rows.by_tag)
    value, usable = _usable(twin, rows)
    of_rows = pieces_of_rows(np.searchsorted(tags, rows.tag), rows.time, value, usable)
    if scaled and scaled[0][0] is found.rollups:  # all of them fit
        return joined_pieces([scaled[0][1], of_rows]), len(rows)
    series = np.searchsorted(tags, found.rollups["tag"])
    return joined_pieces([_scaled(twin, tags, found.rollups, series), of_rows]), len(rows)


def _scaled(twin: Readable, tags: NDArray[np.int32], rollups: Rollups, series: NDArray[np.intp]) -> Pieces:
    factor, offset = twin.meaning.scales.factors(tags[series], rollups["first"])
    return pieces_of(rollups, series, factor, offset)


def _no_rows() -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    return np.empty(0, np.intp), np.empty(0, np.int64), np.empty(0), np.empty(0, np.bool_)


def _usable(twin: Readable, rows: Samples) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    value, status = values(twin.meaning, rows)
    return value, np.isfinite(value) & ~is_bad(status)


def _held_first(
    twin: Readable, tags: NDArray[np.int32], pieces: Pieces, wide: NDArray[np.int64], known: int
) -> NDArray[np.float64]:
    """Of each tag what holds at the first edge; looked for only where the first interval does not tell."""
    silent = np.setdiff1d(np.arange(len(tags)), pieces.series[pieces.first < wide[1]])
    held = np.full(len(tags), np.nan)
    held[silent] = _held(twin, tags[silent], int(wide[0]), known)
    return held


def _held(twin: Readable, tags: NDArray[np.int32], start: int, known: int) -> NDArray[np.float64]:
    """Of each tag the value of its last row before the span, NaN without a usable one within the horizon."""
    rows = twin.past.before(tags, start, known, start + STEPS - HORIZON)
    value, usable = _usable(twin, rows)
    held = np.full(len(tags), np.nan)
    held[np.searchsorted(tags, rows.tag)] = np.where(usable, value, np.nan)
    return held
