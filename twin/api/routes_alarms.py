"""GET /alarms, POST /alarms/{id}/ack, GET /alarms/performance."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi import Path as InPath
from pydantic import Field

from twin.alarms.occurrence import ALARM, Occurrence, occurrence_of
from twin.alarms.performance import TARGETS, Performance, performance
from twin.api.access import Caller, Role
from twin.api.alarm_shapes import (
    AcknowledgedAnswer,
    AlarmsAnswer,
    ChatterShape,
    FloodShape,
    LoadShape,
    PerformanceAnswer,
    PriorityShape,
    alarm_fields,
    alarm_shape,
)
from twin.api.alarms_told import alarm_keys, open_alarms
from twin.api.caller import VIEW, Needs, TheTwin
from twin.api.find import LONGEST
from twin.api.load import Heavy
from twin.api.moment import span
from twin.api.past import seen
from twin.api.problem import Problem, not_found, unprocessable
from twin.api.question import From, KnownAt, To
from twin.api.shapes import Shape
from twin.core.event import ALARM_ACKNOWLEDGED, Event
from twin.core.instant import DAY, FAR_FUTURE, SECOND, Span, from_text, to_text
from twin.runtime.live import LiveView
from twin.runtime.occurrences import occurrences
from twin.runtime.twin import Twin

router = APIRouter(tags=["alarms"])

LONGEST_ALARMS = 366 * DAY
LONGEST_NOTE = 1000
SEEN_S = 1.0
"""An acknowledgement is answered at the latest so long after it is durable, whether or not a view shows it yet."""

Asset = Annotated[str, Query(max_length=LONGEST, description="path of a tag or of anything above it; '' is all")]


class Acknowledgement(Shape):
    """What POST /alarms/{id}/ack takes. note: for those who look at it later."""

    note: str = Field("", max_length=LONGEST_NOTE)


@router.get("/alarms", dependencies=[VIEW])
async def alarms(
    twin: TheTwin,
    heavy: Heavy,
    asset: Asset = "",
    state: Annotated[
        Literal["open", "unacknowledged", "all"],
        Query(description="open: active, or not yet acknowledged; all: every one that overlaps [from, to)"),
    ] = "open",
    start: From = "now-8h",
    end: To = "now",
    at: Annotated[str | None, Query(max_length=LONGEST, description="as it was at this instant; not for all")] = None,
    known_at: KnownAt = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    cursor: Annotated[str, Query(max_length=LONGEST)] = "",
) -> AlarmsAnswer:
    """Alarms that stand open, now or at a past instant; or all of a span, the newest first."""
    if at is not None and state == "all":
        raise unprocessable("at and state=all: alarms of a span are asked for by from and to")
    keys = alarm_keys(twin.plant, asset)
    asked = span(start, end, twin.clock.now(), LONGEST_ALARMS)
    view, known = await seen(twin, heavy, at, known_at)
    if state == "all":
        async with heavy:
            found = await asyncio.to_thread(occurrences, twin, view, keys, asked, known)
    else:
        found = [one for one in open_alarms(view, keys) if state == "open" or one.needs_ack]
    first = _place(cursor, found)
    shown = found[first : first + limit]
    return AlarmsAnswer(
        as_of=to_text(view.as_of),
        alarms=[alarm_shape(twin, view, one) for one in shown],
        cursor=shown[-1].id if first + limit < len(found) else None,
    )


@router.post("/alarms/{id:path}/ack")
async def acknowledge(
    twin: TheTwin,
    id: Annotated[str, InPath(description="tag~name@start, as GET /alarms gives it")],
    caller: Annotated[Caller, Depends(Needs(Role.OPERATE))],
    sent: Acknowledgement | None = None,
) -> AcknowledgedAnswer:
    """Say that an alarm was seen; the answer comes when that is on disk. It acts on what is unacknowledged now."""
    one = await asyncio.to_thread(_unacknowledged, twin, id)
    note = "" if sent is None else sent.note
    body = {"id": one.id, "note": note, "role": caller.role.name.lower()}
    event = Event(twin.clock.now(), ALARM_ACKNOWLEDGED, one.tag, body, caller.name)
    recorded = await twin.note(event)
    view, shown = await _after(twin, one, event, recorded)
    return AcknowledgedAnswer.model_validate({"as_of": to_text(view.as_of), **alarm_fields(twin, view, shown)})


@router.get("/alarms/performance", dependencies=[VIEW])
async def alarm_performance(
    twin: TheTwin, heavy: Heavy, asset: Asset = "", start: From = "now-24h", end: To = "now"
) -> PerformanceAnswer:
    """How many alarms people had to answer, whether they could, and which ones made the load."""
    keys = alarm_keys(twin.plant, asset)
    view = twin.live()
    asked = span(start, end, twin.clock.now(), LONGEST_ALARMS)
    async with heavy:
        found = await asyncio.to_thread(_performance, twin, view, keys, asked)
    return _performance_answer(twin, view, found)


# --- open alarms -----------------------------------------------------------------------------------------------


def _unacknowledged(twin: Twin, id: str) -> Occurrence:
    """The open occurrence that an id means: the one that covers the instant in it (R11), which a correction may have
    moved since it was shown. Raises a problem when there is none to acknowledge. Blocking.
    """
    key, _, text = id.partition("@")
    try:
        shown = from_text(text)
    except ValueError as error:
        raise not_found(f"alarm {id!r}: an id is TAG~NAME@START, as GET /alarms gives it ({error})") from error
    if not 0 <= shown < FAR_FUTURE:
        raise not_found(f"alarm {id!r}: no alarm began then; GET /alarms shows those that are open")
    view = twin.live()
    told = [one for one in view.alarms.values() if one.key == key]
    told += [occurrence_of(r) for r in view.records if r.kind == ALARM and r.key == key]
    told += [occurrence_of(record) for record, _ in twin.results.records(ALARM, [key], shown, shown + SECOND)]
    covering = [one for one in told if one.start == shown] or [
        one for one in told if one.start < shown and (one.end is None or shown < one.end)
    ]
    if not covering:
        raise not_found(f"alarm {id}: no such alarm; GET /alarms shows those that are open")
    one = covering[0]
    if one.acked is not None:
        raise Problem(HTTPStatus.CONFLICT, f"alarm {one.id}: {one.by} acknowledged it at {to_text(one.acked)}")
    if one.end is not None:
        raise Problem(HTTPStatus.CONFLICT, f"alarm {one.id}: it came again at {to_text(one.end)}; acknowledge that one")
    return one


async def _after(twin: Twin, one: Occurrence, event: Event, recorded: int) -> tuple[LiveView, Occurrence]:
    """The first view in which the acknowledgement counts, and the alarm there; what it will be, if none comes soon.

    It acts on what stands open at its instant (R11): the alarm may have come again since it was shown.
    """
    view = twin.live()
    with suppress(TimeoutError):
        async with asyncio.timeout(SEEN_S):
            while view.known < recorded or view.as_of <= event.time:
                view = await twin.next_view(view.number)
    ended = [occurrence_of(record) for record in view.records if record.kind == ALARM and record.key == one.key]
    told = [other for other in (*ended, *view.alarms.values()) if other.key == one.key and other.acked is not None]
    mine = [other for other in told if other.acked == event.time] or [other for other in told if other.id == one.id]
    if mine:
        return view, mine[0]
    meant = next((other for other in view.alarms.values() if other.key == one.key), one)
    end = None if meant.returned is None else event.time
    return view, replace(meant, acked=event.time, by=event.who, note=event.body["note"], end=end)


def _place(cursor: str, found: list[Occurrence]) -> int:
    """Where the page after a cursor begins."""
    if not cursor:
        return 0
    ids = [one.id for one in found]
    if cursor not in ids:
        raise unprocessable(f"cursor {cursor!r} is none of this list; take it from the answer before")
    return ids.index(cursor) + 1


# --- performance -----------------------------------------------------------------------------------------------


def _performance(twin: Twin, view: LiveView, keys: list[str], asked: Span) -> Performance:
    """Over what of the span the log covers: a rate over a time without a twin says nothing. Blocking."""
    first = twin.reader.complete_from()
    start = asked.start if first is None else max(asked.start, min(first, asked.end))
    covered = Span(start, max(start, min(asked.end, view.as_of)))
    return performance(occurrences(twin, view, keys, covered, FAR_FUTURE), covered.start, covered.end)


def _performance_answer(twin: Twin, view: LiveView, found: Performance) -> PerformanceAnswer:
    return PerformanceAnswer(
        as_of=to_text(view.as_of),
        start=to_text(found.start),
        end=to_text(found.end),
        activations=found.activations,
        average_per_10_min=found.average_per_10_min,
        peak_per_10_min=found.peak_per_10_min,
        peak_at=None if found.peak_at is None else to_text(found.peak_at),
        floods=[
            FloodShape(start=to_text(f.start), end=to_text(f.end), activations=f.activations, peak=f.peak)
            for f in found.floods
        ],
        flood_share=found.flood_share,
        chattering=[ChatterShape(**_names(key), times=times) for key, times in found.chattering.items()],
        top=[LoadShape(**_names(one.key), activations=one.activations, share=one.share) for one in found.top],
        standing=[alarm_shape(twin, view, one) for one in found.standing],
        priorities=[
            PriorityShape(priority=p, activations=n, share=n / found.activations if found.activations else None)
            for p, n in enumerate(found.by_priority, start=1)
        ],
        targets=TARGETS,
    )


def _names(key: str) -> dict[str, str]:
    tag, _, name = key.partition("~")
    return {"alarm": key, "tag": tag, "name": name}
