"""What stands at an instant as the JSON of StateAnswer; quick, for a plant has thousands of tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel

from twin.api.alarm_shapes import alarm_shape
from twin.api.alarms_told import open_alarms
from twin.api.json_columns import Spelled, json_list, json_object, quoted, time_texts
from twin.api.now_json import tags_now
from twin.api.past import known_text
from twin.api.shapes_state import LineStateShape, ModelShape, ProductNowShape
from twin.core.instant import to_text
from twin.model.plant import Line, Machine
from twin.runtime.live import LiveView
from twin.runtime.models import Model


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


def state_json(model: Model, view: LiveView, known: int, found: Found, came: Mapping[str, str]) -> bytes:
    """StateAnswer of what a path means. known: what the view was made from; came: how values came, where it is told."""
    specs = [model.plant.tags[path] for path in found.all if path in model.plant.tags]
    alarms = [f"{spec.path}~{limit.name}" for spec in specs for limit in spec.alarms]
    answer = json_object(
        {
            "as_of": to_text(view.as_of),
            "known_at": known_text(known),
            "model": _shape(model_shape(model)),
            "lines": [_shape(_line(view, line)) for line in found.lines],
            "machines": _machines(model, view, found.machines, came),
            "tags": _tags(model, view, found.tags, came),
            "alarms": [_shape(alarm_shape(model, view, one)) for one in open_alarms(view, alarms)],
        }
    )
    return bytes(answer)


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


def _machines(model: Model, view: LiveView, machines: Sequence[Machine], came: Mapping[str, str]) -> Spelled:
    """StateShape of each."""
    tags = iter(tags_now(model, view, [path for machine in machines for path in machine.tags.values()], came))
    told: list[str] = []
    for machine, (state, since) in zip(machines, _states(view, machines), strict=True):
        values = ",".join([f"{quoted(name)}:{next(tags)}" for name in machine.tags])
        told.append(f'{{"asset":{quoted(machine.path)},"state":{state},"since":{since},"tags":{{{values}}}}}')
    return json_list(told)


def _states(view: LiveView, machines: Sequence[Machine]) -> list[tuple[str, str]]:
    """(state, since) of each."""
    found = [view.machines.get(machine.path) for machine in machines]
    began = [now.since for now in found if now is not None and now.since is not None]
    since = iter(time_texts(np.array(began, np.int64)))
    return [
        (
            "null" if now is None or now.state is None else quoted(now.state),
            "null" if now is None or now.since is None else next(since),
        )
        for now in found
    ]


def _tags(model: Model, view: LiveView, paths: Sequence[str], came: Mapping[str, str]) -> Spelled:
    """TagStateShape of each."""
    pairs = zip(paths, tags_now(model, view, paths, came), strict=True)
    return json_list([f'{now[:-1]},"tag":{quoted(path)}}}' for path, now in pairs])


def _shape(one: BaseModel) -> Spelled:
    return Spelled((one.model_dump_json().encode(),))
