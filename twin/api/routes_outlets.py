"""GET /outlets, their quarantines, and what people do about refused rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import ConfigDict, Field

from twin.api.access import Caller, Role
from twin.api.caller import VIEW, Needs, TheTwin
from twin.api.find import LONGEST
from twin.api.problem import Problem, not_found, unprocessable
from twin.api.routes_plant import without_secret
from twin.api.shapes import Answer, Shape, Time
from twin.core import status as codes
from twin.core.instant import to_text
from twin.runtime.twin import Twin
from twin.store.outbox import Held

router = APIRouter(tags=["outlets"])
ENGINEER = Annotated[Caller, Depends(Needs(Role.ENGINEER))]
Id = Annotated[str, Path(max_length=LONGEST, description="name of the outlet")]
MOST_NUMBERS = 10_000


class OutletShape(Shape):
    """An outlet. state: connecting, up, down (tried again), stopped (a setting must change first), off (not opened).

    cursor: it has what the log recorded up to there. waiting_rows: of the log, about, those of other tags too;
    waiting_s: age of the oldest entry that waits. rate: rows a second over the last minute. sent, refused, dropped,
    mended: rows since the outlet began; quarantine: refused rows that are kept, overflowed: that are not any more.
    """

    id: str
    protocol: str
    url: str
    state: str
    since: Time | None
    cause: str
    attempts: int
    next_attempt: Time | None
    cursor: Time
    waiting_rows: int
    waiting_s: float
    rate: float
    sent: int
    refused: int
    dropped: int
    mended: int
    overflowed: int
    quarantine: int
    causes: Mapping[str, int]
    notices: Sequence[str]


class OutletsAnswer(Answer):
    """All outlets of the plant file."""

    outlets: list[OutletShape]


class HeldShape(Shape):
    """A refused row, as the log has it. since: when it was refused. again: it will be sent again."""

    number: int
    tag: str
    time: Time
    value: float | None
    text: str | None
    status: str
    cause: str
    since: Time
    recorded: Time
    again: bool


class QuarantineAnswer(Answer):
    """Rows by their number, oldest refusal first. cursor: for the next page, null at the end."""

    rows: list[HeldShape]
    cursor: str | None


class RowsShape(Shape):
    """Which rows of the quarantine: their numbers, or null for all. A misspelt `numbers` is not all of them."""

    model_config = ConfigDict(extra="forbid")

    numbers: list[int] | None = Field(None, max_length=MOST_NUMBERS)


class RowsAnswer(Answer):
    """How many rows that were."""

    rows: int


@router.get("/outlets", dependencies=[VIEW])
def outlets(twin: TheTwin) -> OutletsAnswer:
    """Every outlet: its link, how far it is behind the log, what became of its rows."""
    return OutletsAnswer(as_of=to_text(twin.live().as_of), outlets=[_outlet(twin, id) for id in twin.plant.outlets])


@router.get("/outlets/{id}/quarantine", dependencies=[VIEW])
def quarantine(
    twin: TheTwin,
    id: Id,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    cursor: Annotated[str, Query(max_length=LONGEST)] = "",
) -> QuarantineAnswer:
    """Rows that the other side refused, each with its cause."""
    _require(twin, id)
    if cursor and not (cursor.isdecimal() and len(cursor) < 19):
        raise unprocessable(f"cursor {cursor!r} is none of ours; take it from the answer before")
    found = twin.forwarding.outbox.held(id, int(cursor or 0), limit + 1)
    rows = [_held(twin, one) for one in found[:limit]]
    more = str(rows[-1].number) if len(found) > limit else None
    return QuarantineAnswer(as_of=to_text(twin.live().as_of), rows=rows, cursor=more)


@router.post("/outlets/{id}/retry")
async def retry(twin: TheTwin, id: Id, sent: RowsShape, caller: ENGINEER) -> RowsAnswer:
    """Send refused rows again as they are, and try a link that is down or stopped at once."""
    _require(twin, id, running=True)
    rows = await twin.forwarding.retry(id, sent.numbers, caller.name)
    return RowsAnswer(as_of=to_text(twin.live().as_of), rows=rows)


@router.post("/outlets/{id}/drop")
async def drop(twin: TheTwin, id: Id, sent: RowsShape, caller: ENGINEER) -> RowsAnswer:
    """Give refused rows up: they leave the quarantine and are not sent. The log keeps them."""
    _require(twin, id, running=True)
    rows = await twin.forwarding.discard(id, sent.numbers, caller.name)
    return RowsAnswer(as_of=to_text(twin.live().as_of), rows=rows)


def _require(twin: Twin, id: str, running: bool = False) -> None:
    if id not in twin.plant.outlets:
        raise not_found(f"outlet {id!r}: there are {', '.join(twin.plant.outlets) or 'none'}")
    if running and id not in twin.forwarding.reports():
        raise Problem(HTTPStatus.CONFLICT, f"outlet {id!r} is off: this twin serves what is stored; run its plant file")


def _outlet(twin: Twin, id: str) -> OutletShape:
    spec = twin.plant.outlets[id].spec
    forwarding = twin.forwarding
    report, standing = forwarding.reports().get(id), forwarding.standing(id)
    waiting_rows, waiting_s = forwarding.behind(id)
    up = report is not None and report.state == "up"
    next_attempt = None if report is None or up else report.next_attempt
    return OutletShape(
        id=id,
        protocol=spec.protocol,
        url=without_secret(spec.url),
        state="off" if report is None else report.state,
        since=None if report is None else to_text(report.since),
        cause="the twin serves what is stored" if report is None else "" if up else report.cause,
        attempts=0 if report is None else report.attempts,
        next_attempt=None if next_attempt is None else to_text(next_attempt),
        cursor=to_text(standing.cursor),
        waiting_rows=waiting_rows,
        waiting_s=waiting_s,
        rate=0.0 if report is None else report.rate(),
        sent=standing.sent,
        refused=standing.refused,
        dropped=standing.dropped,
        mended=standing.mended,
        overflowed=standing.overflowed,
        quarantine=forwarding.outbox.counts(id)[0],
        causes=forwarding.outbox.causes(id),
        notices=[] if report is None else report.notices,
    )


def _held(twin: Twin, one: Held) -> HeldShape:
    return HeldShape(
        number=one.number,
        tag=twin.tags[one.tag].name,
        time=to_text(one.time),
        value=one.value if math.isfinite(one.value) else None,
        text=one.text if one.text is not None or math.isnan(one.value) or math.isfinite(one.value) else str(one.value),
        status=codes.name(one.status),
        cause=one.cause,
        since=to_text(one.since),
        recorded=to_text(one.recorded),
        again=one.again,
    )
