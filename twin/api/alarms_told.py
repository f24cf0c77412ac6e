"""Which alarms a path means, and those of them that stand open."""

from __future__ import annotations

from collections.abc import Iterable

from twin.alarms.occurrence import Occurrence
from twin.api.find import machines_below, tags_matching
from twin.model.plant import Plant
from twin.runtime.live import LiveView


def alarm_keys(plant: Plant, asset: str) -> list[str]:
    """The alarms of tags at or below a path; all for ''. Raises a problem for a path that is not there."""
    tags = tags_matching(plant, [path for path, spec in plant.tags.items() if spec.alarms], [asset])
    if not tags and asset and not tags_matching(plant, plant.tags, [asset]):
        machines_below(plant, asset)
    return [f"{tag}~{limit.name}" for tag in tags for limit in plant.tags[tag].alarms]


def open_alarms(view: LiveView, keys: Iterable[str]) -> list[Occurrence]:
    """Those of a view that are active or wait for their acknowledgement, the most urgent first, then the newest."""
    wanted = set(keys)
    found = [one for one in view.alarms.values() if one.key in wanted]
    return sorted(found, key=lambda one: (one.priority, -one.start, one.key))
