"""Coverage: of which stretches of time a tag's samples are all there, of which they are not, and why.

A pure function of the events that the log has up to some `recorded`, like every result; it keeps no records. A fold
could not tell the truth here: a gap may be filled a month after its end, behind any horizon, and one outage of 5,000
tags would be 5,000 records. What is stored is small (a few events an outage), so it is read again when somebody asks.

Four layers, the later one counts: what connections tell of themselves; what a resumed session made good; gaps; what
the source's own history filled. Events count in the order (time, recorded), whatever order they came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.core.event import (
    CONNECTION_LOST,
    CONNECTION_UP,
    GAP,
    GAP_FILLED,
    RUN_STARTED,
    RUN_STOPPED,
    TAGS_COVERED,
    TAGS_UNCOVERED,
    Event,
)
from twin.core.instant import FAR_FUTURE, FAR_PAST, Span
from twin.state.stretch import Both, Stretch, Why, apart, joined, laid

KINDS = (
    CONNECTION_UP,
    CONNECTION_LOST,
    TAGS_COVERED,
    TAGS_UNCOVERED,
    GAP,
    GAP_FILLED,
    RUN_STARTED,
    RUN_STOPPED,
)
"""The events that coverage is made from."""
ENDING = frozenset({CONNECTION_LOST, TAGS_UNCOVERED})
"""After these a connection covers the tag no more."""
MESSAGES = "messages"
"""How a tag is covered whose connection only says that its link is up (MQTT): each message that comes is kept."""
NOT_RUNNING = "linetwin was not running"
NEVER = "nothing watched it"
NOBODY = "no connection brings it"
UNPROVEN = "the link is up, and no subscription of this tag is proven"


@dataclass(frozen=True, slots=True)
class Group:
    """Tags of which all the same is true. stretches: without a hole between them, over the whole span asked for."""

    tags: tuple[int, ...]
    stretches: tuple[Stretch, ...]


def coverage(
    events: Iterable[tuple[int, Event]], homes: Mapping[int, str], tellers: frozenset[str], span: Span
) -> list[Group]:
    """What covered each tag over a span.

    events: (recorded, event), those before the span too that say what was so at its start. homes: tag id -> its
    connection, '' for none. tellers: the connections that prove their subscriptions (TAGS_COVERED); of the others a
    tag is covered while the link is up.
    """
    told = _Told(events)
    return [
        Group(tuple(tags), _stretches(tags[0], told.of(tags[0], homes[tags[0]]), homes[tags[0]], tellers, span))
        for tags in _alike(told, homes)
    ]


# --- which events concern which tags --------------------------------------------------------------------------------

_Entry = tuple[int, int, Event]
"""(from when it counts, recorded, event)."""


class _Told:
    """Events by whom they concern: everybody, the tags of one connection, a list of tags. Equal lists stand once."""

    def __init__(self, events: Iterable[tuple[int, Event]]) -> None:
        self.all: list[_Entry] = []
        self.of_connection: dict[str, list[_Entry]] = {}
        self.of_tags: dict[tuple[int, ...], list[_Entry]] = {}
        for recorded, event in events:
            entry = (_counts_from(event), recorded, event)
            if event.kind in {RUN_STARTED, RUN_STOPPED}:
                self.all.append(entry)
            elif (tags := _named(event)) is None:
                self.of_connection.setdefault(event.subject, []).append(entry)
            else:
                self.of_tags.setdefault(tags, []).append(entry)
        self.lists = {tags: frozenset(tags) for tags in self.of_tags}

    def of(self, tag: int, home: str) -> list[_Entry]:
        """The events that may concern a tag, in order; a connection that it had before is one that named it."""
        named = [entry for tags, entries in self.of_tags.items() if tag in self.lists[tags] for entry in entries]
        connections = {home} | {event.subject for _, _, event in named}
        of_links = [entry for one in connections for entry in self.of_connection.get(one, ())]
        return sorted([*self.all, *named, *of_links], key=lambda entry: entry[:2])


def _counts_from(event: Event) -> int:
    """A run that begins tells how long the one before it lived, if that could not say so itself."""
    return min(event.time, int(event.body.get("last", event.time))) if event.kind == RUN_STARTED else event.time


def _named(event: Event) -> tuple[int, ...] | None:
    """The ids of the tags that an event is about, None for all of its connection."""
    tags = event.body.get("tags")
    refused = event.body.get("refused") if event.kind == GAP_FILLED else None
    if not refused:
        return None if tags is None else tuple(tags)
    return (*(tags or ()), *(tag for ids in refused.values() for tag in ids))


def _alike(told: _Told, homes: Mapping[int, str]) -> list[list[int]]:
    """Tags in groups that no event tells apart."""
    ids = np.array(sorted(homes), dtype=np.int64)
    if not len(ids):
        return []
    group = np.unique(np.array([homes[tag] for tag in ids.tolist()]), return_inverse=True)[1]
    lists = {part for tags, entries in told.of_tags.items() for _, _, event in entries for part in _parts(tags, event)}
    for tags in sorted(lists):
        group = np.unique(2 * group + np.isin(ids, np.array(tags, dtype=np.int64)), return_inverse=True)[1]
    order = np.argsort(group, kind="stable")
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    return [part.tolist() for part in np.split(ids[order], cuts)]


def _parts(tags: tuple[int, ...], event: Event) -> Iterable[tuple[int, ...]]:
    """The lists of tags in an event of which different things are true."""
    yield tags
    if event.kind == GAP_FILLED:
        yield tuple(event.body.get("tags") or ())
        yield from (tuple(ids) for ids in (event.body.get("refused") or {}).values())


# --- one tag --------------------------------------------------------------------------------------------------------


def _stretches(tag: int, told: Sequence[_Entry], home: str, tellers: frozenset[str], span: Span) -> tuple[Stretch, ...]:
    events = [event for _, _, event in told]
    gaps = [(event, one) for event in events for one in _gap(event)]
    layers: tuple[tuple[Iterable[Stretch], Both], ...] = (
        (_made_good(events), lambda _below, above: above),
        ((one for event, one in gaps if not _is_of(event, home)), _of_its_own),
        ((one for event, one in gaps if _is_of(event, home)), lambda _below, above: above),
        (_refused(events, tag), _kept_missing),
        (_filled(events, tag), _mended),
    )
    found = _links(told, home, tellers)
    for layer, both in layers:
        found = laid(found, apart(layer), both)
    return tuple(joined((replace(one, connection="") for one in found), span))


def _is_of(event: Event, home: str) -> bool:
    return "tags" in event.body or event.subject == home


def _links(told: Sequence[_Entry], home: str, tellers: frozenset[str]) -> list[Stretch]:
    """What the connections of a tag tell of themselves, over all of time; any that names it may cover it."""
    missing = _missing("never", NEVER if home else NOBODY)
    covering: dict[str, Stretch] = {}
    found = [missing.between(FAR_PAST, FAR_FUTURE)]
    for at, _, event in told:
        covers = event.kind == TAGS_COVERED or (event.kind == CONNECTION_UP and _is_enough(event, home, tellers))
        missing = _why_missing(event, missing, home)
        if event.kind in ENDING or covers:
            covering.pop(event.subject, None)
        if covers:
            covering[event.subject] = _granted(event)
        elif _is_about_runs(event):
            covering.clear()
        shown = [missing, *covering.values()][-1]
        found[-1] = found[-1].between(found[-1].start, at)
        found.append(shown.between(at, FAR_FUTURE))
    return found


def _is_enough(event: Event, home: str, tellers: frozenset[str]) -> bool:
    """Whether a link that is up covers the tag."""
    return event.subject == home and home not in tellers


def _why_missing(event: Event, before: Stretch, home: str) -> Stretch:
    """Why the tag is missing after an event, unless something covers it."""
    cause = str(event.body.get("cause", ""))
    if _is_about_runs(event):
        return _missing("stopped", NOT_RUNNING) if home else before
    if event.subject != home:
        return before
    if event.kind == CONNECTION_LOST:
        return _missing("stopped" if cause == NOT_RUNNING else "lost", cause)
    if event.kind == TAGS_UNCOVERED:
        return _missing("uncovered", cause)
    is_new = event.kind in {CONNECTION_UP, TAGS_COVERED} and before.why != "uncovered"
    return _missing("uncovered", UNPROVEN) if is_new else before


def _is_about_runs(event: Event) -> bool:
    """Whether it says that the twin did not run."""
    return event.kind == RUN_STOPPED or (event.kind == RUN_STARTED and "last" in event.body)


def _missing(why: Why, cause: str) -> Stretch:
    return Stretch(0, 0, "missing", why=why, cause=cause)


def _granted(event: Event) -> Stretch:
    by, sampling = str(event.body.get("by", MESSAGES)), int(event.body.get("sampling") or 0)
    return Stretch(0, 0, "covered", by, sampling, connection=event.subject)


def _made_good(events: Iterable[Event]) -> Iterator[Stretch]:
    """What a session gave again that was resumed and had missed nothing."""
    for event in events:
        if event.kind == TAGS_COVERED and event.body.get("resumed"):
            yield _granted(event).between(int(event.body.get("since", event.time)), event.time)


def _gap(event: Event) -> Iterator[Stretch]:
    if event.kind == GAP:
        cause = str(event.body.get("cause", ""))
        yield Stretch(*_from_to(event), "missing", why="gap", cause=cause, connection=event.subject)


def _refused(events: Iterable[Event], tag: int) -> Iterator[Stretch]:
    for event in events:
        if event.kind == GAP_FILLED:
            causes = [cause for cause, ids in (event.body.get("refused") or {}).items() if tag in ids]
            yield from (Stretch(*_from_to(event), "missing", unfilled=cause) for cause in causes)


def _filled(events: Iterable[Event], tag: int) -> Iterator[Stretch]:
    for event in events:
        if event.kind == GAP_FILLED and ((tags := event.body.get("tags")) is None or tag in tags):
            yield Stretch(*_from_to(event), "filled")


def _from_to(event: Event) -> tuple[int, int]:
    return int(event.body["from"]), int(event.body["to"])


def _of_its_own(below: Stretch, above: Stretch) -> Stretch:
    """A gap of a whole connection that the tag has no more: true where that connection covered it."""
    return above if below.connection == above.connection else below


def _kept_missing(below: Stretch, above: Stretch) -> Stretch:
    return replace(below, unfilled=above.unfilled) if below.state == "missing" else below


def _mended(below: Stretch, _above: Stretch) -> Stretch:
    return replace(below, state="filled", unfilled="") if below.state == "missing" else below
