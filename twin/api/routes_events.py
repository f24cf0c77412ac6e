"""GET /events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query

from twin.api.caller import VIEW, TheTwin
from twin.api.find import LONGEST
from twin.api.moment import span
from twin.api.problem import unprocessable
from twin.api.question import From, To
from twin.api.shapes import EventsAnswer, EventShape
from twin.core.event import PLANT_LOADED, Event
from twin.core.instant import Span, to_text
from twin.runtime.twin import Twin

router = APIRouter(tags=["plant"], dependencies=[VIEW])

Found = tuple[int, Event]
"""(recorded, event)."""
Place = tuple[int, int]
"""(time, recorded) of the last event of a page."""


@router.get("/events")
def events(
    twin: TheTwin,
    start: From = "now-24h",
    end: To = "now",
    kind: Annotated[
        list[str] | None, Query(max_length=20, description="`connection` takes connection.lost too")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str, Query(max_length=LONGEST)] = "",
) -> EventsAnswer:
    """What happened, newest first: connections lost and back, gaps, runs, imports, what people did."""
    asked = span(start, end, twin.clock.now())
    page = _after(twin, asked, kind or [], limit + 1, _place(cursor) if cursor else None)
    shown = page[:limit]
    return EventsAnswer(
        as_of=to_text(twin.live().as_of),
        events=[_shape(recorded, event) for recorded, event in shown],
        cursor=f"{shown[-1][1].time}.{shown[-1][0]}" if len(page) > limit else None,
    )


def _after(twin: Twin, asked: Span, kinds: list[str], count: int, place: Place | None) -> list[Found]:
    """So many events behind a place; events of the same instant stand before it, so more is read until it is enough."""
    end = asked.end if place is None else min(asked.end, place[0] + 1)
    ask = count
    while True:
        found = twin.reader.events(asked.start, end, kinds, ask)
        rest = [(r, e) for r, e in found if place is None or (e.time, r) < place]
        if len(rest) >= count or len(found) < ask:
            return rest[:count]
        ask *= 2


def _place(cursor: str) -> Place:
    time, _, recorded = cursor.partition(".")
    if not (time.isdecimal() and recorded.isdecimal() and len(cursor) < 50):
        raise unprocessable(f"cursor {cursor!r} is none of ours; take it from the answer before")
    return int(time), int(recorded)


def _shape(recorded: int, event: Event) -> EventShape:
    return EventShape(
        recorded=recorded, time=to_text(event.time), kind=event.kind, subject=event.subject, who=event.who,
        body=_shown(event),
    )  # fmt: skip


def _shown(event: Event) -> Mapping[str, Any]:
    """The body without the text of the plant file, which may hold what viewers need not see."""
    if event.kind == PLANT_LOADED:
        return {name: value for name, value in event.body.items() if name != "text"}
    return event.body
