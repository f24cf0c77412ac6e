"""GET /state: everything at an instant, now or in the past, as it is known now or was known then."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query

from twin.api.alarm_shapes import alarm_shape
from twin.api.alarms_told import open_alarms
from twin.api.caller import VIEW, TheTwin
from twin.api.find import LONGEST, all_tags, asset_not_found, is_below, lines_below
from twin.api.load import Heavy
from twin.api.origins_told import AskedOrigin, origins_told
from twin.api.past import known_text, seen
from twin.api.question import KnownAt
from twin.api.shapes_state import (
    LineStateShape,
    ModelShape,
    ProductNowShape,
    StateAnswer,
    StateShape,
    TagStateShape,
)
from twin.api.tag_now import quality, tag_now
from twin.core.instant import to_text
from twin.model.plant import Line, Machine
from twin.runtime.live import LiveView
from twin.runtime.models import Model

router = APIRouter(tags=["results"], dependencies=[VIEW])

Asset = Annotated[
    str, Query(max_length=LONGEST, description="path of a tag, a machine, a line or anything above; '' is all")
]


@dataclass(frozen=True, slots=True)
class Found:
    """What a path means in a model. tags: those that none of the machines has; all: with theirs."""

    lines: Sequence[Line]
    machines: Sequence[Machine]
    tags: Sequence[str]

    @property
    def all(self) -> list[str]:
        """Every tag of it."""
        return [*self.tags, *(path for machine in self.machines for path in machine.tags.values())]


@router.get("/state")
async def state(
    twin: TheTwin,
    heavy: Heavy,
    asset: Asset = "",
    at: Annotated[str | None, Query(max_length=LONGEST, description="RFC 3339 or relative; without it: now")] = None,
    known_at: KnownAt = None,
    origin: AskedOrigin = None,
) -> StateAnswer:
    """Everything below a path: machines and since when they do what they do, lines and what they make, values with
    quality, age and origin, alarms; now or at a past instant, under the model that counted then.
    """
    view, known = await seen(twin, heavy, at, known_at)
    model = await asyncio.to_thread(twin.models.at, view.as_of, known)
    found = _found(model, view, asset)
    came = await origins_told(twin, heavy, model, view, found.all, origin)
    return await asyncio.to_thread(_answer, model, view, known, found, came)


def _found(model: Model, view: LiveView, asset: str) -> Found:
    """What the path means. Raises a problem when that is nothing.

    Tags that the model does not name are there when they have a value: others came into the log later.
    """
    plant, path = model.plant, asset.strip("/")
    machines = [one for one in plant.machines() if not path or is_below(one.path, path, plant)]
    of_machines = {tag for machine in machines for tag in machine.tags.values()}
    named = [one for one in all_tags(plant, model.tags) if not path or is_below(one, path, plant)]
    shown = [one for one in named if one in plant.tags or quality(model, view, one) != "none"]
    tags = [one for one in shown if one not in of_machines]
    lines = lines_below(plant, path)
    if path and not (machines or tags or lines):
        raise asset_not_found(plant, asset, model.number, model.many)
    return Found(lines, machines, tags)


def _answer(model: Model, view: LiveView, known: int, found: Found, came: Mapping[str, str]) -> StateAnswer:
    specs = [model.plant.tags[path] for path in found.all if path in model.plant.tags]
    alarms = [f"{spec.path}~{limit.name}" for spec in specs for limit in spec.alarms]
    return StateAnswer(
        as_of=to_text(view.as_of),
        known_at=known_text(known),
        model=model_shape(model),
        lines=[_line(view, line) for line in found.lines],
        machines=[_machine(model, view, machine, came) for machine in found.machines],
        tags=[
            TagStateShape(tag=path, **tag_now(model, view, path, came.get(path)).model_dump()) for path in found.tags
        ],
        alarms=[alarm_shape(model, view, one) for one in open_alarms(view, alarms)],
    )


def model_shape(model: Model) -> ModelShape:
    """An edition as people and programs see it."""
    return ModelShape(
        number=model.number,
        many=model.many,
        plant=model.plant.path,
        digest=model.plant.digest,
        since=to_text(model.since),
        known_from=to_text(model.known),
        who=model.who,
        why=model.why,
    )


def _line(view: LiveView, line: Line) -> LineStateShape:
    now = view.products.get(line.path)
    product = None if now is None else ProductNowShape(code=now.code, name=now.name, since=to_text(now.since))
    return LineStateShape(line=line.path, product=product)


def _machine(model: Model, view: LiveView, machine: Machine, came: Mapping[str, str]) -> StateShape:
    now = view.machines.get(machine.path)
    return StateShape(
        asset=machine.path,
        state=None if now is None else now.state,
        since=None if now is None or now.since is None else to_text(now.since),
        tags={name: tag_now(model, view, path, came.get(path)) for name, path in machine.tags.items()},
    )
