"""Samples of tags out of the log, as columns in the tag's unit. Blocking, and bounded in what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.api.decimate import decimated, width
from twin.api.load import Work
from twin.api.problem import too_much
from twin.api.readable import Readable
from twin.api.readings import readings_of
from twin.api.sources import archive_gaps
from twin.core.instant import DAY, MINUTE, Span
from twin.core.rows import Samples, in_order, join, no_samples
from twin.core.stretches import following, held
from twin.runtime.coverage import SpanCover
from twin.state.stretch import Stretch

MOST_ROWS = 200_000
"""An answer has at most so many rows."""
MOST_SCANNED = 20_000_000
"""A request decodes at most so many samples of the log, those of other tags among them; of sealed files it reads its
own tags alone."""
MOST_DECIMATED = 8_000_000
"""A request decimates at most so many rows."""
PIECE = 7 * DAY
"""How much of a span is read between two looks whether anybody still waits; then twice as much, and so on."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One tag, rows by time. value: in the tag's unit; text: exact where float64 is not."""

    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    text: NDArray[np.object_] | None
    is_decimated: bool = False


def series(
    twin: Readable, ids: Sequence[int | None], span: Span, known: int, most: int | None, work: Work | None = None
) -> list[Series]:
    """The samples of each tag; a tag without an id has none. most: rows of each tag before it is decimated.

    Raises a problem when more would be read or answered than one request may cost.
    """
    wanted = np.array(sorted({tag for tag in ids if tag is not None}), dtype=np.int32)
    found = _found(twin, wanted, span, known, most, work or Work()) if len(wanted) else {}
    answer = [_none() if tag is None else found[tag] for tag in ids]
    total = sum(len(one.time) for one in answer)
    if total > MOST_ROWS:
        raise too_much(f"{total} samples, and one answer has at most {MOST_ROWS}; ask for fewer max_points or tags")
    return answer


def bounded(twin: Readable, ids: Sequence[int | None], span: Span, known: int, found: Sequence[Series]) -> list[Series]:
    """The same with the row that held at the start of the span, and the first one at its end or later."""
    readings = readings_of(twin)
    wanted = np.array(sorted({tag for tag in ids if tag is not None}), dtype=np.int32)
    before = readings.values(held(readings.reads, wanted, span.start, known))
    after = readings.values(following(readings.reads, wanted, span.end, known, end_of(twin)))

    def whole(tag: int | None, one: Series) -> Series:
        has_start = len(one.time) and one.time[0] == span.start  # then that is what held
        first = before.take(before.tag == (-2 if tag is None or has_start else tag))
        last = after.take(after.tag == (-2 if tag is None else tag))
        text = None
        if any(part.text is not None for part in (first, one, last)):
            parts = [np.full(len(p.time), None, object) if p.text is None else p.text for p in (first, one, last)]
            text = np.concatenate(parts)
        return Series(
            np.concatenate([first.time, one.time, last.time]),
            np.concatenate([first.value, one.value, last.value]),
            np.concatenate([first.status, one.status, last.status]),
            text,
            one.is_decimated,
        )

    return [whole(tag, one) for tag, one in zip(ids, found, strict=True)]


def newest(twin: Readable, ids: Sequence[int | None], end: int, known: int) -> list[Series]:
    """The newest row of each tag before `end`, however old."""
    readings = readings_of(twin)
    wanted = np.array(sorted({tag for tag in ids if tag is not None}), dtype=np.int32)
    rows = readings.values(held(readings.reads, wanted, min(end, end_of(twin)), known))
    found = [rows.take(rows.tag == (-1 if tag is None else tag)) for tag in ids]
    return [Series(one.time, one.value, one.status, one.text) for one in found]


def end_of(twin: Readable) -> int:
    """No row lies behind this: intake lets none through that is ahead of the clock by much."""
    return twin.clock.now() + DAY


