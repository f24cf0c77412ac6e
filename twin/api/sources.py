"""Where the rows of an answer came from, when not all of them are the log's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.api.shapes_samples import SourceShape
from twin.core.instant import Span, to_text
from twin.runtime.twin import Twin
from twin.state.stretch import Stretch


def sources_of(twin: Twin, ids: Sequence[int | None], span: Span, known: int) -> list[SourceShape]:
    """By stretch; empty when no archive was concerned. To be asked after the rows: it names what has just failed."""
    tags = np.array([tag for tag in ids if tag is not None], np.int32)
    return [
        SourceShape(source=one.source, start=to_text(one.start), end=to_text(one.end), missing=one.missing or None)
        for one in twin.past.parts(tags, span.start, span.end, known)
    ]


def archive_gaps(twin: Twin, tag: int | None, span: Span, known: int) -> list[Stretch]:
    """Stretches of a tag that an archive should have told of and did not, with the cause."""
    tags = np.array([] if tag is None else [tag], np.int32)
    parts = twin.past.parts(tags, span.start, span.end, known) if twin.past.behind else []
    return [
        Stretch(one.start, one.end, "missing", why="gap", cause=f"{one.source}: {one.missing}")
        for one in parts
        if one.missing
    ]
