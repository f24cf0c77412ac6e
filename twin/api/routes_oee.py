"""GET /oee, /stops."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from twin.api.caller import VIEW, TheTwin
from twin.api.explained import Samples, explain_shape
from twin.api.find import LONGEST, lines_below, machines_below
from twin.api.inputs_shape import inputs_shape
from twin.api.load import Heavy
from twin.api.moment import span, whole_minutes
from twin.api.paging import page
from twin.api.past import known_text, seen
from twin.api.problem import too_much
from twin.api.question import From, KnownAt, To
from twin.api.routes_results import Asset
from twin.api.shapes_oee import (
    ElementsShape,
    FlagShape,
    OeeAnswer,
    OeeInputsShape,
    OeeShape,
    PiecesShape,
    StopsAnswer,
)
from twin.api.stop_shape import stop_shape
from twin.core.instant import DAY, FAR_FUTURE, MINUTE, SECOND, Span, to_text
from twin.mes.calendar import Calendar, Period, by_site, calendar_of
from twin.mes.oee import Result
from twin.model.plant import Line, Machine, Plant
from twin.runtime.inputs import InputQuality, tags_of
from twin.runtime.live import LiveView
from twin.runtime.notes import labelled_stops
from twin.runtime.oee import Question, oee
from twin.runtime.twin import Twin

router = APIRouter(tags=["OEE"], dependencies=[VIEW])

LONGEST_OEE = 366 * DAY
MOST_RESULTS = 10_000
MOST_MACHINE_DAYS = 4_000
MOST_EXPLAINED = 100
MOST_PAST_MINUTES = 500_000
"""Machines times minutes of one request for what was believed at another time: its counts are read by the minute."""


@router.get("/oee")
async def oee_of(
    twin: TheTwin,
    heavy: Heavy,
    asset: Asset = "",
    start: From = "now-8h",
    end: To = "now",
    by: Annotated[
        Literal["shift", "day", "hour"] | None,
        Query(description="whole shifts, days or hours that overlap the span; `from=now&to=now`: the present one"),
    ] = None,
    explain: Annotated[bool, Query(description="with all that each result was made of")] = False,
    inputs: Annotated[bool, Query(description="with the share of good values behind each result")] = True,
    known_at: KnownAt = None,
) -> OeeAnswer:
    """OEE with its elements, for the lines and machines below a path. Each figure is reckoned from sums, never from
    other figures. Without `by`: one period, which must stand on full minutes.
    """
    now = twin.live().as_of
    view, known = await seen(twin, heavy, None, known_at)
    asked = whole_minutes(start, end, now, LONGEST_OEE) if by is None else span(start, end, now, LONGEST_OEE)
    lines, machines = lines_below(twin.plant, asset), machines_below(twin.plant, asset)
    questions = [
        Question(
            [line for line in lines if line.path in paths],
            [machine for machine in machines if machine.path in paths],
            calendar,
            [Period("", asked.start, asked.end)] if by is None else calendar.periods(by, asked.start, asked.end),
            known,
            explain,
        )
        for calendar, paths in _calendars(twin.plant, [*lines, *machines])
    ]
    _check_cost(questions, known_at is not None)
    if explain:
        _check_explained(questions)
    async with heavy:
        first = await asyncio.to_thread(twin.reader.complete_from)
        begins = view.as_of if first is None else first
        found = [
            shape
            for one in questions
            for shape in await asyncio.to_thread(_answered, twin, view, replace(one, record_begins=begins), inputs)
        ]
    return OeeAnswer(
        as_of=to_text(view.as_of),
        known_at=known_text(known),
        calendar=any(one.calendar.is_known for one in questions),
        results=found,
    )


def _calendars(plant: Plant, assets: Sequence[Line | Machine]) -> Iterator[tuple[Calendar, set[str]]]:
    """Each calendar that counts for some of these, and the paths of those."""
    for paths in by_site(plant, (one.path for one in assets)).values():
        yield calendar_of(plant, paths[0]), set(paths)


def _answered(twin: Twin, view: LiveView, question: Question, with_inputs: bool) -> list[OeeShape]:
    """Blocking."""
    found = oee(twin.plant, twin.results, view, question, twin.catalog)
    twin = twin if question.known == FAR_FUTURE else twin.as_known(question.known)
    samples = Samples(twin, found, question.known)
    micro_stop = {machine.path: machine.micro_stop for machine in question.machines}
    quality = _inputs(twin, [one.result for one in found], question.known) if with_inputs else [None] * len(found)
    shapes: list[OeeShape] = []
    for one, inputs in zip(found, quality, strict=True):
        shape = _result(one.result).model_copy(update={"inputs": inputs})
        if one.explained is not None:
            shape.explain = explain_shape(one.result, one.explained, samples, micro_stop.get(one.result.asset))
        shapes.append(shape)
    return shapes


def _inputs(twin: Twin, results: Sequence[Result], known: int) -> list[OeeInputsShape | None]:
    """Of each result how good its inputs were, as long as its period had come."""
    tags = {asset: tags_of(twin.plant, asset) for asset in {one.asset for one in results}}
    spans = [Span(one.period.start, one.period.end) for one in results]
    every = {asset: sorted({*states, *counters}) for asset, (states, counters) in tags.items()}
    wanted = [(every[one.asset], period) for one, period in zip(results, spans, strict=True)]
    quality = InputQuality(twin, wanted, known)
    found: list[OeeInputsShape | None] = []
    for one, period in zip(results, spans, strict=True):
        groups = (every[one.asset], *tags[one.asset])
        whole, availability, pieces = (inputs_shape(quality.of(paths, period)) for paths in groups)
        shape = OeeInputsShape(oee=whole, availability=availability, pieces=pieces)
        found.append(None if whole is None else shape)
    return found


def _check_explained(questions: Sequence[Question]) -> None:
    many = sum(len(one.periods) * _assets(one) for one in questions)
    length = sum((period.end - period.start) * _assets(one) for one in questions for period in one.periods)
    if many > MOST_EXPLAINED or length > MOST_EXPLAINED * DAY:
        raise too_much(
            f"{many} results opened; ask for at most {MOST_EXPLAINED}, and as many days of assets, or without explain"
        )


def _check_cost(questions: Sequence[Question], is_past: bool) -> None:
    many = sum(len(one.periods) * _assets(one) for one in questions)
    if many > MOST_RESULTS:
        raise too_much(f"that is {many} results; one answer has at most {MOST_RESULTS}")
    periods = [period for one in questions for period in one.periods]
    length = max((one.end for one in periods), default=0) - min((one.start for one in periods), default=0)
    assets = sum(_assets(one) for one in questions)
    if length // DAY * assets > MOST_MACHINE_DAYS:
        raise too_much(f"{length // DAY} days of {assets} assets; ask for at most {MOST_MACHINE_DAYS // assets} days")
    if is_past and length // MINUTE * assets > MOST_PAST_MINUTES:
        most = MOST_PAST_MINUTES * MINUTE // assets // DAY
        raise too_much(f"{length // DAY} days of {assets} assets as known at another time; ask for at most {most} days")


def _assets(question: Question) -> int:
    return len(question.lines) + len(question.machines)


@router.get("/stops")
async def stops_of(
    twin: TheTwin,
    heavy: Heavy,
    asset: Asset = "",
    start: From = "now-8h",
    end: To = "now",
    micro: Annotated[bool, Query(description="micro stops too")] = False,
    known_at: KnownAt = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    cursor: Annotated[str, Query(max_length=LONGEST)] = "",
) -> StopsAnswer:
    """When machines stood although they should work: down, stopped, blocked, starved, waiting, maintenance."""
    asked = span(start, end, twin.clock.now(), LONGEST_OEE)
    view, known = await seen(twin, heavy, None, known_at)
    async with heavy:
        found = await asyncio.to_thread(labelled_stops, twin, view, machines_below(twin.plant, asset), asked, known)
    labels = {(one.stop.asset, one.stop.start): one for one in found}
    shown, following = page((one.stop for one in found if micro or not one.stop.is_micro), cursor, limit)
    told = [stop_shape(labels[one.asset, one.start]) for one in shown]
    return StopsAnswer(as_of=to_text(view.as_of), stops=told, cursor=following)


def _result(one: Result) -> OeeShape:
    times: dict[str, Any] = asdict(one.times)
    elements = {name: None if ns is None else ns / SECOND for name, ns in times.items() if name != "calendar"}
    p = one.pieces
    return OeeShape(
        asset=one.asset,
        level=one.level,
        method=one.method,
        name=one.period.name,
        start=to_text(one.period.start),
        end=to_text(one.period.end),
        ends=to_text(one.ends),
        so_far=one.so_far,
        elements=ElementsShape(**elements),
        pieces=PiecesShape(
            produced=p.produced, good=p.good, reject=p.reject, rework=p.rework, outside=one.outside, unit=one.unit
        ),
        **asdict(one.figures),
        flags=[FlagShape(code=flag.code, text=flag.text) for flag in one.flags],
    )
