"""From the plant model to the fold of alarms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from twin.alarms.alarms import Alarms
from twin.alarms.spec import AlarmSpec
from twin.model.computed import connections_of
from twin.model.plant import Plant


def alarms(plant: Plant, ids: Mapping[str, int], unit_of: Mapping[str, int]) -> Alarms:
    """All alarms of the tags of some units. unit_of: path of a tag -> number of its unit."""
    return Alarms(list(_specs(plant, ids, unit_of)))


def _specs(plant: Plant, ids: Mapping[str, int], unit_of: Mapping[str, int]) -> Iterator[AlarmSpec]:
    for path, tag in plant.tags.items():
        if not tag.alarms or path not in unit_of:
            continue
        connection, *more = connections_of(plant.tags, path) or [""]
        for limit in tag.alarms:
            yield AlarmSpec(unit_of[path], ids[path], path, connection, limit, tag.type == "number", tuple(more))
