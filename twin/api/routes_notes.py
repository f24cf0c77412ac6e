"""GET /notes, POST /stops/{id}/label: what people say of results, which late data moves under them."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath

from twin.api.access import Caller
from twin.api.caller import OPERATE, VIEW, TheTwin
from twin.api.find import LONGEST, lines_below, machines_below, tags_matching
from twin.api.load import Heavy
from twin.api.moment import span
from twin.api.past import seen
from twin.api.problem import not_found, unprocessable
from twin.api.question import From, KnownAt, To
from twin.api.routes_results import Asset
from twin.api.shapes_notes import LabellingShape, NotesAnswer, NoteShape
from twin.api.shapes_oee import StopAnswer
from twin.api.stop_shape import stop_shape
from twin.core.event import STOP_LABELLED, Event
from twin.core.instant import DAY, FAR_FUTURE, Span, from_text, to_text
from twin.model.plant import Plant
from twin.runtime.notes import Labelled, Note, labelled_stops, notes, stop_id
from twin.runtime.twin import Twin

router = APIRouter(tags=["results"])

LONGEST_NOTES = 366 * DAY


@router.post("/stops/{id:path}/label")
async def label(
    twin: TheTwin,
    id: Annotated[str, InPath(max_length=LONGEST, description="asset@from, as GET /stops gives it")],
    caller: Annotated[Caller, OPERATE],
    said: LabellingShape,
) -> StopAnswer:
    """Say why a machine stood; answered when that is on disk. It stays with the stop wherever late data moves it."""
    reason, text = said.reason.strip(), said.text.strip()
    if not reason and not text:
        raise unprocessable("neither reason nor text; say why it stood")
    found = await asyncio.to_thread(_stop_named, twin, id)
    stop = found.stop
    shown = stop_id(stop.asset, stop.start)
    body = {
        "from": stop.start, "to": stop.end, "id": shown, "reason": reason, "text": text,
        "role": caller.role.name.lower(),
    }  # fmt: skip
    await twin.note(Event(twin.clock.now(), STOP_LABELLED, stop.asset, body, caller.name))
    now = await asyncio.to_thread(_stop_named, twin, shown)
    return StopAnswer(as_of=to_text(twin.live().as_of), **stop_shape(now).model_dump(by_alias=True))


def _stop_named(twin: Twin, id_: str) -> Labelled:
    """The stop that covers the instant of an id (R11). Raises a problem when there is none. Blocking."""
    asset, _, text = id_.rpartition("@")
    try:
        instant = from_text(text)
    except ValueError as error:
        raise not_found(f"stop {id_!r}: an id is ASSET@FROM, as GET /stops gives it ({error})") from error
    machines = [machine for machine in twin.plant.machines() if machine.path == asset]
    if machines and 0 <= instant < FAR_FUTURE - DAY:
        for one in labelled_stops(twin, twin.live(), machines, Span(instant, instant + 1)):
            if one.stop.start <= instant:
                return one
    raise not_found(f"stop {id_!r}: {asset or 'nothing'} did not stand then; take the id from GET /stops")


@router.get("/notes", dependencies=[VIEW])
async def what_was_said(
    twin: TheTwin,
    heavy: Heavy,
    asset: Asset = "",
    start: From = "now-24h",
    end: To = "now",
    orphaned: Annotated[bool, Query(description="only those of which late data left nothing")] = False,
    known_at: KnownAt = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    cursor: Annotated[str, Query(max_length=20)] = "",
) -> NotesAnswer:
    """Labels of stops, acknowledgements of alarms, judgements of alerts that were said in [from, to), the newest first,
    each with what it is about today.
    """
    _check_asset(twin.plant, asset)
    if cursor and not cursor.isdecimal():
        raise unprocessable(f"cursor {cursor!r} is none of ours; take it from the answer before")
    now = twin.clock.now()
    asked = span(start, end, now, LONGEST_NOTES)
    asked = Span(asked.start, asked.end + (asked.end >= now))  # what has just been said is there
    view, known = await seen(twin, heavy, None, known_at)

    def is_below(path: str) -> bool:
        return bool(tags_matching(twin.plant, [path], [asset]))

    async with heavy:
        found = await asyncio.to_thread(notes, twin, view, is_below, asked, known)
    behind = [one for one in found if (not orphaned or one.now is None) and (not cursor or one.recorded < int(cursor))]
    shown = behind[:limit]
    return NotesAnswer(
        as_of=to_text(view.as_of),
        notes=[_note(one) for one in shown],
        orphaned=sum(one.now is None for one in found),
        cursor=str(shown[-1].recorded) if len(behind) > limit else None,
    )


def _check_asset(plant: Plant, asset: str) -> None:
    if not tags_matching(plant, plant.tags, [asset]) and not lines_below(plant, asset):
        machines_below(plant, asset)


def _note(one: Note) -> NoteShape:
    return NoteShape(
        kind=one.kind, asset=one.asset, about=one.about, now=one.now, said=to_text(one.said), who=one.who,
        role=one.role, reason=one.reason, text=one.text,
    )  # fmt: skip
