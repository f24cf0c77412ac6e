"""Aggregates of tags by interval, from all their rows. Blocking, and bounded in what it reads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.api.problem import too_much, unprocessable
from twin.core.aggregate import Aggregates, aggregates
from twin.core.instant import DAY, HOUR, SECOND, Span, duration
from twin.core.routing import HORIZON
from twin.core.rows import Rows, in_order
from twin.core.status import is_bad
from twin.runtime.twin import Twin
from twin.state.stretch import Stretch

MOST_INTERVALS = 20_000
MOST_ROWS = 8_000_000
"""Of one tag: three months at 1 Hz."""
MOST_IN_ALL = 32_000_000
LOOK_BACK = (HOUR, DAY, HORIZON)
"""How far before the span the value that holds at its start is looked for."""


def interval_of(text: str | None) -> int:
    """The length of an interval. Raises a problem."""
    try:
        length = duration(text or "")
    except ValueError as error:
        raise unprocessable(f"interval: {error}") from error
    if length < SECOND:
        raise unprocessable(f"interval: {text} is shorter than 1s")
    return length


def edges_of(span: Span, interval: int, as_of: int) -> np.ndarray:
    """Where intervals begin, from the start of the span on, and where the last one ends: now at the latest."""
    end = max(min(span.end, as_of), span.start)
    if (end - span.start) // interval >= MOST_INTERVALS:
        raise too_much(f"more than {MOST_INTERVALS} intervals; ask for longer ones or a shorter span")
    return np.array([*range(span.start, end, interval), end], dtype=np.int64)


def aggregated(
    twin: Twin, ids: Sequence[int | None], edges: np.ndarray, known: int, gaps: Sequence[Sequence[Stretch]]
) -> list[Aggregates]:
    """Aggregates of each tag over the intervals between edges. gaps: those of each tag."""
    start, end = int(edges[0]), int(edges[-1])
    found: list[Aggregates] = []
    total = 0
    for tag, missing in zip(ids, gaps, strict=True):
        rows = _rows(twin, tag, start, end, known)
        total += len(rows)
        if len(rows) > MOST_ROWS or total > MOST_IN_ALL:
            raise too_much(f"more than {MOST_ROWS} samples of a tag or {MOST_IN_ALL} in all; ask for a shorter span")
        value, usable = _usable(twin, rows)
        holes = [(gap.start, gap.end) for gap in missing]
        found.append(aggregates(rows.time, value, usable, edges, _held(twin, tag, start, known), holes))
    return found


def _rows(twin: Twin, tag: int | None, start: int, end: int, known: int) -> Rows:
    wanted = np.array([] if tag is None else [tag], dtype=np.int32)
    return in_order(twin.reader.read_tags(wanted, start, end, known, MOST_ROWS).samples)


def _usable(twin: Twin, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    value, status = twin.meaning.scaled(rows.tag, rows.value, rows.status)
    return value, np.isfinite(value) & ~is_bad(status)


def _held(twin: Twin, tag: int | None, start: int, known: int) -> float:
    """The value of the last row before the span, NaN when there is none within the horizon or it is not usable."""
    for back in LOOK_BACK:
        rows = _rows(twin, tag, start - back, start, known)
        if len(rows):
            value, usable = _usable(twin, rows)
            return float(value[-1]) if usable[-1] else np.nan
    return np.nan
