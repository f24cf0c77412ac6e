"""Samples of tags out of the log, as columns in the tag's unit. Blocking, and bounded in what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.api.decimate import decimated, width
from twin.api.problem import too_much
from twin.core.instant import MINUTE, Span
from twin.core.rows import Samples, in_order, no_samples
from twin.runtime.coverage import SpanCover
from twin.runtime.twin import Twin
from twin.state.stretch import Stretch

MOST_ROWS = 200_000
"""An answer has at most so many rows."""
MOST_SCANNED = 20_000_000
"""A request decodes at most so many samples of the log, those of other tags among them; of sealed files it reads its
own tags alone."""
MOST_DECIMATED = 8_000_000
"""A request decimates at most so many rows."""


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
    found = _found(twin, wanted, span, known, most) if len(wanted) else {}
    answer = [_none() if tag is None else found[tag] for tag in ids]
    total = sum(len(one.time) for one in answer)
    if total > MOST_ROWS:
        raise too_much(f"{total} samples, and one answer has at most {MOST_ROWS}; ask for fewer max_points or tags")
    return answer


def _found(twin: Twin, wanted: NDArray[np.int32], span: Span, known: int, most: int | None) -> dict[int, Series]:
    if (scanned := twin.reader.in_log(span.start, span.end)) > MOST_SCANNED:
        raise too_much(f"{scanned} samples of that span are not sealed yet; ask for a shorter one")
    if most is None:
        rows = in_order(_read(twin, wanted, span, known, MOST_ROWS))
        return {tag: _one(twin, rows.take(rows.tag == tag), tag, None) for tag in wanted.tolist()}
    outlined = _outlined(twin, wanted, span, known, most)
    rest = np.array([tag for tag in wanted.tolist() if tag not in outlined], dtype=np.int32)
    if not len(rest):
        return outlined
    rows = in_order(_read(twin, rest, span, known, MOST_DECIMATED))
    return outlined | {tag: _one(twin, rows.take(rows.tag == tag), tag, most) for tag in rest.tolist()}


def _outlined(twin: Twin, wanted: NDArray[np.int32], span: Span, known: int, most: int) -> dict[int, Series]:
    """Decimated from the outlines of minutes: the tags for which that gives what all their rows would.

    Not those whose stretches are shorter than a minute, nor those that may have few rows in all. A value that the model
    takes for none may hide the greatest of its minute, so such tags are read in full.
    """
    ends = twin.reader.ends()
    if ends is None or width(max(span.start, ends[0]), min(span.end - 1, ends[1]), most) < MINUTE:
        return {}
    sentinels = {row for row, _ in twin.meaning.bad}
    fit = np.array([tag for tag in wanted.tolist() if tag not in sentinels], dtype=np.int32)
    found = twin.reader.read_shape(fit, span.start, span.end, known, MOST_DECIMATED).samples
    if len(found) > MOST_DECIMATED:
        raise too_much(f"more than {MOST_DECIMATED} samples, past days are not merged yet; ask for a shorter span")
    rows = in_order(found)
    by_tag = {tag: rows.take(rows.tag == tag) for tag in fit.tolist()}
    return {
        tag: _one(twin, mine, tag, most)
        for tag, mine in by_tag.items()
        if len(mine) > most and width(int(mine.time[0]), int(mine.time[-1]), most) >= MINUTE
    }


def _read(twin: Twin, wanted: NDArray[np.int32], span: Span, known: int, most: int) -> Samples:
    found = twin.reader.read_tags(wanted, span.start, span.end, known, most).samples
    if len(found) > most:
        raise too_much(f"more than {most} samples; ask for a shorter span, or give max_points for the shape")
    return found


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


def gaps_of(twin: Twin, paths: Sequence[str], span: Span, known: int) -> list[list[Stretch]]:
    """Of each tag the stretches of which samples are missing, or may be. What was never watched is no gap."""
    end = min(span.end, twin.live().as_of)
    if end <= span.start:
        return [[] for _ in paths]
    found = SpanCover(twin.reader, twin.plant, twin.tags, Span(span.start, end), known).stretches(paths)
    return [[one for one in found[path] if one.state == "missing" and one.why != "never"] for path in paths]
