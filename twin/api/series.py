"""Samples of tags out of the log, as columns in the tag's unit. Blocking, and bounded in what it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.api.decimate import decimated
from twin.api.gaps import KINDS, Gap, gaps
from twin.api.moment import Span
from twin.api.problem import too_much
from twin.core.instant import MINUTE, to_text
from twin.core.rows import Samples, in_order, join, no_samples
from twin.runtime.twin import Twin

MOST_ROWS = 200_000
"""An answer has at most so many rows."""
MOST_SCANNED = 20_000_000
"""A request reads at most so many samples, those of other tags among them."""
FIRST_PIECE = 10 * MINUTE
SCANNED_AT_ONCE = 1_000_000
"""The log is read in pieces of about so many samples: memory is bounded, and a piece is soon done."""
MOST_EVENTS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One tag, rows by time. value: in the tag's unit; text: exact where float64 is not."""

    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    text: NDArray[np.object_] | None
    is_decimated: bool = False


def series(twin: Twin, ids: Sequence[int | None], span: Span, known: int, most: int | None) -> list[Series]:
    """The samples of each tag; a tag without an id has none. most: rows of each tag before it is decimated.

    Raises a problem when more would be read or answered than one request may cost.
    """
    wanted = np.array(sorted({tag for tag in ids if tag is not None}), dtype=np.int32)
    rows = in_order(_read(twin, wanted, span, known, MOST_ROWS if most is None else MOST_SCANNED))
    found = {tag: _one(twin, rows.take(rows.tag == tag), tag, most) for tag in wanted.tolist()}
    answer = [_none() if tag is None else found[tag] for tag in ids]
    total = sum(len(one.time) for one in answer)
    if total > MOST_ROWS:
        raise too_much(f"{total} samples, and one answer has at most {MOST_ROWS}; ask for fewer max_points or tags")
    return answer


def _read(twin: Twin, wanted: NDArray[np.int32], span: Span, known: int, most: int) -> Samples:
    if not len(wanted):
        return no_samples()
    kept: list[Samples] = []
    scanned = rows = 0
    for piece in _pieces(twin, span, known):
        scanned += len(piece)
        mine = piece.take(np.isin(piece.tag, wanted))
        rows += len(mine)
        kept.append(mine)
        if rows > most:
            raise too_much(f"more than {most} samples; ask for a shorter span, or give max_points for the shape")
        if scanned > MOST_SCANNED:
            reached = to_text(int(piece.time.max()))
            raise too_much(
                f"the span holds more than {MOST_SCANNED} samples (reached {reached}); ask for a shorter one"
            )
    return join(kept)


def _pieces(twin: Twin, span: Span, known: int) -> Iterator[Samples]:
    """The log of a span piece by piece; the pieces grow while they bring little."""
    at, length = span.start, FIRST_PIECE
    while at < span.end:
        to = min(at + length, span.end)
        piece = twin.reader.read(at, to, known).samples
        yield piece
        length = length * 4 if len(piece) < SCANNED_AT_ONCE // 4 else max(length // 2, 1)
        at = to


def _one(twin: Twin, rows: Samples, tag: int, most: int | None) -> Series:
    value, status = twin.meaning.scaled(rows.tag, rows.value, rows.status)
    text = None
    if not _is_scaled(twin, tag):
        value, text = np.where(np.isnan(value), value, rows.value), rows.text  # -0.0 * 1 + 0 would be 0.0
    if most is None or len(rows) <= most:
        return Series(rows.time, value, status, text)
    kept = decimated(rows.time, value, status, most)
    return Series(rows.time[kept], value[kept], status[kept], None if text is None else text[kept], True)


def _is_scaled(twin: Twin, tag: int) -> bool:
    """Whether the exact text of the wire is not the value's."""
    factor, offset = twin.meaning.factor, twin.meaning.offset
    return tag < len(factor) and (float(factor[tag]), float(offset[tag])) != (1.0, 0.0)


def _none() -> Series:
    empty = no_samples()
    return Series(empty.time, empty.value, empty.status, None)


def gaps_of(twin: Twin, span: Span, known: int) -> list[Gap]:
    """Gaps and outages of all connections that overlap the span."""
    end = min(span.end, twin.live().as_of)
    events = twin.reader.events(0, max(end, span.start), KINDS, MOST_EVENTS)
    return gaps([event for recorded, event in events if recorded <= known], span.start, max(end, span.start))
