"""The JSON of GET /coverage."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from twin.api.shapes import Answer, Shape, Time
from twin.api.shapes_samples import ThinnedShape


class StretchShape(Shape):
    """[from, to) of one tag. state: covered, filled (it was missing, and the source's own history gave it), missing.

    by: subscription, poll, messages. sampling_s: as granted, 0 for each change. why: gap, lost (connection), stopped
    (the twin), uncovered (although the link was up), never. unfilled: why the source's own history did not give it.
    """

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    state: str
    by: str = ""
    sampling_s: float | None = None
    why: str = ""
    cause: str = ""
    unfilled: str = ""


class RowCountsShape(Shape):
    """Rows of a tag with a time in the span.

    received: all that came. repeats: equal to one that was there. overwritten: a later one of the same time says
    something else. Of the others: overflowed (the server dropped older samples before it), bad, uncertain, late
    (recorded more than a minute after its time), filled (first came out of the source's own
    history, after a gap).
    """

    received: int
    repeats: int
    overwritten: int
    overflowed: int
    bad: int
    uncertain: int
    late: int
    filled: int


class TagCoverageShape(Shape):
    """One tag. blind_s: pulses shorter than this cannot be seen; null where each message counts.

    stretches: one after the other over the whole span. rows: null when not asked for. thinned: null when all rows are
    there that came.
    """

    tag: str
    connection: str
    covered_s: float
    filled_s: float
    missing_s: float
    blind_s: float | None
    rows: RowCountsShape | None
    thinned: ThinnedShape | None
    stretches: list[StretchShape]


class CauseShape(Shape):
    """Why samples are missing. missing_s: summed over the tags; from, to: of the first and the last stretch."""

    connection: str
    why: str
    cause: str
    unfilled: str
    tags: int
    missing_s: float
    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]


class CoverSummaryShape(Shape):
    """All tags that were asked for, whatever the page shows. Seconds are summed over the tags.

    never_s: what of missing_s lies before anything watched the tag, or belongs to tags that nothing brings.
    causes: what costs most first, at most 20; causes_left_out: how many more there are.
    """

    tags: int
    covered_s: float
    filled_s: float
    missing_s: float
    never_s: float
    causes: list[CauseShape]
    causes_left_out: int


class CoverageAnswer(Answer):
    """Is anything missing? start, end: what the answer covers; nothing is said of what lies ahead.

    kept_from: what lies before has been forgotten, rows and events; whole_from: of some tags rows before it have been
    forgotten or thinned, so there are fewer to count than came. null: nothing ever was.
    """

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    known_at: Time | None
    kept_from: Time | None
    whole_from: Time | None
    summary: CoverSummaryShape
    tags: list[TagCoverageShape]
    cursor: str | None
