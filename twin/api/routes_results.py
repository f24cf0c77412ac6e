"""GET /states, /counts."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from twin.api.caller import VIEW, TheTwin
from twin.api.find import LONGEST, machines_below
from twin.api.inputs_shape import inputs_shape
from twin.api.load import Heavy
from twin.api.moment import span, whole_minutes
from twin.api.paging import page
from twin.api.past import seen
from twin.api.problem import too_much
from twin.api.question import From, KnownAt, To
from twin.api.shapes import (
    CountsAnswer,
    CountShape,
    IntervalShape,
    StatesAnswer,
)
from twin.core.instant import DAY, HOUR, MINUTE, Span, to_text
from twin.model.plant import Machine
from twin.runtime.inputs import InputQuality
from twin.runtime.intervals import Interval, intervals
from twin.runtime.pieces import Pieces, pieces

router = APIRouter(tags=["results"], dependencies=[VIEW])

LONGEST_STATES = 366 * DAY
MOST_MINUTES = 500_000
"""Machines times minutes of one request for counts."""

Asset = Annotated[str, Query(max_length=LONGEST, description="path of a machine or of anything above it; '' is all")]


@router.get("/states")
async def states(
    twin: TheTwin,
    heavy: Heavy,
    asset: Asset = "",
    start: From = "now-8h",
    end: To = "now",
    known_at: KnownAt = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    cursor: Annotated[str, Query(max_length=LONGEST)] = "",
) -> StatesAnswer:
    """State intervals, the open one too. `known_at`: as they were believed then."""
    assets = sorted(machine.path for machine in machines_below(twin.plant, asset))
    asked = span(start, end, twin.clock.now(), LONGEST_STATES)
    view, known = await seen(twin, heavy, None, known_at)
    async with heavy:
        found = await asyncio.to_thread(intervals, twin, view, assets, asked, known)
    shown, following = page(found, cursor, limit)
    return StatesAnswer(as_of=to_text(view.as_of), states=[_interval(one) for one in shown], cursor=following)


@router.get("/counts")
async def counts(
    twin: TheTwin,
    heavy: Heavy,
    asset: Asset = "",
    start: From = "now-1h",
    end: To = "now",
    by: Annotated[Literal["hour"] | None, Query(description="cut at full hours of the site's time zone")] = None,
    inputs: Annotated[bool, Query(description="with the share of good readings behind each")] = True,
) -> CountsAnswer:
    """Pieces of each machine and role over whole minutes.

    Counts are kept by the minute: `from` and `to` must stand on one. Relative times go down to the minute; a `to` of
    now or later takes the open minute in as far as it has come. The answer says what it covers.
    """
    machines = machines_below(twin.plant, asset)
    view = twin.live()
    asked = whole_minutes(start, end, view.as_of)
    if (asked.end - asked.start) // MINUTE * len(machines) > MOST_MINUTES:
        most = MOST_MINUTES * MINUTE // len(machines) // HOUR
        raise too_much(f"{start} to {end} for {len(machines)} machines; ask for at most {most} hours, or one machine")
    covered = Span(asked.start, max(asked.start, min(asked.end, view.as_of)))
    zones: dict[ZoneInfo | None, list[Machine]] = {}
    for machine in machines:
        zone = ZoneInfo(twin.plant.site_of(machine.path).timezone) if by == "hour" else None
        zones.setdefault(zone, []).append(machine)
    async with heavy:
        found = [
            one
            for zone, some in zones.items()
            for one in await asyncio.to_thread(pieces, twin, view, some, covered, zone)
        ]
        quality = await asyncio.to_thread(
            InputQuality, twin, [([_counter(one)], _span(one)) for one in found if inputs]
        )
    return CountsAnswer(
        as_of=to_text(view.as_of),
        start=to_text(covered.start),
        end=to_text(covered.end),
        counts=[_count(one, quality) for one in found],
    )


def _interval(one: Interval) -> IntervalShape:
    return IntervalShape(
        asset=one.asset,
        state=one.state,
        start=to_text(one.start),
        end=None if one.end is None else to_text(one.end),
        known_from=None if one.known_from is None else to_text(one.known_from),
    )


def _counter(one: Pieces) -> str:
    return one.machine.counts[one.role]


def _span(one: Pieces) -> Span:
    return Span(one.start, one.end)


def _count(one: Pieces, quality: InputQuality) -> CountShape:
    return CountShape(
        asset=one.machine.path,
        role=one.role,
        of=one.machine.makes,
        start=to_text(one.start),
        end=to_text(one.end),
        pieces=one.sums["pieces"],
        wraps=one.sums["wraps"],
        resets=one.sums["resets"],
        jumps=one.sums["jumps"],
        inputs=inputs_shape(quality.of([_counter(one)], _span(one))),
    )
