"""The JSON of condition and alerts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.api.shapes import Answer, Shape, Time
from twin.runtime.alerts import Verdict

ConditionState = Literal["learning", "watching", "alert", "no_model", "off"]


class ShareShape(Shape):
    """A tag and its share of what speaks against normal, 0 to 1."""

    tag: str
    share: float


class ForecastShape(Shape):
    """When the limit is reached: with 10, 50 and 90 % probability it is earlier.

    The times count clock time at the share of running since the onset. limit_tag: whose limit it is.
    """

    limit_tag: str
    made_at: Time
    p10: Time
    p50: Time
    p90: Time
    p10_s: int
    p50_s: int
    p90_s: int


class ModelShape(Shape):
    """What a machine is judged by: learnt once, from these hours. rows: windows of ten seconds."""

    name: str
    learnt_from: Time
    learnt_to: Time
    rows: int
    digest: str


class ConditionShape(Shape):
    """A machine as a model judges it. score: 1 is the limit, null before anything was judged.

    state: learning (normal is not known yet), watching, alert, off (no `health` in the plant file), no_model (what it
    did could not be learnt; it is tried again). trend: (time, highest score of 100 s), the last 8 hours. learnt: share
    of the running time that is to be learnt from. judged: end of the last judged window.
    """

    asset: str
    state: ConditionState
    model: ModelShape | None
    learnt: float
    score: float | None
    limit: float = 1.0
    judged: Time | None
    trend: list[tuple[Time, float]]
    tags: list[ShareShape]
    onset: Time | None
    forecast: ForecastShape | None
    forecast_text: str


class ConditionAnswer(Answer):
    """Machines below a path."""

    machines: list[ConditionShape]


class AlertShape(Shape):
    """A machine that is not as it was learnt. id: asset@start. to null: it is open. verdict: of a person.

    score, tags, model: as the alert opened; peak: the highest score since. forecast: the present one while it is open,
    else the first that could be made.
    """

    id: str
    asset: str
    title: str
    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time | None, Field(alias="to")]
    score: float
    peak: float
    tags: list[ShareShape]
    onset: Time
    forecast: ForecastShape | None
    forecast_text: str
    model: str
    verdict: Verdict | None


class AlertsAnswer(Answer):
    """Alerts that overlap [from, to), newest first."""

    alerts: list[AlertShape]


class AlertAnswer(AlertShape, Answer):
    """One alert."""


class FeedbackShape(Shape):
    """Whether an alert was right."""

    verdict: Verdict
    note: Annotated[str, Field(max_length=2000)] = ""
