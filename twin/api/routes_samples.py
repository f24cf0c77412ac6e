"""GET and POST /samples."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from twin.api.access import Caller, Role
from twin.api.caller import VIEW, Needs, TheTwin
from twin.api.columns import SampleRow, batch_of, json_texts, json_values, times_text
from twin.api.decimate import KEPT
from twin.api.find import LONGEST, tag_named
from twin.api.gaps import Gap
from twin.api.load import Heavy
from twin.api.moment import Span, moment, span
from twin.api.problem import Problem
from twin.api.series import Series, gaps_of, series
from twin.api.shapes import GapShape, RecordedAnswer, SamplesAnswer, SeriesShape, Shape
from twin.core.instant import FAR_FUTURE, to_text
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
    known_at: KnownAt = None,
) -> Response:
    """Samples of up to 50 tags by time, exactly as they were, with the gaps of their connections."""
    now = twin.clock.now()
    asked = span(start, end, now)
    known = FAR_FUTURE if known_at is None else moment("known_at", known_at, now)
    async with heavy:
        body = await asyncio.to_thread(_answer, twin, tag, asked, known, max_points)
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


def _answer(twin: Twin, names: list[str], asked: Span, known: int, most: int | None) -> str:
    paths = list(dict.fromkeys(tag_named(twin.plant, twin.tags, name) for name in names))
    ids = [twin.tags.get(path) for path in paths]
    found = series(twin, ids, asked, known, most)
    missing = gaps_of(twin, asked, known)
    return SamplesAnswer(
        as_of=to_text(twin.live().as_of),
        start=to_text(asked.start),
        end=to_text(asked.end),
        known_at=None if known == FAR_FUTURE else to_text(known),
        samples=[_shape(twin, path, tag, one, missing) for path, tag, one in zip(paths, ids, found, strict=True)],
    ).model_dump_json()


def _shape(twin: Twin, path: str, tag: int | None, one: Series, missing: list[Gap]) -> SeriesShape:
    spec = twin.plant.tags.get(path)
    connection = "" if spec is None else spec.connection
    mine = [gap for gap in missing if gap.connection == connection and (gap.tags is None or tag in gap.tags)]
    return SeriesShape(
        tag=path,
        unit="" if spec is None else spec.unit,
        type=str(spec.type if spec is not None else twin.tags[cast(int, tag)].type),
        time=times_text(one.time),
        value=json_values(one.value),
        status=one.status.tolist(),
        text=json_texts(one.value, one.text),
        decimated=one.is_decimated,
        gaps=[GapShape(start=to_text(gap.start), end=to_text(gap.end), cause=gap.cause) for gap in mine],
    )
