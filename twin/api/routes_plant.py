"""GET /plant, /connections, /connections/{id}/dead-letters, /tags."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

from fastapi import APIRouter, Path, Query, Response

from twin.api.caller import VIEW, TheTwin
from twin.api.find import LONGEST, all_tags, tags_matching
from twin.api.json_columns import json_list, json_object
from twin.api.load import Heavy
from twin.api.now_json import tags_told
from twin.api.origins_told import AskedOrigin, origins_told
from twin.api.problem import not_found
from twin.api.shapes import (
    ClockShape,
    ConnectionsAnswer,
    ConnectionShape,
    JumpShape,
    LettersAnswer,
    LetterShape,
    LineShape,
    MachineShape,
    PlantAnswer,
    SiteShape,
    StationShape,
    TagsAnswer,
)
from twin.core.instant import SECOND, to_text
from twin.model.plant import Buffer, Line, Machine
from twin.runtime.report import ConnectionReport, DeadLetter
from twin.runtime.twin import Twin
from twin.state.source_clock import Learnt

router = APIRouter(tags=["plant"], dependencies=[VIEW])

Page = Annotated[int, Query(ge=1, le=10_000, description="at most so many in one answer")]


@router.get("/plant")
def plant(twin: TheTwin) -> PlantAnswer:
    """The plant model: lines, machines in the order of the flow, tags by name."""
    model = twin.plant
    return PlantAnswer(
        as_of=to_text(twin.live().as_of),
        path=model.path,
        timezone=model.timezone,
        sites=[
            SiteShape(path=site.path, display=site.display, timezone=site.timezone) for site in model.sites.values()
        ],
        digest=model.digest,
        lines=[_line(line) for line in model.lines],
        connections=list(model.connections),
        tags=len(all_tags(model, twin.tags)),
    )


@router.get("/connections")
def connections(twin: TheTwin) -> ConnectionsAnswer:
    """Every connection: its link, its counters, the tags that do not work."""
    return ConnectionsAnswer(as_of=to_text(twin.live().as_of), connections=connection_shapes(twin))


@router.get("/connections/{id}/dead-letters")
def dead_letters(twin: TheTwin, id: Annotated[str, Path(max_length=LONGEST)]) -> LettersAnswer:
    """Messages that could not be read: the first of each cause, and how many there were."""
    if id not in twin.plant.connections:
        raise not_found(f"connection {id!r}: there are {', '.join(twin.plant.connections) or 'none'}")
    report = twin.reports.get(id)
    letters = [_letter(one) for one in report.letters()] if report else []
    return LettersAnswer(
        as_of=to_text(twin.live().as_of), causes=dict(report.causes) if report else {}, letters=letters
    )


@router.get("/tags", response_model=TagsAnswer)
async def tags(
    twin: TheTwin,
    heavy: Heavy,
    match: Annotated[str, Query(description="path, prefix, or glob with * ? []; with or without the plant")] = "",
    limit: Page = 1000,
    cursor: Annotated[str, Query(max_length=LONGEST)] = "",
    origin: AskedOrigin = None,
) -> Response:
    """Tags by name with their last value, its status, age and origin."""
    view = twin.live()
    names = sorted(tags_matching(twin.plant, all_tags(twin.plant, twin.tags), [match]))
    page = [name for name in names if name > cursor][: limit + 1]
    came = await origins_told(twin, heavy, twin, view, page[:limit], origin)
    told = await asyncio.to_thread(tags_told, twin, view, page[:limit], came)
    rest = page[limit - 1] if len(page) > limit else None
    answer = json_object({"as_of": to_text(view.as_of), "tags": json_list(told), "cursor": rest})
    return Response(bytes(answer), media_type="application/json")


def connection_shapes(twin: Twin) -> list[ConnectionShape]:
    """All connections of the plant, in the order of its file."""
    return [_connection(twin, id) for id in twin.plant.connections]


def _connection(twin: Twin, id: str) -> ConnectionShape:
    spec, report = twin.plant.connections[id], twin.reports.get(id)
    if report is None:
        return ConnectionShape(
            id=id, protocol=spec.protocol, url=without_secret(spec.url), state="off", since=None,
            cause="the twin serves what is stored", attempts=0, next_attempt=None, lag_s=0.0,
            rate_10s=0.0, rate_60s=0.0, lag_p50_s=None, lag_p99_s=None, counters={}, problems={},
            notices={}, gauges={}, clock=None,
        )  # fmt: skip
    flowing = report.flowing()
    return ConnectionShape(
        id=id,
        protocol=spec.protocol,
        url=without_secret(spec.url),
        state=report.state,
        since=to_text(report.since),
        cause="" if report.state == "up" else report.cause,
        attempts=report.attempts,
        next_attempt=_next(report),
        lag_s=report.lag_ns / SECOND,
        rate_10s=flowing.rate_10s,
        rate_60s=flowing.rate_60s,
        lag_p50_s=flowing.lag_p50_s,
        lag_p99_s=flowing.lag_p99_s,
        counters=dict(report.counters),
        problems=dict(report.problems),
        notices=dict(report.notices),
        gauges=dict(report.gauges),
        clock=_clock(report.clock_learnt()),
    )


def _clock(learnt: Learnt | None) -> ClockShape | None:
    if learnt is None:
        return None
    jump = learnt.jump
    return ClockShape(
        offset_s=learnt.offset / SECOND,
        jitter_s=learnt.jitter / SECOND,
        drift_ppm=learnt.drift,
        jump=jump and JumpShape(time=to_text(jump.time), size_s=jump.size / SECOND, like=jump.like),
    )


def _next(report: ConnectionReport) -> str | None:
    return None if report.next_attempt is None or report.state == "up" else to_text(report.next_attempt)


def without_secret(url: str) -> str:
    """An address without the name and password in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _letter(one: DeadLetter) -> LetterShape:
    try:
        payload, encoding = one.payload.decode(), "utf-8"
    except UnicodeDecodeError:
        payload, encoding = one.payload.hex(), "hex"
    return LetterShape(time=to_text(one.time), cause=one.cause, place=one.place, payload=payload, encoding=encoding)


def _line(line: Line) -> LineShape:
    return LineShape(
        path=line.path,
        name=line.name,
        display=line.display or line.name,
        machines=[_machine(machine) for machine in line.machines],
        flow=[_station(station) for station in line.flow],
        output=list(line.output),
    )


def _station(station: tuple[str, ...] | Buffer) -> StationShape:
    if isinstance(station, Buffer):
        return StationShape(capacity=station.capacity, unit=station.unit)
    return StationShape(machines=list(station))


def _machine(machine: Machine) -> MachineShape:
    return MachineShape(
        path=machine.path,
        name=machine.name,
        type=machine.type,
        display=machine.display or machine.name,
        makes=machine.makes,
        tags=machine.tags,
        counts=machine.counts,
        has_state=machine.state is not None,
    )