def _found(
    twin: Readable, wanted: NDArray[np.int32], span: Span, known: int, most: int | None, work: Work
) -> dict[int, Series]:
    if (scanned := twin.reader.in_log(span.start, span.end)) > MOST_SCANNED:
        raise too_much(f"{scanned} samples of that span are not sealed yet; ask for a shorter one")
    if most is None:
        rows = in_order(_read(twin, wanted, span, known, MOST_ROWS, work))
        if len(wanted) == 1:
            return {int(wanted[0]): _one(twin, rows, None)}
        return {tag: _one(twin, rows.take(rows.tag == tag), None) for tag in wanted.tolist()}
    outlined = _outlined(twin, wanted, span, known, most)
    rest = np.array([tag for tag in wanted.tolist() if tag not in outlined], dtype=np.int32)
    if not len(rest):
        return outlined
    rows = in_order(_read(twin, rest, span, known, MOST_DECIMATED, work))
    return outlined | {tag: _one(twin, rows.take(rows.tag == tag), most) for tag in rest.tolist()}


def _outlined(twin: Readable, wanted: NDArray[np.int32], span: Span, known: int, most: int) -> dict[int, Series]:
    """Decimated from the outlines of minutes: the tags for which that gives what all their rows would.

    Not those whose stretches are shorter than a minute, nor those that may have few rows in all. A value that the model
    takes for none may hide the greatest of its minute, and so may a change of scale: such tags are read in full.
    """
    if twin.past.parts(wanted, span.start, span.end, known):  # an archive has no outlines
        return {}
    ends = twin.reader.ends()
    if ends is None or width(max(span.start, ends[0]), min(span.end - 1, ends[1]), most) < MINUTE:
        return {}
    scales = twin.meaning.scales
    plain = [t for t in wanted.tolist() if not scales.sentinels(t) and not scales.changes(t, span.start, span.end)]
    fit = np.setdiff1d(np.array(plain, dtype=np.int32), twin.past.computed(wanted))  # of those there are no outlines
    found = twin.reader.read_shape(fit, span.start, span.end, known, MOST_DECIMATED).samples
    if len(found) > MOST_DECIMATED:
        raise too_much(f"more than {MOST_DECIMATED} samples, past days are not merged yet; ask for a shorter span")
    rows = in_order(found)
    by_tag = {tag: rows.take(rows.tag == tag) for tag in fit.tolist()}
    return {
        tag: _one(twin, mine, most)
        for tag, mine in by_tag.items()
        if len(mine) > most and width(int(mine.time[0]), int(mine.time[-1]), most) >= MINUTE
    }


def _read(twin: Readable, wanted: NDArray[np.int32], span: Span, known: int, most: int, work: Work) -> Samples:
    """The rows of a span, a piece at a time, so that a client that goes away stops it."""
    parts: list[Samples] = []
    rows = 0
    at, length = span.start, PIECE
    while at < span.end:
        work.look()
        until = min(at + length, span.end)
        found = twin.past.read_tags(wanted, at, until, known, most - rows).samples
        rows += len(found)
        if rows > most:
            raise too_much(
                f"more than {most} samples; ask for a shorter span, give max_points for the shape, or take them all "
                "as format=csv, parquet or arrow"
            )
        parts.append(found)
        at, length = until, 2 * length
    return join(parts)


def _one(twin: Readable, rows: Samples, most: int | None) -> Series:
    shown = readings_of(twin).values(rows)
    if most is None or len(rows) <= most:
        return Series(shown.time, shown.value, shown.status, shown.text)
    kept = decimated(shown.time, shown.value, shown.status, most)
    text = None if shown.text is None else shown.text[kept]
    return Series(shown.time[kept], shown.value[kept], shown.status[kept], text, True)


def _none() -> Series:
    empty = no_samples()
    return Series(empty.time, empty.value, empty.status, None)


def gaps_of(twin: Readable, paths: Sequence[str], span: Span, known: int) -> list[list[Stretch]]:
    """Of each tag the stretches of which samples are missing, or may be. What was never watched is no gap."""
    end = min(span.end, twin.live().as_of)
    if end <= span.start:
        return [[] for _ in paths]
    found = SpanCover(twin.reader, twin.plant, twin.tags, Span(span.start, end), known).stretches(paths)
    told = [[one for one in found[path] if one.state == "missing" and one.why != "never"] for path in paths]
    return [
        [*archive_gaps(twin, twin.tags.get(path), span, known), *own] for path, own in zip(paths, told, strict=True)
    ]
