"""POST /whatif, GET /forecasts."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from twin.api.access import Caller, Role
from twin.api.caller import VIEW, Needs, TheTwin
from twin.api.find import LONGEST, lines_below
from twin.api.load import Heavy
from twin.api.moment import span
from twin.api.problem import not_found, unprocessable
from twin.api.question import From, To
from twin.api.shapes_forecast import ForecastsAnswer, WhatIfAnswer, WhatIfShape, forecasts_answer, whatif_answer
from twin.core.instant import DAY, FAR_FUTURE, duration
from twin.runtime.forecasts import Asked, kept, line_named, made_event, whatif

router = APIRouter(tags=["forecasts"])

LONGEST_FORECASTS = 366 * DAY


@router.post("/whatif")
async def what_if(
    twin: TheTwin, heavy: Heavy, sent: WhatIfShape, caller: Annotated[Caller, Depends(Needs(Role.OPERATE))]
) -> WhatIfAnswer:
    """What may come of a line: many runs of its fitted model from the state that it is in now. The forecast is kept as
    an event and scored once its time is over. 422 where nothing can be said, with the reason.
    """
    try:
        horizon = duration(sent.duration)
    except ValueError as error:
        raise unprocessable(f"duration: {error}") from error
    view = twin.live()
    asked = Asked(line_named(twin.plant, sent.line), horizon, sent.runs, sent.seed, sent.settings, sent.pieces)
    async with heavy:
        first = await asyncio.to_thread(twin.reader.complete_from)
        found = await asyncio.to_thread(whatif, twin, view, asked, view.as_of if first is None else first)
    await twin.note(made_event(found, caller.name))
    return whatif_answer(found, view.as_of)


@router.get("/forecasts", dependencies=[VIEW])
async def forecasts(
    twin: TheTwin,
    heavy: Heavy,
    line: Annotated[str, Query(max_length=LONGEST, description="path of a line or of anything above it")] = "",
    start: From = "now-7d",
    end: To = "now",
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> ForecastsAnswer:
    """Forecasts that were made in a span, beside what was made then as the records say now, late data included."""
    lines = lines_below(twin.plant, line)
    if not lines:
        raise not_found(f"line {line!r}: no line here or below")
    view = twin.live()
    asked = span(start, end, twin.clock.now(), LONGEST_FORECASTS)
    async with heavy:
        # one made a moment ago stands in the minute before it
        found = await asyncio.to_thread(kept, twin, view, lines, asked.start, min(asked.end + 1, FAR_FUTURE), limit)
    return forecasts_answer(found, view.as_of)
