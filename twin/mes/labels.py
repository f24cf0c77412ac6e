"""Whose label it is: what people said of a stop points at a machine and a time, and stops move (folds.md R11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from twin.core.event import Event
from twin.core.instant import FAR_FUTURE


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said of a stop. start, end: the stop as it was shown; end None: it went on. said: when, ns.

    recorded: of the event; who, role: of the caller.
    """

    asset: str
    start: int
    end: int | None
    reason: str
    text: str
    who: str
    role: str
    said: int
    recorded: int

    @property
    def until(self) -> int:
        """The end of what was shown."""
        return max(self.said, self.start + 1) if self.end is None else self.end


def label_of(recorded: int, event: Event) -> Label:
    """The label that an event of kind `stop.labelled` tells."""
    body = event.body
    return Label(
        event.subject, int(body["from"]), None if body["to"] is None else int(body["to"]), str(body["reason"]),
        str(body["text"]), event.who, str(body["role"]), event.time, recorded,
    )  # fmt: skip


def place_of(start: int, until: int, stretches: Sequence[tuple[int, int | None]]) -> int:
    """Which stretch [start, end) a note of [start, until) is about; -1: none, it is orphaned.

    The one that covers its start; else the one that shares most with it, of equals the first. end None: it goes on.

    >>> place_of(10, 30, [(0, 5), (12, 20), (22, 40)])
    1
    >>> place_of(10, 30, [(30, 40)])
    -1
    """
    best, most = -1, 0
    for number, (first, end) in enumerate(stretches):
        last = FAR_FUTURE if end is None else end
        if first <= start < last:
            return number
        if (shared := min(until, last) - max(start, first)) > most:
            best, most = number, shared
    return best


def placed(labels: Iterable[Label], stretches: Sequence[tuple[int, int | None]]) -> dict[int, list[Label]]:
    """Labels of one machine by the stop that they are about (-1: orphaned), the last said first, however they came."""
    found: dict[int, list[Label]] = {}
    for one in sorted(labels, key=lambda one: (one.said, one.recorded), reverse=True):
        found.setdefault(place_of(one.start, one.until, stretches), []).append(one)
    return found
