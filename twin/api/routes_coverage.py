"""GET /coverage."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response

from twin.api.caller import VIEW, TheTwin
from twin.api.find import LONGEST, all_tags, tags_matching
from twin.api.load import Heavy
from twin.api.moment import moment, span
from twin.api.past import known_text
from twin.api.problem import not_found, too_much
from twin.api.question import From, KnownAt, To
from twin.api.shapes_coverage import (
    CauseShape,
    CoverageAnswer,
    CoverSummaryShape,
    RowCountsShape,
    StretchShape,
    TagCoverageShape,
)
from twin.api.shapes_samples import ThinnedShape
from twin.core.instant import FAR_FUTURE, SECOND, Span, to_text
from twin.runtime.coverage import Cause, SpanCover, Thin, blind, causes, lengths
from twin.runtime.twin import Twin
from twin.state.coverage import Group
from twin.state.stretch import Stretch
from twin.store.counted import Counts

router = APIRouter(tags=["plant"], dependencies=[VIEW])

MOST_STRETCHES = 20_000
"""A page ends where it has so many; a single tag may have more."""
MOST_ROWS = 300_000_000
"""Rows of all tags in the span, as far as they are counted for the page."""
MOST_CAUSES = 20


@router.get("/coverage", response_model=CoverageAnswer)
async def coverage(
    twin: TheTwin,
    heavy: Heavy,
    tag: Annotated[
        list[str] | None, Query(max_length=50, description="paths, prefixes, or globs; with or without the plant")
    ] = None,
    asset: Annotated[str, Query(max_length=LONGEST, description="path of a machine or of anything above it")] = "",
    connection: Annotated[str, Query(max_length=LONGEST, description="tags of this connection only")] = "",
    start: From = "now-8h",
    end: To = "now",
    known_at: KnownAt = None,
    rows: Annotated[
        bool, Query(description="count the rows too; without it the answer is made of events alone")
    ] = True,
    limit: Annotated[int, Query(ge=1, le=1000, description="tags in one answer")] = 100,
    cursor: Annotated[str, Query(max_length=LONGEST)] = "",
) -> Response:
    """Is anything missing: what covered each tag and how, gaps with their causes, what was filled, rows by kind."""
    now = twin.clock.now()
    asked = span(start, end, now)
    known = FAR_FUTURE if known_at is None else moment("known_at", known_at, now)
    paths = _paths(twin, tag or [], asset, connection)
    async with heavy:
        answer = await asyncio.to_thread(_answer, twin, paths, asked, known, rows, limit, cursor)
    return Response(answer.model_dump_json(), media_type="application/json")


def _paths(twin: Twin, tags: Sequence[str], asset: str, connection: str) -> list[str]:
    if connection and connection not in twin.plant.connections:
        raise not_found(f"connection {connection!r}: there are {', '.join(twin.plant.connections) or 'none'}")
    found = tags_matching(twin.plant, all_tags(twin.plant, twin.tags), tags or [asset])
    if tags and asset:
        below = set(tags_matching(twin.plant, found, [asset]))
        found = [path for path in found if path in below]
    if connection:
        found = [path for path in found if twin.owners.get(path) == connection]
    if not found:
        raise not_found(f"tag {', '.join(tags) or asset or connection!r}: no such tag; GET /tags lists them")
    return sorted(found)


def _answer(
    twin: Twin, paths: Sequence[str], asked: Span, known: int, with_rows: bool, limit: int, cursor: str
) -> CoverageAnswer:
    as_of = twin.live().as_of
    covered = Span(asked.start, max(asked.start, min(asked.end, as_of)))
    cover = SpanCover(twin.reader, twin.plant, twin.tags, covered, known)
    groups = cover.groups(paths)
    of_tag = {path: group.stretches for mine, group in groups for path in mine}
    behind = [path for path in paths if path > cursor]
    page = _page(behind, of_tag, limit)
    counts = _counts(twin, cover, page) if with_rows else None
    thinned = cover.thinned(page)
    return CoverageAnswer(
        as_of=to_text(as_of),
        start=to_text(covered.start),
        end=to_text(covered.end),
        known_at=known_text(known),
        kept_from=_text(twin.reader.kept_from()),
        whole_from=_text(twin.reader.whole_from()),
        summary=_summary(cover, groups),
        tags=[
            _tag(
                path,
                cover.home(path) or twin.owners.get(path, ""),
                of_tag[path],
                None if counts is None else _rows(counts, place),
                thinned.get(path),
            )
            for place, path in enumerate(page)
        ],
        cursor=page[-1] if len(page) < len(behind) else None,
    )


def _text(instant: int | None) -> str | None:
    return None if instant is None else to_text(instant)


def _page(paths: Sequence[str], of_tag: Mapping[str, Sequence[Stretch]], limit: int) -> list[str]:
    page: list[str] = []
    room = MOST_STRETCHES
    for path in paths[:limit]:
        room -= len(of_tag[path])
        if page and room < 0:
            break
        page.append(path)
    return page


def _counts(twin: Twin, cover: SpanCover, page: Sequence[str]) -> Counts:
    share = len(page) / max(len(twin.tags), 1)
    if (about := int(share * twin.reader.about(cover.span.start, cover.span.end))) > MOST_ROWS:
        raise too_much(f"about {about} rows to count; ask for a shorter span, a smaller limit, or rows=false")
    return cover.counts(page)


def _rows(counts: Counts, place: int) -> RowCountsShape:
    return RowCountsShape(**{name: int(column[place]) for name, column in counts.columns().items()})


def _tag(
    path: str, connection: str, stretches: Sequence[Stretch], rows: RowCountsShape | None, thin: Thin | None
) -> TagCoverageShape:
    length, pulse = lengths(stretches), blind(stretches)
    return TagCoverageShape(
        tag=path,
        connection=connection,
        covered_s=length["covered"] / SECOND,
        filled_s=length["filled"] / SECOND,
        missing_s=length["missing"] / SECOND,
        blind_s=None if pulse is None else pulse / SECOND,
        rows=rows,
        thinned=None if thin is None else _thinned(thin),
        stretches=[_stretch(one) for one in stretches],
    )


def _thinned(thin: Thin) -> ThinnedShape:
    return ThinnedShape(rows=thin.dropped, error=thin.error, start=to_text(thin.start), end=to_text(thin.end))


def _stretch(one: Stretch) -> StretchShape:
    sampled = one.state == "covered" and one.by != "messages"
    return StretchShape(
        start=to_text(one.start), end=to_text(one.end), state=one.state, by=one.by,
        sampling_s=one.sampling / SECOND if sampled else None, why=one.why, cause=one.cause, unfilled=one.unfilled,
    )  # fmt: skip


def _summary(cover: SpanCover, groups: Sequence[tuple[list[str], Group]]) -> CoverSummaryShape:
    total = {"covered": 0, "filled": 0, "missing": 0}
    for paths, group in groups:
        for state, length in lengths(group.stretches).items():
            total[state] += len(paths) * length
    found = causes(cover, groups)
    return CoverSummaryShape(
        tags=sum(len(paths) for paths, _ in groups),
        covered_s=total["covered"] / SECOND,
        filled_s=total["filled"] / SECOND,
        missing_s=total["missing"] / SECOND,
        never_s=sum(one.length for one in found if one.why == "never") / SECOND,
        causes=[_cause(one) for one in found[:MOST_CAUSES]],
        causes_left_out=max(len(found) - MOST_CAUSES, 0),
    )


def _cause(one: Cause) -> CauseShape:
    return CauseShape(
        connection=one.connection, why=one.why, cause=one.cause, unfilled=one.unfilled, tags=one.tags,
        missing_s=one.length / SECOND, start=to_text(one.first), end=to_text(one.last),
    )  # fmt: skip
