"""GET and POST /samples."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from twin.api.access import Caller, Role
from twin.api.caller import VIEW, Needs, TheTwin
from twin.api.columns import SampleRow, batch_of
from twin.api.find import LONGEST
from twin.api.load import Gone, Heavy, worked
from twin.api.problem import Problem, unprocessable
from twin.api.question import (
    NAMES,
    From,
    KnownAt,
    Settings,
    Tags,
    To,
    aggregation_of,
    cuts_of,
    instants_of,
    question_of,
    settings_of,
)
from twin.api.sample_answers import Answering, answered, tables_of
from twin.api.shapes import Shape
from twin.api.shapes_samples import RecordedAnswer, SamplesAnswer
from twin.api.sources import sources_header
from twin.api.streamed import MEDIA_TYPES, Form, TheStreams, form_of, streamed
from twin.core.instant import to_text
from twin.core.outline import KEPT
from twin.core.tags import TagType

router = APIRouter(tags=["samples"])

MOST_POINTS = 20_000
_FORMS: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {} for form, media_type in MEDIA_TYPES.items() if form != "json"}},
    406: {"description": "This form needs a library that is not installed"},
    413: {"description": "More than one answer may cost; which limit, and what to ask for instead"},
    503: {"description": "So much is being read already; when to try again"},
}


class Samples(Shape):
    """What POST /samples takes."""

    samples: list[SampleRow] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Way:
    """In which way samples are asked for; at most one of max_points, aggregate, last, at."""

    max_points: int | None
    aggregate: str | None
    interval: str | None
    tz: str | None
    last: bool
    at: list[str]
    bounds: bool
    origin: bool


async def way_of(
    max_points: Annotated[
        int | None, Query(ge=KEPT, le=MOST_POINTS, description="of each tag; keeps peaks, pauses, bad rows")
    ] = None,
    aggregate: Annotated[
        str | None, Query(max_length=1000, description=f"some of {', '.join(NAMES)}; from average on: OPC UA Part 13")
    ] = None,
    interval: Annotated[
        str | None, Query(max_length=LONGEST, description="of the aggregates: 1m, 1h, or day, week, month, shift")
    ] = None,
    tz: Annotated[
        str | None, Query(max_length=LONGEST, description="IANA zone of day, week, month; default: the plant's")
    ] = None,
    last: Annotated[bool, Query(description="only the newest row of each tag before `to`, however old")] = False,
    at: Annotated[list[str] | None, Query(max_length=50, description="instants: what held then, and between")] = None,
    bounds: Annotated[
        bool, Query(description="also the row that held at `from`, and the first one at `to` or later")
    ] = False,
    origin: Annotated[bool, Query(description="with how each row came; for rows as JSON")] = False,
) -> Way:
    """The way of a request. Raises a problem for ways that exclude each other."""
    given = {"max_points": max_points is not None, "aggregate": aggregate is not None, "last": last, "at": bool(at)}
    ways = [name for name, is_given in given.items() if is_given]
    if len(ways) > 1:
        raise unprocessable(f"{ways[0]} and {ways[1]}: give one of them")
    if bounds and ways and ways != ["max_points"]:
        raise unprocessable(f"bounds and {ways[0]}: give one of them")
    if origin and (aggregate is not None or at or max_points is not None):
        raise unprocessable("origin is told of every row of a span or of the last; leave aggregate, at, max_points out")
    if aggregate is None and (interval is not None or tz is not None):
        raise unprocessable("interval and tz are for aggregates; give aggregate too")
    return Way(max_points, aggregate, interval, tz, last, at or [], bounds, origin)


@router.get("/samples", response_model=SamplesAnswer, dependencies=[VIEW], responses=_FORMS)
async def samples(
    request: Request,
    twin: TheTwin,
    heavy: Heavy,
    streams: TheStreams,
    tag: Tags,
    way: Annotated[Way, Depends(way_of)],
    settings: Annotated[Settings, Depends(settings_of)],
    form: Annotated[Form, Depends(form_of)],
    start: From = "now-1h",
    end: To = "now",
    known_at: KnownAt = None,
) -> Response:
    """Samples of up to 50 tags by time, exactly as they were, with the gaps of their connections; or aggregates, the
    newest ones, or what held at instants. As CSV, Parquet or Arrow there is no limit to how many.
    """
    question = question_of(twin, tag, start, end, known_at)
    twin = twin if known_at is None else twin.as_known(question.known)
    aggregation = None if way.aggregate is None else aggregation_of(way.aggregate)
    cuts = None
    if aggregation is not None:
        as_of = twin.live().as_of
        cuts = await asyncio.to_thread(cuts_of, twin.plant, question, way.interval, way.tz, as_of)
    at = instants_of(twin, way.at, len(question.paths)) if way.at else None
    asked = Answering(twin, question, settings, aggregation, cuts, at, way.last, way.bounds, way.max_points, way.origin)
    if form != "json" and way.origin:
        raise unprocessable(f"origin and format={form}: it is told in JSON; leave one of them out")
    if form != "json" and way.max_points is not None:
        raise unprocessable(f"max_points and format={form}: a trend is JSON; leave one of them out")
    try:
        if form != "json":
            told = await asyncio.to_thread(sources_header, twin, question.ids, question.span, question.known)
            return await streamed(request, streams, twin.folder, form, *tables_of(asked), told)
        body = await worked(request, heavy, lambda work: answered(asked, work))
    except Gone:
        return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE)  # nobody is there to read it
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
