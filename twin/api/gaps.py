"""When samples of a connection were missing: named gaps, and outages between `connection.lost` and `connection.up`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twin.core.event import CONNECTION_LOST, CONNECTION_UP, GAP, Event

KINDS = (GAP, CONNECTION_LOST, CONNECTION_UP)


@dataclass(frozen=True, slots=True)
class Gap:
    """[start, end) without samples, or with too few. tags: ids it is true for, None for all of its connection."""

    connection: str
    start: int
    end: int
    cause: str
    tags: frozenset[int] | None = None


def gaps(events: Sequence[Event], start: int, end: int) -> list[Gap]:
    """All gaps that overlap [start, end), by their start. events: of KINDS, in any order, older than `end`."""
    found: list[Gap] = []
    lost: dict[str, Event] = {}
    for event in sorted(events, key=lambda one: one.time):
        if event.kind == GAP:
            tags = event.body.get("tags")
            which = None if tags is None else frozenset(tags)
            found.append(Gap(event.subject, event.body["from"], event.body["to"], str(event.body["cause"]), which))
        elif event.kind == CONNECTION_LOST:
            lost.setdefault(event.subject, event)
        elif event.kind == CONNECTION_UP and event.subject in lost:
            found.append(_outage(lost.pop(event.subject), event.time))
    found += [_outage(event, end) for event in lost.values()]
    return sorted((gap for gap in found if gap.start < end and gap.end > start), key=lambda gap: gap.start)


def _outage(lost: Event, end: int) -> Gap:
    return Gap(lost.subject, lost.time, end, str(lost.body.get("cause", "")))
