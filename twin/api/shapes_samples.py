"""The JSON of /samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from twin.api.shapes import Answer, Shape, Time


class GapShape(Shape):
    """Samples are missing, or may be, because of this."""

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    cause: str


class SourceShape(Shape):
    """Whose rows those of a stretch are: `local`, or the outlet whose archive was asked.

    missing: why it has not answered; null when it has.
    """

    source: str
    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    missing: str | None = None


class ThinnedShape(Shape):
    """Rows left out of the days from .. to, by `thin` of the tag. error: how far each is at most from what the others
    tell, in the tag's unit.
    """

    rows: int
    error: float
    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]


class SeriesShape(Shape):
    """One tag as columns of equal length, by time.

    value: in the tag's unit, null where there is none. text: what a double cannot hold (strings, integers past 2^53,
    bytes as hex, Infinity), null when no row has any. status: OPC UA StatusCode. decimated: of every stretch only the
    first and last, least and greatest, first and last bad row are here, exactly as they were. interpolation: stepped, a
    value holds until the next row, or sloped, the line between two rows counts. thinned: null when all rows are there
    that came. origin: how each row came, where that was asked for (see TagNowShape); null in it where that was not
    kept: rows of an archive, and those that were sealed before sealed files had a source.
    """

    tag: str
    unit: str
    type: str
    interpolation: str
    time: list[Time]
    value: list[float | None]
    status: list[int]
    text: list[str | None] | None
    origin: list[str | None] | None
    decimated: bool
    thinned: ThinnedShape | None
    gaps: list[GapShape]


class AggregatesShape(Shape):
    """One tag by interval, as columns of equal length; null where an interval has nothing.

    time, end: of each interval; the last one ends at `to` or now. name: of a day, week, month or shift; interval_s: of
    equal ones. left_out: rows without a
    usable value (bad, none, infinite); count and the others are of the rest. twa: average weighted by how long each
    value held: until the next row, but not over gaps, nor after a row without a value; covered_s says for how many
    seconds a value held. Columns that were not asked for are null.
    """

    tag: str
    unit: str
    interval_s: float | None
    time: list[Time]
    end: list[Time]
    name: list[str] | None
    count: list[int]
    left_out: list[int]
    mean: list[float | None] | None
    min: list[float | None] | None
    max: list[float | None] | None
    first: list[float | None] | None
    last: list[float | None] | None
    twa: list[float | None] | None
    covered_s: list[float] | None
    gaps: list[GapShape]


class ProcessedColumnShape(Shape):
    """One aggregate of Part 13 by interval. status: OPC UA StatusCode, the bits Calculated, Interpolated, Partial, ..
    in it; value: null where the status is Bad.
    """

    value: list[float | None]
    status: list[int]


class ProcessedShape(Shape):
    """One tag by interval, as OPC UA Part 13 processes it. columns: aggregate -> its value and status.

    time, end: of each interval, cut off at `from` and at `to` or now (then Partial). name: of a day, week, month or
    shift. A gap counts as Bad from its start until the next row.
    """

    tag: str
    unit: str
    interpolation: str
    time: list[Time]
    end: list[Time]
    name: list[str] | None
    columns: Mapping[str, ProcessedColumnShape]
    gaps: list[GapShape]


class InstantsShape(Shape):
    """One tag at instants. at: those asked for, in order. time: of the row that held then, null where there was none;
    age_s: how long already; value, status, text: its own. interpolated: by the tag's interpolation, with its status.
    """

    tag: str
    unit: str
    type: str
    interpolation: str
    at: list[Time]
    time: list[Time | None]
    age_s: list[float | None]
    value: list[float | None]
    status: list[int]
    text: list[str | None] | None
    interpolated: list[float | None]
    interpolated_status: list[int]


class SamplesAnswer(Answer):
    """Samples of [from, to) as they were known at `known_at`, or now; or aggregates, where `aggregate` is given
    (`processed`: those of Part 13); or `instants`, where `at` is.
    """

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    known_at: Time | None
    samples: list[SeriesShape]
    aggregates: list[AggregatesShape] = Field(default_factory=list[AggregatesShape])
    processed: list[ProcessedShape] = Field(default_factory=list[ProcessedShape])
    instants: list[InstantsShape] = Field(default_factory=list[InstantsShape])
    sources: list[SourceShape] = Field(default_factory=list[SourceShape])


class RecordedAnswer(Answer):
    """Everything sent is on disk. recorded: its place in the log; rows: how many samples."""

    recorded: int
    rows: int
