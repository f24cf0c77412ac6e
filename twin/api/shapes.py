"""The JSON of the API. Times are RFC 3339 with as many decimals as the ns need; every answer says `as_of`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Time = Annotated[str, Field(description="RFC 3339, UTC, to the ns", examples=["2026-11-22T14:03:12.5Z"])]


class Shape(BaseModel):
    """The root of all shapes. `from` is a word of Python, so it is `start` inside."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class Answer(Shape):
    """Every answer. as_of: the twin had taken everything in up to this instant."""

    as_of: Time


class ProblemShape(Shape):
    """application/problem+json. detail: the place, the fact, the fix."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None


# --- the plant -------------------------------------------------------------------------------------------------


class MachineShape(Shape):
    """A machine of a line. makes: what one count is. tags: local name -> full path. counts: role -> counter."""

    path: str
    name: str
    type: str
    display: str
    makes: str
    tags: Mapping[str, str]
    counts: Mapping[str, str]
    has_state: bool


class StationShape(Shape):
    """A place in the flow: machines side by side, or a buffer between stations."""

    machines: list[str] = []
    capacity: int | None = None
    unit: str = ""


class LineShape(Shape):
    """A line, its machines in the order of the flow."""

    path: str
    name: str
    display: str
    machines: list[MachineShape]
    flow: list[StationShape]
    output: list[str]


class SiteShape(Shape):
    """A site or area with hours of its own, which count for the lines below it."""

    path: str
    display: str
    timezone: str


class PlantAnswer(Answer):
    """The plant model as it runs. digest: SHA-256 of the plant file."""

    path: str
    timezone: str
    sites: list[SiteShape]
    digest: str
    lines: list[LineShape]
    connections: list[str]
    tags: int


# --- connections -----------------------------------------------------------------------------------------------


class JumpShape(Shape):
    """A clock that went ahead (size_s > 0) or back at once. like: `summer time` for one hour, else empty."""

    time: Time
    size_s: float
    like: str


class ClockShape(Shape):
    """What the samples of a source say of its clock. offset_s: source minus ours; it may be more by what the way takes.

    jitter_s: by how much the delays of batches differ, 5 to 95 %. drift_ppm: how much faster than ours it goes, parts
    in a million; null before ten minutes. jump: the last one.
    """

    offset_s: float
    jitter_s: float
    drift_ppm: float | None
    jump: JumpShape | None


class ConnectionShape(Shape):
    """A connection. state: connecting, up, down, stopped (a setting must change first), off (not opened).

    rate_10s, rate_60s: values that became durable per second, over so long. lag_p50_s, lag_p99_s: how old values of
    the last minute were then, by their own time, within 12 %, without what was known when the link came up; null when
    none came.
    notices: what people should know although values flow, by subject. gauges: figures, the unit in the name.
    clock: of the source, as its samples show it; null before they do.
    """

    id: str
    protocol: str
    url: str
    state: str
    since: Time | None
    cause: str
    attempts: int
    next_attempt: Time | None
    lag_s: float
    rate_10s: float
    rate_60s: float
    lag_p50_s: float | None
    lag_p99_s: float | None
    counters: Mapping[str, int]
    problems: Mapping[str, str]
    notices: Mapping[str, str]
    gauges: Mapping[str, float]
    clock: ClockShape | None


class ConnectionsAnswer(Answer):
    """All connections of the plant."""

    connections: list[ConnectionShape]


class LetterShape(Shape):
    """A message that could not be read. payload: what can be shown of its first KiB; hex where it is no text."""

    time: Time
    cause: str
    place: str
    payload: str
    encoding: str


class LettersAnswer(Answer):
    """The first messages of each cause, and how many there were of each."""

    causes: Mapping[str, int]
    letters: list[LetterShape]


# --- tags and samples ------------------------------------------------------------------------------------------


class LimitShape(Shape):
    """A limit of a tag, in its unit. priority: 1 is the highest."""

    kind: str
    limit: float
    priority: int


class TagShape(Shape):
    """A tag with its last value, in its unit. stale: the value is not the present one. text: see SampleRow.

    unit: the plant file's, else as the source tells it. range: where the source says that values lie. limits: where its
    alarms begin. compute: what a computed tag is made of; it has no connection of its own. origin: how this value came:
    see TagNowShape.
    """

    tag: str
    type: str
    unit: str
    range: tuple[float, float] | None = None
    display: str
    connection: str
    time: Time | None
    value: float | None
    text: str | None
    status: str
    quality: str
    stale: bool
    age_s: float | None
    origin: str | None = None
    usual_s: float | None
    limits: list[LimitShape] = []
    compute: str | None = None


class TagsAnswer(Answer):
    """Tags by name. cursor: give it back for the next page, null on the last one."""

    tags: list[TagShape]
    cursor: str | None


# --- results ---------------------------------------------------------------------------------------------------


class TagNowShape(Shape):
    """The value of a tag. quality: good, uncertain, bad, or none before the first sample. age_s: by its own time.

    connection: what brings it; empty for imported and posted tags. origin: how this value came: `live`; `filled`, out
    of the source's own history after a gap; `import`, out of a file; `api`, posted; `computed`; null where it was not
    asked for, was not kept, or would be too far to look for.
    """

    value: float | None
    text: str | None
    unit: str
    status: str
    quality: str
    time: Time | None
    age_s: float | None
    stale: bool
    connection: str
    origin: str | None = None


class IntervalShape(Shape):
    """A state from its start to its end, not cut at the span asked for; to null: it goes on.

    known_from: since when the twin believes so; null while it may still change.
    """

    asset: str
    state: str
    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time | None, Field(alias="to")]
    known_from: Time | None


class StatesAnswer(Answer):
    """Intervals that overlap [from, to), by asset, then time. cursor: for the next page."""

    states: list[IntervalShape]
    cursor: str | None


class InputsShape(Shape):
    """How good the values were that a result is made of: shares of the time of its input tags, together 1.

    missing: no value yet, or samples are missing that no history filled.
    """

    good: float
    uncertain: float
    bad: float
    missing: float
    tags: int


class CountShape(Shape):
    """Pieces of one counter of a machine in [from, to). of: what one piece is.

    jumps: readings that no production explains (a PLC restart); they gave no pieces. inputs: how good the readings
    were; null where that would be too much to read.
    """

    asset: str
    role: str
    of: str
    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    pieces: int
    wraps: int
    resets: int
    jumps: int
    inputs: InputsShape | None


class CountsAnswer(Answer):
    """Pieces of whole minutes, the open minute as far as it has come. from, to: what is covered."""

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    counts: list[CountShape]


# --- events ----------------------------------------------------------------------------------------------------


class EventShape(Shape):
    """A fact of the log. recorded: its place there."""

    recorded: int
    time: Time
    kind: str
    subject: str
    who: str
    body: Mapping[str, Any]


class EventsAnswer(Answer):
    """Events, newest first. cursor: for the next page, null on the last one."""

    events: list[EventShape]
    cursor: str | None
