"""Occurrences of alarms over a span: those that are final, those still on their way, and the open ones. Blocking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from twin.alarms.occurrence import ALARM, Occurrence, occurrence_of
from twin.api.find import machines_below, tags_matching
from twin.api.moment import Span
from twin.model.plant import Plant
from twin.runtime.live import LiveView
from twin.runtime.twin import Twin

AT_ONCE = 10_000
"""Keys in one query."""


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


def occurrences(twin: Twin, view: LiveView, keys: Sequence[str], span: Span, known: int) -> list[Occurrence]:
    """All that overlap a span, the newest first. view: of the instant up to which they shall be told.

    From where the view begins to tell of an alarm, only the view counts: it was made at one instant, and what is stored
    beside it may be of another.
    """
    told: dict[str, list[Occurrence]] = {}
    for one in (*(occurrence_of(r) for r in view.records if r.kind == ALARM), *view.alarms.values()):
        told.setdefault(one.key, []).append(one)
    found = [one for key in keys for one in told.get(key, ()) if one.start < span.end and _end(one) > span.start]
    cut = {key: min(one.start for one in own) for key, own in told.items()}
    for first in range(0, len(keys), AT_ONCE):
        stored = twin.results.records(ALARM, keys[first : first + AT_ONCE], span.start, span.end, known)
        found += [occurrence_of(record) for record, _ in stored if record.end <= cut.get(record.key, record.end)]
    return sorted(found, key=lambda one: (-one.start, one.key))


def _end(one: Occurrence) -> int:
    return 2**63 - 1 if one.end is None else one.end
