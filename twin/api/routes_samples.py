"""GET and POST /samples."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from twin.api.access import Caller, Role
from twin.api.aggregation import aggregated, edges_of, interval_of
from twin.api.caller import VIEW, Needs, TheTwin
from twin.api.columns import SampleRow, batch_of
from twin.api.find import LONGEST, tag_named
from twin.api.load import Heavy
from twin.api.moment import moment, span
from twin.api.problem import Problem, unprocessable
from twin.api.sample_json import COLUMNS, aggregates_json, answer_json, series_json
from twin.api.series import gaps_of, series
from twin.api.shapes import RecordedAnswer, SamplesAnswer, Shape
from twin.core.instant import FAR_FUTURE, Span, to_text
from twin.core.outline import KEPT
from twin.core.tags import TagType
from twin.runtime.twin import Twin

router = APIRouter(tags=["samples"])

MOST_TAGS = 50
MOST_POINTS = 20_000

From = Annotated[str, Query(alias="from", max_length=LONGEST, description="RFC 3339, or relative: now-2h")]
To = Annotated[str, Query(alias="to", max_length=LONGEST, description="RFC 3339, or relative; not included")]
KnownAt = Annotated[str | None, Query(max_length=LONGEST, description="as the twin knew it at this instant")]


class Samples(Shape):
    """What POST /samples takes."""

    samples: list[SampleRow] = Field(min_length=1)


@router.get("/samples", response_model=SamplesAnswer, dependencies=[VIEW])
async def samples(
    twin: TheTwin,
    heavy: Heavy,
    tag: Annotated[list[str], Query(min_length=1, max_length=MOST_TAGS, description="full path, or without the plant")],
    start: From = "now-1h",
    end: To = "now",
    max_points: Annotated[
        int | None, Query(ge=KEPT, le=MOST_POINTS, description="of each tag; keeps peaks, pauses, bad rows")
    ] = None,
    aggregate: Annotated[
        str | None,
        Query(max_length=LONGEST, description="some of mean,min,max,count,first,last,twa (time-weighted average)"),
    ] = None,
    interval: Annotated[str | None, Query(max_length=LONGEST, description="of the aggregates, from 1s: 1m, 1h")] = None,
    known_at: KnownAt = None,
) -> Response:
    """Samples of up to 50 tags by time, exactly as they were, with the gaps of their connections; or aggregates."""
    if aggregate is not None and max_points is not None:
        raise unprocessable("aggregate and max_points: give one of them")
    now = twin.clock.now()
    asked = span(start, end, now)
    known = FAR_FUTURE if known_at is None else moment("known_at", known_at, now)
    async with heavy:
        if aggregate is None:
            body = await asyncio.to_thread(_answer, twin, tag, asked, known, max_points)
        else:
            length = interval_of(interval)
            body = await asyncio.to_thread(_aggregates, twin, tag, asked, known, _columns(aggregate), length)
    return Response(body, media_type="application/json")


@router.post("/samples")
async def post_samples(
    twin: TheTwin,
    sent: Samples,
    caller: Annotated[Caller, Depends(Needs(Role.OPERATE))],
    new: Annotated[
        TagType | None, Query(description="add tags that are not there yet, of this type (engineer)")
    ] = None,
) -> RecordedAnswer:
    """Keep samples; the answer comes when they are on disk. Nothing is kept when one row does not fit."""
    if new is not None and caller.role < Role.ENGINEER:
        raise Problem(HTTPStatus.FORBIDDEN, f"{caller.name} may not add tags: that needs the role engineer")
    taken = batch_of(sent.samples, f"api:{caller.name}", twin.plant, twin.tags, twin.clock.now(), new)
    recorded = await twin.append(taken)
    return RecordedAnswer(as_of=to_text(twin.live().as_of), recorded=recorded, rows=len(taken))


def _answer(twin: Twin, names: list[str], asked: Span, known: int, most: int | None) -> bytes:
    paths = list(dict.fromkeys(tag_named(twin.plant, twin.tags, name) for name in names))
    ids = [twin.tags.get(path) for path in paths]
    found = series(twin, ids, asked, known, most)
    gaps = gaps_of(twin, paths, asked, known)
    shown = [
        series_json(twin, path, tag, one, mine) for path, tag, one, mine in zip(paths, ids, found, gaps, strict=True)
    ]
    return answer_json(twin, asked, known, samples=shown)


def _columns(aggregate: str) -> set[str]:
    asked = {one.strip() for one in aggregate.split(",")}
    if wrong := sorted(asked - set(COLUMNS)):
        raise unprocessable(f"aggregate: {wrong[0]!r} is none of {', '.join(COLUMNS)}")
    return asked


def _aggregates(twin: Twin, names: list[str], asked: Span, known: int, columns: set[str], interval: int) -> bytes:
    paths = list(dict.fromkeys(tag_named(twin.plant, twin.tags, name) for name in names))
    ids = [twin.tags.get(path) for path in paths]
    edges = edges_of(asked, interval, twin.live().as_of)
    gaps = gaps_of(twin, paths, asked, known)
    found = aggregated(twin, ids, edges, known, gaps)
    shown = [
        aggregates_json(twin, path, one, columns, interval, mine)
        for path, one, mine in zip(paths, found, gaps, strict=True)
    ]
    return answer_json(twin, asked, known, aggregates=shown)
