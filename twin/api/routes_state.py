"""GET /state: everything at an instant, now or in the past, as it is known now or was known then."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response

from twin.api.caller import VIEW, TheTwin
from twin.api.find import LONGEST, all_tags, asset_not_found, below, lines_below
from twin.api.load import Heavy
from twin.api.origins_told import AskedOrigin, origins_told
from twin.api.past import seen
from twin.api.question import KnownAt
from twin.api.shapes_state import StateAnswer
from twin.api.state_json import Found, state_json
from twin.api.tag_now import quality
from twin.runtime.live import LiveView
from twin.runtime.models import Model

router = APIRouter(tags=["results"], dependencies=[VIEW])

Asset = Annotated[
    str, Query(max_length=LONGEST, description="path of a tag, a machine, a line or anything above; '' is all")
]


@router.get("/state", response_model=StateAnswer)
async def state(
    twin: TheTwin,
    heavy: Heavy,
    asset: Asset = "",
    at: Annotated[str | None, Query(max_length=LONGEST, description="RFC 3339 or relative; without it: now")] = None,
    known_at: KnownAt = None,
    origin: AskedOrigin = None,
) -> Response:
    """Everything below a path: machines and since when they do what they do, lines and what they make, values with
    quality, age and origin, alarms; now or at a past instant, under the model that counted then.
    """
    view, known = await seen(twin, heavy, at, known_at, told=False)
    model = await asyncio.to_thread(twin.models.at, view.as_of, known)
    found = _found(model, view, asset)
    came = await origins_told(twin, heavy, model, view, found.all, origin)
    body = await asyncio.to_thread(state_json, model, view, known, found, came)
    return Response(body, media_type="application/json")


def _found(model: Model, view: LiveView, asset: str) -> Found:
    """What the path means. Raises a problem when that is nothing.

    Tags that the model does not name are there when they have a value: others came into the log later.
    """
    plant, path = model.plant, asset.strip("/")
    is_mine = below(path, plant)
    machines = [one for one in plant.machines() if is_mine(one.path)]
    of_machines = {tag for machine in machines for tag in machine.tags.values()}
    named = [one for one in all_tags(plant, model.tags) if one not in of_machines and is_mine(one)]
    tags = [one for one in named if one in plant.tags or quality(model, view, one) != "none"]
    lines = lines_below(plant, path)
    if path and not (machines or tags or lines):
        raise asset_not_found(plant, asset, model.number, model.many)
    return Found(lines, machines, tags)
