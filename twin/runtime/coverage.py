"""Is anything missing? What covered tags over a span, and how many rows of what kind came. Blocking reads of the store.

Works beside a running twin and without one: all of it follows from the log and its files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from twin.core.event import GAP_FILLED, RUN_STOPPED, TAGS_COVERED, Event
from twin.core.instant import DAY, FAR_FUTURE, Span
from twin.core.tags import TagTable
from twin.model.computed import stored_inputs
from twin.model.plant import Plant
from twin.state.coverage import Group, coverage
from twin.state.stretch import Stretch, Why, all_of
from twin.store.counted import Counts, Filled, counts
from twin.store.covering import cover_events, tellers
from twin.store.reader import LogReader
from twin.store.thin import thinned


@dataclass(frozen=True, slots=True)
class Cause:
    """Why samples are missing. tags: how many; length: ns, over all of them; first, last: from when to when; unfilled:
    why the source's own history did not give them.
    """

    connection: str
    why: Why
    cause: str
    unfilled: str
    tags: int
    length: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Thin:
    """Rows of a tag that were left out of days from start to end: so many, each at most `error` off (its unit)."""

    dropped: int
    error: float
    start: int
    end: int


def thinned_tags(reader: LogReader, tags: Sequence[int], span: Span) -> dict[int, Thin]:
    """By tag id: what was left out of the days that the span touches."""
    found: dict[int, Thin] = {}
    for one in thinned(reader, span.start, span.end, tags):
        start = one.day * DAY
        before = found.get(one.tag, Thin(0, 0.0, start, start))
        found[one.tag] = Thin(before.dropped + one.dropped, max(before.error, one.error), before.start, start + DAY)
    return found


class SpanCover:
    """What the log says of a span, as known at `known`. ended: from then on no twin writes this folder, None: one runs.

    Raises Misconfigured for a span of which there is more to say than one question may cost.
    """

    def __init__(
        self,
        reader: LogReader,
        plant: Plant,
        tags: TagTable,
        span: Span,
        known: int = FAR_FUTURE,
        ended: int | None = None,
    ) -> None:
        self.span = span
        self.known = known
        self._reader = reader
        self._plant = plant
        self._tags = tags
        self._events = cover_events(reader, span, known)
        covers = [event for _, event in self._events if event.kind == TAGS_COVERED]
        self._covered_by = {tag: event.subject for event in covers for tag in event.body.get("tags") or ()}
        if ended is not None:
            self._events.append((FAR_FUTURE, Event(ended, RUN_STOPPED, plant.path)))
        self._tellers = tellers(reader, list(plant.connections), known)

    def home(self, path: str) -> str:
        """The connection of a tag, '' for none. One that the plant file does not list belongs to what covered it."""
        spec = self._plant.tags.get(path)
        return self._covered_by.get(self._tags.get(path), "") if spec is None else spec.connection

    def groups(self, paths: Sequence[str]) -> list[tuple[list[str], Group]]:
        """Tags of which all the same is true, with their paths. A computed tag is covered while all its inputs are."""
        inputs = {path: stored_inputs(self._plant.tags, path) for path in paths if self._is_computed(path)}
        if not inputs:
            return self._stored(paths)
        stored = [path for path in paths if path not in inputs]
        of_input = {
            path: group
            for mine, group in self._stored(list(dict.fromkeys(one for of in inputs.values() for one in of)))
            for path in mine
        }
        found = self._stored(stored)
        for number, (path, of) in enumerate(inputs.items()):
            stretches = all_of([of_input[one].stretches for one in of], self.span)
            found.append(([path], Group((self._id(path, len(paths) + number),), stretches)))
        return found

    def _is_computed(self, path: str) -> bool:
        return path in self._plant.tags and self._plant.tags[path].compute is not None

    def _stored(self, paths: Sequence[str]) -> list[tuple[list[str], Group]]:
        ids = {self._id(path, number): path for number, path in enumerate(paths)}
        homes = {id_: self.home(path) for id_, path in ids.items()}
        found = coverage(self._events, homes, self._tellers, self.span)
        return [([ids[tag] for tag in group.tags], group) for group in found]

    def stretches(self, paths: Sequence[str]) -> dict[str, tuple[Stretch, ...]]:
        """By tag, in the order asked for."""
        found = {path: group.stretches for mine, group in self.groups(paths) for path in mine}
        return {path: found[path] for path in paths}

    def counts(self, paths: Sequence[str], progress: Callable[[float], None] = lambda _share: None) -> Counts:
        """Rows of each tag, in the order asked for."""
        ids = np.array([self._id(path, number) for number, path in enumerate(paths)], dtype=np.int32)
        order = np.argsort(ids)
        filled = [_filled(recorded, event) for recorded, event in self._events if event.kind == GAP_FILLED]
        known = ids[order][ids[order] >= 0]
        found = counts(self._reader, known, self.span.start, self.span.end, self.known, filled, progress)
        answer = Counts.none(len(paths))
        answer.add(order[len(paths) - len(known) :], **found.columns())
        return answer

    def thinned(self, paths: Sequence[str]) -> dict[str, Thin]:
        """What was left out of the days that the span touches, of those tags of which something was."""
        of_tag = {self._id(path, number): path for number, path in enumerate(paths)}
        return {of_tag[tag]: found for tag, found in thinned_tags(self._reader, list(of_tag), self.span).items()}

    def _id(self, path: str, number: int) -> int:
        """Of a tag; one that the log does not know yet gets a number of its own."""
        found = self._tags.get(path)
        return -1 - number if found is None else found


def _filled(recorded: int, event: Event) -> Filled:
    tags = np.array(event.body.get("tags") or (), dtype=np.int32)
    return Filled(int(event.body["from"]), int(event.body["to"]), recorded, tags)


def lengths(stretches: Sequence[Stretch]) -> dict[str, int]:
    """How long a tag was `covered`, `filled` and `missing`, ns."""
    found = {"covered": 0, "filled": 0, "missing": 0}
    for one in stretches:
        found[one.state] += one.length
    return found


def causes(cover: SpanCover, groups: Sequence[tuple[list[str], Group]]) -> list[Cause]:
    """Why samples are missing, what costs most first."""
    found: dict[tuple[str, Why, str, str], tuple[set[int], int, int, int]] = {}
    for number, (paths, group) in enumerate(groups):
        home = cover.home(paths[0])
        for one in (one for one in group.stretches if one.state == "missing"):
            key = (home, one.why, one.cause, one.unfilled)
            who, length, first, last = found.get(key, (set(), 0, one.start, one.end))
            length += len(paths) * one.length
            found[key] = ({*who, number}, length, min(first, one.start), max(last, one.end))
    sizes = [len(paths) for paths, _ in groups]
    told = [
        Cause(*key, sum(sizes[number] for number in who), length, first, last)
        for key, (who, length, first, last) in found.items()
    ]
    return sorted(told, key=lambda one: (-one.length, one.first, one.connection, one.cause))


def blind(stretches: Sequence[Stretch]) -> int | None:
    """Pulses shorter than this (ns) a tag cannot show: the longest sampling interval of its subscriptions and polls.

    None: nobody samples it, each message counts.
    """
    return max((one.sampling for one in stretches if one.state == "covered" and one.by in SAMPLED), default=None)


SAMPLED = frozenset({"subscription", "poll"})
