"""Gaps of one connection that may still be filled: from what is told, and from what the log remembers of runs before.

Bound: MOST_OPEN. Policy: past it the two oldest become one that spans both; nothing of either is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twin.core.event import CONNECTION_UP, GAP, GAP_FILLED, RUN_STARTED, RUN_STOPPED, Event

MOST_OPEN = 200


@dataclass(slots=True)
class OpenGap:
    """Samples of [start, end) ns that may be missing. tags: ids, None for all of the connection.

    due: on the event loop's clock, not before it is tried. failures: attempts in a row that the link or a fault ended.
    waits: attempts after which the source's history was still behind.
    """

    start: int
    end: int
    tags: frozenset[int] | None
    due: float = 0.0
    failures: int = 0
    waits: int = 0


class Gaps:
    """The open gaps of one connection, the oldest first."""

    def __init__(self) -> None:
        self.open: list[OpenGap] = []

    def add(self, gap: OpenGap) -> None:
        """One more, unless it is there."""
        if any((one.start, one.end, one.tags) == (gap.start, gap.end, gap.tags) for one in self.open):
            return
        self.open.append(gap)
        self.open.sort(key=lambda one: one.start)
        if len(self.open) > MOST_OPEN:
            first, second, *rest = self.open
            tags = None if first.tags is None or second.tags is None else first.tags | second.tags
            self.open = [OpenGap(first.start, max(first.end, second.end), tags, max(first.due, second.due)), *rest]

    def close(self, gap: OpenGap) -> None:
        """Nothing more is done about it."""
        self.open = [one for one in self.open if one is not gap]

    def next(self) -> OpenGap | None:
        """The one that is due first."""
        return min(self.open, key=lambda one: (one.due, one.start), default=None)


def gap_of(event: Event) -> OpenGap:
    """The gap that a GAP event tells."""
    tags = event.body.get("tags")
    return OpenGap(int(event.body["from"]), int(event.body["to"]), None if tags is None else frozenset(tags))


def left_open(events: Iterable[Event], connection: str, all_tags: frozenset[int]) -> list[OpenGap]:
    """The gaps of a connection of which no source has said yet that it gave, or has not, what is missing."""
    mine = [event for event in events if event.subject == connection]
    settled = sorted((event for event in mine if event.kind == GAP_FILLED), key=lambda one: int(one.body["from"]))
    found: list[OpenGap] = []
    for gap in (gap_of(event) for event in mine if event.kind == GAP):
        tags = all_tags if gap.tags is None else gap.tags
        left = unsettled(gap, tags, settled)
        if left:
            gap.tags = gap.tags if left == tags else left
            found.append(gap)
    return found


def unsettled(gap: OpenGap, tags: frozenset[int], settled: Iterable[Event]) -> frozenset[int]:
    """Those tags of which something in the gap is not settled. settled: by their start; several may do it together."""
    reached = dict.fromkeys(tags, gap.start)
    for event in settled:
        start, end = event.body["from"], event.body["to"]
        if start < gap.end and end > gap.start:
            reached |= {tag: end for tag in settled_in(event) & reached.keys() if start <= reached[tag] < end}
    return frozenset(tag for tag, end in reached.items() if end < gap.end)


def settled_in(filled: Event) -> set[int]:
    """Tags that are whole now, or of which there is no history."""
    refused = filled.body.get("refused") or {}
    return {*(filled.body.get("tags") or ()), *(tag for tags in refused.values() for tag in tags)}


def down_since(events: Iterable[Event], connection: str, run_ended: int) -> int | None:
    """From when on a connection brought nothing when the run before ended; None: it never brought anything.

    events: newest first, those of the runs before, their begins and ends among them. run_ended: ns, the last sign of
    that run; where it could say that it ends, it is that instant: what it wrote afterwards is no sign of the source.
    """
    ended, is_over = run_ended, False
    for event in events:
        if event.time >= run_ended:
            continue
        if event.kind in {RUN_STARTED, RUN_STOPPED}:
            ended = event.time if event.kind == RUN_STOPPED and not is_over else ended
            is_over = True
        elif event.subject == connection:
            return ended if event.kind == CONNECTION_UP else event.time
    return None
