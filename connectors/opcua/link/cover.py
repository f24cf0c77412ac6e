"""Which tags are followed, as it is told to the log: coverage is a fold over these events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twin.core.event import GAP, TAGS_COVERED, TAGS_UNCOVERED, Event
from twin.core.ports import Clock, Reporter


@dataclass(frozen=True, slots=True)
class Grant:
    """How tags are followed. by: `subscription` or `poll`. sampling: ns as granted. queue: samples as granted."""

    by: str
    sampling: int
    queue: int


class Cover:
    """What a connection has said of its tags; only changes are told. It outlives links."""

    def __init__(self, source: str, clock: Clock, reporter: Reporter) -> None:
        self._source = source
        self._clock = clock
        self._reporter = reporter
        self._granted: dict[int, Grant] = {}

    def covered(self, grants: Iterable[tuple[int, Grant]], at: int) -> None:
        """From `at` (ns) on these tags are followed."""
        new = {tag: grant for tag, grant in grants if self._granted.get(tag) != grant}
        self._granted |= new
        for grant, tags in by_grant(new).items():
            self._tell(at, TAGS_COVERED, {"tags": tags, **body_of(grant)})

    def uncovered(self, tags: Iterable[int], cause: str, at: int | None = None) -> None:
        """From `at` (ns; now) on nothing can come of these tags although the link is up."""
        gone = sorted({tag for tag in tags if self._granted.pop(tag, None) is not None})
        if gone:
            self._tell(self._clock.now() if at is None else at, TAGS_UNCOVERED, {"tags": gone, "cause": cause})

    def missing(self, tags: Iterable[int], start: int, cause: str) -> None:
        """What came of these tags since `start` (ns) is missing or may be."""
        now = self._clock.now()
        self._tell(now, GAP, {"from": start, "to": now, "cause": cause, "tags": sorted(set(tags))})

    def resumed(self, since: int) -> None:
        """The link is back and nothing was missed since the last good instant (ns), but of what must be read."""
        now = self._clock.now()
        self._granted = {tag: grant for tag, grant in self._granted.items() if grant.by != "poll"}
        for grant, tags in by_grant(self._granted).items():
            self._tell(now, TAGS_COVERED, {"tags": tags, **body_of(grant), "resumed": True, "since": since})

    def forget(self) -> None:
        """All must be followed anew; that the link is lost was told by others."""
        self._granted.clear()

    def __contains__(self, tag: int) -> bool:
        return tag in self._granted

    def _tell(self, at: int, kind: str, body: dict[str, object]) -> None:
        self._reporter.event(Event(at, kind, self._source, body))


def by_grant(granted: dict[int, Grant]) -> dict[Grant, list[int]]:
    """Tags that are followed alike, together and in order."""
    together: dict[Grant, list[int]] = {}
    for tag in sorted(granted):
        together.setdefault(granted[tag], []).append(tag)
    return together


def body_of(grant: Grant) -> dict[str, object]:
    """The part of an event's body that says how."""
    return {"by": grant.by, "sampling": grant.sampling, "queue": grant.queue}
