"""GET /condition, GET /alerts, POST /alerts/{id}/feedback."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi import Path as InPath

from twin.api.access import Caller
from twin.api.alert_shape import alert_shape, condition_shape
from twin.api.caller import OPERATE, VIEW, TheTwin
from twin.api.find import LONGEST, machines_below
from twin.api.health_shapes import AlertAnswer, AlertsAnswer, ConditionAnswer, FeedbackShape
from twin.api.load import Heavy
from twin.api.moment import span
from twin.api.past import seen
from twin.api.problem import not_found
from twin.api.question import From, KnownAt, To
from twin.api.routes_results import Asset
from twin.core.event import ALERT_JUDGED, Event
from twin.core.instant import DAY, FAR_FUTURE, from_text, to_text
from twin.runtime.alerts import Alert, alerts_between, covers
from twin.runtime.twin import Twin

router = APIRouter(tags=["health"])

LONGEST_ALERTS = 366 * DAY


@router.get("/condition", dependencies=[VIEW])
async def condition(
    twin: TheTwin,
    heavy: Heavy,
    asset: Asset = "",
    at: Annotated[str | None, Query(max_length=LONGEST, description="RFC 3339 or relative; without it: now")] = None,
    known_at: KnownAt = None,
) -> ConditionAnswer:
    """How the machines below a path are: score, trend, the tags that speak, and the time left; now or in the past."""
    machines = machines_below(twin.plant, asset)
    view, _ = await seen(twin, heavy, at, known_at)
    found = await asyncio.to_thread(view.condition, {machine.path for machine in machines})
    shapes = [condition_shape(m.path, one, view.as_of) for m in machines for one in found.get(m.path, [None])]
    return ConditionAnswer(as_of=to_text(view.as_of), machines=shapes)


@router.get("/alerts", dependencies=[VIEW])
async def alerts(
    twin: TheTwin,
    heavy: Heavy,
    asset: Asset = "",
    start: From = "now-24h",
    end: To = "now",
    state: Annotated[Literal["open", "all"], Query(description="open: only those that last")] = "all",
) -> AlertsAnswer:
    """Machines that are, or were, not as they were learnt, newest first."""
    assets = sorted(machine.path for machine in machines_below(twin.plant, asset))
    asked = span(start, end, twin.clock.now(), LONGEST_ALERTS)
    view = twin.live()
    async with heavy:
        found = await asyncio.to_thread(alerts_between, twin, view, assets, asked.start, asked.end)
    shown = [one for one in found if state == "all" or one.now.end is None]
    return AlertsAnswer(as_of=to_text(view.as_of), alerts=[alert_shape(one, view) for one in shown])


@router.post("/alerts/{id:path}/feedback")
async def feedback(
    twin: TheTwin,
    id: Annotated[str, InPath(max_length=LONGEST, description="asset@start, as GET /alerts gives it")],
    said: FeedbackShape,
    caller: Annotated[Caller, OPERATE],
) -> AlertAnswer:
    """Say whether an alert was right. It is kept with the name of who says so; the last one counts."""
    view = twin.live()
    found = await asyncio.to_thread(_alert_named, twin, id)
    body = {"id": id, "verdict": said.verdict, "note": said.note, "role": caller.role.name.lower()}
    await twin.note(Event(twin.clock.now(), ALERT_JUDGED, found.now.asset, body, caller.name))
    shape = alert_shape(found, view).model_copy(update={"verdict": said.verdict})
    return AlertAnswer(as_of=to_text(view.as_of), **shape.model_dump(by_alias=True))


def _alert_named(twin: Twin, id_: str) -> Alert:
    """The alert that began at the instant of an id. Raises a problem when there is none."""
    asset, _, start = id_.rpartition("@")
    try:
        instant = from_text(start)
    except ValueError as error:
        raise not_found(f"alert {id_!r}: {error}; take the id from GET /alerts") from error
    found = [one for one in alerts_between(twin, twin.live(), [asset], 0, FAR_FUTURE) if covers(one.now, instant)]
    if not found:
        raise not_found(f"alert {id_!r}: no alert of {asset or 'nothing'} began then; take the id from GET /alerts")
    return min(found, key=lambda one: abs(one.now.start - instant))
