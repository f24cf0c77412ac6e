"""The JSON of OEE and stops."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.api.shapes import Answer, InputsShape, Shape, Time
from twin.api.shapes_notes import LabelShape


class ElementsShape(Shape):
    """Times of ISO 22400 in seconds; null where not defined. pbt = pot - pdot = apt + aust + adet + adot + unknown.

    micro: stops too short to count; they are part of apt.
    """

    pot: float | None
    pdot: float | None
    pbt: float | None
    apt: float | None
    aust: float | None
    adet: float | None
    adot: float | None
    unknown: float | None
    micro: float | None


class PiecesShape(Shape):
    """Pieces made in planned busy time: produced = good + reject + rework. null: no counter tells.

    outside: made in breaks or between shifts of the period, in no figure. unit: what one piece is.
    """

    produced: int | None
    good: int | None
    reject: int | None
    rework: int | None
    outside: int | None
    unit: str


class FlagShape(Shape):
    """What to know before believing a figure. code: no_calendar, no_state, unknown_time, no_ideal_rate,
    ideal_rate_suspect, no_counts, no_reject_counter, counts_disagree, counter_jump, work_outside_plan, no_output,
    no_common_unit, record_begins, so_far.
    """

    code: str
    text: str


class ScheduledShape(Shape):
    """What the calendar says. kind: busy (PBT), break (PDOT), outside (of every shift), unplanned (no shifts known)."""

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    kind: str


class StretchShape(Shape):
    """A state, cut at the period and where the calendar changes. element: apt, aust, adet, adot, unknown; pdot or
    outside where the calendar says so. micro: a stop too short to count, so its element is apt.
    """

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    state: str
    element: str
    micro: bool


class MakingShape(Shape):
    """A product, to whole minutes. product null: not known. code: what the product tag showed."""

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    product: str | None
    code: int | None


class RateShape(Shape):
    """ideal_s: ideal run time of one count of a machine (PRI), null when the plant file gives none. content: units of
    the line in one count. station: place in the flow; machines of one station share its work. from: for what is made
    from then on, until the next rate of the same product.
    """

    start: Annotated[Time, Field(alias="from")]
    asset: str
    product: str | None
    ideal_s: float | None
    content: int
    station: int | None


class CountedShape(Shape):
    """Pieces of a counter in a part of planned busy time. jumps: readings that gave no pieces."""

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    product: str | None
    pieces: int
    jumps: int


class CounterShape(Shape):
    """A counter. first, last: times of its samples in the period; its first step counts from the sample before."""

    asset: str
    role: str
    tag: str
    first: Time | None
    last: Time | None
    counted: list[CountedShape]


class ExplainShape(Shape):
    """All that a result was made of. calendar, states and products each cover the period; states only of machines."""

    calendar: list[ScheduledShape]
    states: list[StretchShape]
    products: list[MakingShape]
    rates: list[RateShape]
    counters: list[CounterShape]
    micro_stop_s: float | None


class OeeInputsShape(Shape):
    """How good the values were that a result is made of. oee: all of them; availability: what states are made of;
    pieces: counters. null: there are none.
    """

    oee: InputsShape | None
    availability: InputsShape | None
    pieces: InputsShape | None


class OeeShape(Shape):
    """One asset over one period. Figures: 1.0 is 100 %; null where not defined; above 1 as it is, with a flag.

    method: how it was reckoned. name: of the shift, the day, the hour. from, to: what the figures speak of; ends:
    where the period ends; so_far: it goes on. inputs: what share of the values behind them was good; null where not
    asked for, or where that would be too much to read.
    """

    asset: str
    level: Literal["machine", "line"]
    method: str
    name: str
    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    ends: Time
    so_far: bool
    elements: ElementsShape
    pieces: PiecesShape
    availability: float | None
    effectiveness: float | None
    quality: float | None
    oee: float | None
    nee: float | None
    teep: float | None
    allocation_efficiency: float | None
    utilisation_efficiency: float | None
    technical_efficiency: float | None
    setup_ratio: float | None
    scrap_ratio: float | None
    rework_ratio: float | None
    throughput_per_h: float | None
    flags: list[FlagShape]
    inputs: OeeInputsShape | None = None
    explain: ExplainShape | None = None


class OeeAnswer(Answer):
    """Lines, each before its machines, by period. calendar: whether the plant file has shifts; without them nobody
    knows an OEE, and there are no periods by shift.
    """

    known_at: Time | None
    calendar: bool
    results: list[OeeShape]


class StopShape(Shape):
    """A machine stood although it should work. id: asset@from. to null: it still does; duration_s: so far.

    micro: part of a stop that is shorter than the machine's `micro_stop`. labels: what people said of it, the newest
    first; it may have been shown under another id then.
    """

    id: str
    asset: str
    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time | None, Field(alias="to")]
    state: str
    duration_s: float
    micro: bool
    labels: list[LabelShape]


class StopAnswer(StopShape, Answer):
    """One stop."""


class StopsAnswer(Answer):
    """Stops that overlap [from, to), whole, by asset, then time. cursor: for the next page."""

    stops: list[StopShape]
    cursor: str | None
