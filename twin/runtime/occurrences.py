"""Occurrences of alarms over a span: those that are final, those still on their way, and the open ones. Blocking."""

from __future__ import annotations

from collections.abc import Sequence

from twin.alarms.occurrence import ALARM, Occurrence, occurrence_of
from twin.core.instant import Span
from twin.runtime.live import LiveView
from twin.runtime.shown import Shown

AT_ONCE = 10_000
"""Keys in one query."""


def occurrences(twin: Shown, view: LiveView, keys: Sequence[str], span: Span, known: int) -> list[Occurrence]:
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
