"""GET /corrections: what late entries changed, also in the runs before this one."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from twin.api.caller import VIEW, TheTwin
from twin.api.find import LONGEST, all_tags, lines_below, tags_matching
from twin.api.moment import moment, span
from twin.api.problem import not_found, unprocessable
from twin.api.shapes_corrections import CauseShape, CorrectionsAnswer, CorrectionShape, RecordShape
from twin.core.fold import Record
from twin.core.history import Cause, Correction
from twin.core.instant import FAR_FUTURE, FAR_PAST, to_text
from twin.core.records import RECORD_KINDS
from twin.runtime.twin import Twin
from twin.store.corrected import Asked

router = APIRouter(tags=["results"], dependencies=[VIEW])


@router.get("/corrections")
async def corrections(
    twin: TheTwin,
    asset: Annotated[
        str, Query(max_length=LONGEST, description="path of a machine, line, connection or tag, or of what is above it")
    ] = "",
    kind: Annotated[list[str] | None, Query(max_length=18, description="state, count, alarm, ...; all without")] = None,
    start: Annotated[
        str | None, Query(alias="from", max_length=LONGEST, description="of results that end after this instant")
    ] = None,
    end: Annotated[
        str | None, Query(alias="to", max_length=LONGEST, description="of results that begin before it")
    ] = None,
    known_from: Annotated[
        str | None, Query(max_length=LONGEST, description="known since this instant or later")
    ] = None,
    known_to: Annotated[str | None, Query(max_length=LONGEST, description="known before this instant")] = None,
    after: Annotated[
        int | None, Query(ge=0, le=FAR_FUTURE, description="those behind this number, the oldest first")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    cursor: Annotated[str, Query(max_length=18, description="of the answer before, for older ones")] = "",
) -> CorrectionsAnswer:
    """Results that something late changed: what was shown, what is right, what came late, and since when it is known.

    The newest first; with `after` those behind a number, the oldest first, for whoever follows them.
    """
    asked = _asked(twin, asset, kind or [], (start, end), (known_from, known_to))
    if cursor and not cursor.isdecimal():
        raise unprocessable(f"cursor {cursor!r} is none of ours; take it from the answer before")
    before = int(cursor) if cursor else None
    found = await asyncio.to_thread(twin.results.corrections, asked, limit + 1, after, before)
    shown = found[:limit]
    more = after is None and len(found) > limit
    return CorrectionsAnswer(
        as_of=to_text(twin.live().as_of),
        corrections=[correction_shape(one) for one in shown],
        last=max((one.number for one in shown), default=after or 0),
        cursor=str(shown[-1].number) if more else None,
    )


Both = tuple[str | None, str | None]


def _asked(twin: Twin, asset: str, kinds: list[str], times: Both, known: Both) -> Asked:
    if unknown := [kind for kind in kinds if kind not in RECORD_KINDS]:
        raise unprocessable(f"kind {unknown[0]!r}: there are {', '.join(RECORD_KINDS)}")
    first, last = _bounds(twin, times)
    since, until = _bounds(twin, known)
    return Asked(first, last, since, until, kinds, _below(twin, asset))


def _bounds(twin: Twin, given: Both) -> tuple[int, int]:
    """Two instants, of which either may be left out."""
    now = twin.clock.now()
    start, end = given
    if start is not None and end is not None:
        found = span(start, end, now)
        return found.start, found.end
    first = FAR_PAST if start is None else moment("from", start, now)
    return first, FAR_FUTURE if end is None else moment("to", end, now)


def _below(twin: Twin, asset: str) -> list[str]:
    """Full paths of what is asked for; none for everything."""
    path = asset.strip("/")
    if not path or path in {twin.plant.path, *twin.plant.connections}:
        return [path] if path in twin.plant.connections else []
    machines, tags = [m.path for m in twin.plant.machines()], all_tags(twin.plant, twin.tags)
    if not tags_matching(twin.plant, [*machines, *tags], [path]) and not lines_below(twin.plant, path):
        raise not_found(f"asset {asset!r}: nothing here or below; GET /plant and GET /tags list what there is")
    return [path, f"{twin.plant.path}/{path}"]


def correction_shape(one: Correction) -> CorrectionShape:
    """A correction as people and programs see it."""
    return CorrectionShape(
        number=one.number,
        known=to_text(one.known),
        removed=_record(one.removed),
        added=_record(one.added),
        why=[_cause(cause) for cause in one.why],
    )


def _cause(one: Cause) -> CauseShape:
    return CauseShape(
        kind=one.kind, source=one.source, who=one.who, start=to_text(one.start), end=to_text(one.end),
        recorded=one.recorded, entries=one.entries,
    )  # fmt: skip


def _record(record: Record | None) -> RecordShape | None:
    if record is None:
        return None
    return RecordShape(
        kind=record.kind, key=record.key, start=to_text(record.start), end=to_text(record.end), data=dict(record.data)
    )
