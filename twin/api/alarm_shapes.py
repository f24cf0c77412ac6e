"""The JSON of alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from twin.alarms.occurrence import STATES, Occurrence
from twin.api.readable import Owned
from twin.api.shapes import Answer, Shape, Time
from twin.api.tag_now import number_now
from twin.core.instant import SECOND, duration_text, to_text
from twin.model.plant import Plant
from twin.runtime.live import LiveView


class AcknowledgedShape(Shape):
    """When somebody saw an alarm, and who. note: what they wrote."""

    time: Time
    who: str
    note: str


class AlarmShape(Shape):
    """One occurrence of an alarm. id: `TAG~NAME@START`. asset: machine or line that has the tag, else ''.

    state: letter of ISA-18.2: B active and unacknowledged, C active and acknowledged, D returned and unacknowledged,
    A over. value: of the tag now, null when the alarm is over or there is none. peak: furthest past the limit. limit:
    in `unit`; of a stale alarm the seconds without a value. cause: why a signal is stale. to null: it is not over.
    activations: how often it came within a minute; three or more are chattering. superseded: it came again before
    anybody acknowledged it.
    """

    id: str
    asset: str
    tag: str
    name: str
    text: str
    kind: str
    priority: int
    limit: float
    unit: str
    value: float | None
    peak: float | None
    cause: str
    state: str
    state_text: str
    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time | None, Field(alias="to")]
    returned: Time | None
    acknowledged: AcknowledgedShape | None
    activations: int
    chattering: bool
    superseded: bool


class AlarmsAnswer(Answer):
    """Alarms, the most urgent first when they are open, else the newest first. cursor: for the next page."""

    alarms: list[AlarmShape]
    cursor: str | None


class AcknowledgedAnswer(Answer, AlarmShape):
    """The alarm as it stands after the acknowledgement, which is durable."""


class FloodShape(Shape):
    """More alarms than anybody can answer. peak: of the worst ten minutes."""

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    activations: int
    peak: int


class LoadShape(Shape):
    """What one alarm adds to the load. alarm: `TAG~NAME`."""

    alarm: str
    tag: str
    name: str
    activations: int
    share: float


class ChatterShape(Shape):
    """An alarm that came three times or more within a minute; times: activations that made it so."""

    alarm: str
    tag: str
    name: str
    times: int


class PriorityShape(Shape):
    """Activations of one priority and their share of all."""

    priority: int
    activations: int
    share: float | None


class PerformanceAnswer(Answer):
    """Figures of ISA-18.2 and EEMUA 191 over [from, to), with the targets they are held against."""

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    activations: int
    average_per_10_min: float
    peak_per_10_min: int
    peak_at: Time | None
    floods: list[FloodShape]
    flood_share: float
    chattering: list[ChatterShape]
    top: list[LoadShape]
    standing: list[AlarmShape]
    priorities: list[PriorityShape]
    targets: Mapping[str, float]


def alarm_shape(twin: Owned, view: LiveView, one: Occurrence) -> AlarmShape:
    """An occurrence as people and programs see it. view: of the instant whose value is shown; twin: or its model."""
    return AlarmShape.model_validate(alarm_fields(twin, view, one))


def alarm_fields(twin: Owned, view: LiveView, one: Occurrence) -> dict[str, object]:
    """The fields of an AlarmShape by their names in JSON."""
    spec = twin.plant.tags.get(one.tag)
    unit = "s" if one.kind == "stale" else "" if spec is None else spec.unit
    acknowledged = None if one.acked is None else {"time": to_text(one.acked), "who": one.by, "note": one.note}
    return {
        "id": one.id,
        "asset": twin.plant.asset_of(one.tag),
        "tag": one.tag,
        "name": one.name,
        "text": one.text or _text(twin.plant, one, unit),
        "kind": one.kind,
        "priority": one.priority,
        "limit": one.limit,
        "unit": unit,
        "value": number_now(twin, view, one.tag) if one.end is None else None,
        "peak": one.peak,
        "cause": one.cause,
        "state": one.state,
        "state_text": STATES[one.state],
        "from": to_text(one.start),
        "to": None if one.end is None else to_text(one.end),
        "returned": None if one.returned is None else to_text(one.returned),
        "acknowledged": acknowledged,
        "activations": one.activations,
        "chattering": one.is_chattering,
        "superseded": one.superseded,
    }


def _text(plant: Plant, one: Occurrence, unit: str) -> str:
    """What to tell people where the plant file says nothing: `motor_temp above 85 degC`."""
    spec = plant.tags.get(one.tag)
    what = one.tag.rpartition("/")[2] if spec is None or not spec.display else spec.display
    if one.kind == "stale":
        return f"{what}: no value for {duration_text(round(one.limit * SECOND))}"
    return f"{what} {'above' if one.kind == 'high' else 'below'} {one.limit:g} {unit}".rstrip()
