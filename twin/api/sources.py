"""Where the rows of an answer came from, when not all of them are the log's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.api.load import busy
from twin.api.readable import Readable
from twin.api.shapes_samples import SourceShape
from twin.core.instant import FAR_FUTURE, Span, to_text
from twin.state.stretch import Stretch

SOURCES = "Linetwin-Sources"


def sources_of(twin: Readable, ids: Sequence[int | None], span: Span, known: int) -> list[SourceShape]:
    """By stretch; empty when no archive was concerned. To be asked after the rows: it names what has just failed."""
    tags = np.array([tag for tag in ids if tag is not None], np.int32)
    return [
        SourceShape(source=one.source, start=to_text(one.start), end=to_text(one.end), missing=one.missing or None)
        for one in twin.past.parts(tags, span.start, span.end, known)
    ]


def archive_gaps(twin: Readable, tag: int | None, span: Span, known: int) -> list[Stretch]:
    """Stretches of a tag that an archive should have told of and did not, with the cause."""
    tags = np.array([] if tag is None else [tag], np.int32)
    parts = twin.past.parts(tags, span.start, span.end, known) if twin.past.behind else []
    return [
        Stretch(one.start, one.end, "missing", why="gap", cause=f"{one.source}: {one.missing}")
        for one in parts
        if one.missing
    ]


def sources_header(twin: Readable, ids: Sequence[int | None], span: Span, known: int) -> dict[str, str]:
    """Of an answer of rows without a place for it: `historian 2026-01-01T00:00:00Z/2026-11-01T00:00:00Z, local ...`."""
    tags = np.array([tag for tag in ids if tag is not None], np.int32)
    parts = twin.past.parts(tags, span.start, span.end, known)
    told = ", ".join(f"{one.source} {to_text(one.start)}/{to_text(one.end)}" for one in parts)
    return {SOURCES: told} if told else {}


def refuse_missing(twin: Readable, ids: Sequence[int | None], span: Span, known: int) -> None:
    """Where an archive has just not answered: a table has no place for what is missing, so it is none (503).

    An archive is never asked what was known when; that is told by its name in the header.
    """
    if known != FAR_FUTURE or not twin.past.behind:
        return
    tags = np.array([tag for tag in ids if tag is not None], np.int32)
    for one in twin.past.parts(tags, span.start, span.end, known):
        if one.missing:
            raise busy(
                f"{one.source}: {one.missing}; try again, or ask for format=json, which says what is missing", 15
            )
