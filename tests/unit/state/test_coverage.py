"""What covered a tag: laws over any events, and the cases that an outage can be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

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
from twin.core.instant import Span
from twin.state.coverage import NEVER, NOBODY, NOT_RUNNING, UNPROVEN, coverage
from twin.state.stretch import Stretch

HOMES = {0: "s7", 1: "s7", 2: "gw", 3: ""}
TELLERS = frozenset({"s7"})
SPAN = Span(0, 100)


def covered(time: int, *tags: int, **more: Any) -> Event:
    return Event(
        time, TAGS_COVERED, "s7", {"tags": list(tags), "by": "subscription", "sampling": 5, "queue": 10} | more
    )


def gap(start: int, end: int, cause: str = "lost messages", at: int | None = None, **more: Any) -> Event:
    return Event(end if at is None else at, GAP, "s7", {"from": start, "to": end, "cause": cause} | more)


def filled(start: int, end: int, *tags: int, at: int = 99, **more: Any) -> Event:
    return Event(at, GAP_FILLED, "s7", {"from": start, "to": end, "tags": list(tags), "rows": 1} | more)


def lost(time: int, cause: str = "no answer", connection: str = "s7") -> Event:
    return Event(time, CONNECTION_LOST, connection, {"cause": cause})


def up(time: int, connection: str) -> Event:
    return Event(time, CONNECTION_UP, connection, {"attempt": 1})


def of(events: Sequence[Event], tag: int = 0, span: Span = SPAN) -> list[Stretch]:
    """What was so of one tag; events are recorded in the order given."""
    found = coverage(list(enumerate(events)), HOMES, TELLERS, span)
    (group,) = [one for one in found if tag in one.tags]
    return list(group.stretches)


def told(events: Sequence[Event], tag: int = 0, span: Span = SPAN) -> list[tuple[int, int, str, str]]:
    """(start, end, state, what by or why)."""
    return [(one.start, one.end, one.state, one.by or one.why) for one in of(events, tag, span)]


# --- laws -----------------------------------------------------------------------------------------------------------

_times = st.integers(-20, 120)
_tags = st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True)


@st.composite
def an_event(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from([CONNECTION_LOST, CONNECTION_UP, TAGS_COVERED, TAGS_UNCOVERED, GAP, GAP_FILLED,
                                 RUN_STARTED, RUN_STOPPED]))  # fmt: skip
    time, start, length, tags = draw(_times), draw(_times), draw(st.integers(0, 60)), draw(_tags)
    cause = draw(st.sampled_from(["a", "b", NOT_RUNNING]))
    body: dict[str, Any] = {}
    if kind in {TAGS_COVERED, TAGS_UNCOVERED}:
        body = {"tags": tags, "cause": cause, "by": "poll", "sampling": draw(st.integers(0, 3))}
        body |= {"resumed": True, "since": min(start, time)} if draw(st.booleans()) else {}
    elif kind in {GAP, GAP_FILLED}:
        body = {"from": start, "to": start + length, "cause": cause}
        body |= {"tags": tags} if kind == GAP_FILLED or draw(st.booleans()) else {}
        body |= {"refused": {"no history": [draw(st.integers(0, 3))]}} if kind == GAP_FILLED else {}
    elif kind == RUN_STARTED:
        body = {"last": start} if draw(st.booleans()) else {}
    elif kind == CONNECTION_LOST:
        body = {"cause": cause}
    return Event(time, kind, draw(st.sampled_from(["s7", "gw"])), body)


_events = st.lists(an_event(), max_size=15)


@given(_events)
def test_stretches_follow_each_other_over_the_whole_span_and_neighbours_differ(events: list[Event]) -> None:
    groups = coverage(list(enumerate(events)), HOMES, TELLERS, SPAN)
    assert sorted(tag for group in groups for tag in group.tags) == list(HOMES)
    for group in groups:
        edges = [SPAN.start, *(one.end for one in group.stretches)]
        assert [one.start for one in group.stretches] == edges[:-1]
        assert edges[-1] == SPAN.end
        assert all(one.start < one.end for one in group.stretches)
        same = [a.between(0, 1) == b.between(0, 1) for a, b in zip(group.stretches, group.stretches[1:], strict=False)]
        assert not any(same)


@given(_events, st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(events: list[Event], dice: random.Random) -> None:
    entries = list(enumerate(events))
    before = coverage(entries, HOMES, TELLERS, SPAN)
    dice.shuffle(entries)
    assert coverage(entries, HOMES, TELLERS, SPAN) == before


@given(_events, st.integers(0, 3), st.integers(0, 99), st.integers(1, 50))
def test_a_part_of_the_span_says_the_same_and_so_does_one_tag_alone(
    events: list[Event], tag: int, start: int, length: int
) -> None:
    part = Span(start, min(start + length, 100))
    whole = [one for one in of(events, tag) if one.end > part.start and one.start < part.end]
    cut = [one.between(max(one.start, part.start), min(one.end, part.end)) for one in whole]
    (alone,) = coverage(list(enumerate(events)), {tag: HOMES[tag]}, TELLERS, part)
    assert list(alone.stretches) == cut == of(events, tag, part)


@given(_events)
def test_every_instant_is_what_its_events_say(events: list[Event]) -> None:
    """Against a slow answer, instant by instant, without layers or groups; of tags that never moved."""
    events = [replace(event, body=_of_its_own(event)) for event in events]
    for tag in HOMES:
        for one in of(events, tag):
            for instant in range(one.start, one.end):
                assert one.state == slow_state(events, tag, instant), (tag, instant)


def _of_its_own(event: Event) -> dict[str, Any]:
    """The body, with tags of its connection alone."""
    mine = [tag for tag in event.body.get("tags", ()) if HOMES[tag] == event.subject]
    return {**event.body} | ({"tags": mine} if "tags" in event.body else {})


def slow_state(events: Sequence[Event], tag: int, instant: int) -> str:
    """The state at one instant, by reading the contract of the events from its top."""
    mine = [(n, e) for n, e in enumerate(events) if tag in (e.body.get("tags") or ()) or _refuses(e, tag)]
    connections = {HOMES[tag]} - {""}
    mine += [(n, e) for n, e in enumerate(events) if "tags" not in e.body and e.subject in connections]
    mine += [(n, e) for n, e in enumerate(events) if e.kind in {RUN_STARTED, RUN_STOPPED}]

    def about(event: Event, kind: str, start: str) -> bool:
        inside = event.body.get(start, 10**9) <= instant < event.body.get("to", event.time)
        return event.kind == kind and inside and tag in event.body.get("tags", [tag])

    if not any(_covers(mine, name, instant) for name in connections):
        missing = not any(about(e, TAGS_COVERED, "since") for _, e in mine)
    else:
        missing = False
    missing |= any(about(e, GAP, "from") for _, e in mine)
    if missing and any(about(e, GAP_FILLED, "from") for _, e in mine):
        return "filled"
    return "missing" if missing else "covered"


def _refuses(event: Event, tag: int) -> bool:
    return any(tag in ids for ids in event.body.get("refused", {}).values())


def _covers(mine: Sequence[tuple[int, Event]], name: str, instant: int) -> bool:
    """Whether the last word of a connection, or of the twin itself, is that it covers the tag."""
    words: list[tuple[int, int, bool]] = []
    for recorded, event in mine:
        if event.kind == RUN_STOPPED:
            words.append((event.time, recorded, False))
        elif event.kind == RUN_STARTED and "last" in event.body:
            words.append((min(event.time, event.body["last"]), recorded, False))
        elif event.subject == name and event.kind in {CONNECTION_LOST, TAGS_UNCOVERED, TAGS_COVERED}:
            words.append((event.time, recorded, event.kind == TAGS_COVERED))
        elif event.subject == name and event.kind == CONNECTION_UP and name not in TELLERS:
            words.append((event.time, recorded, True))
    before = [word for word in words if word[0] <= instant]
    return bool(before) and max(before)[2]


# --- cases ----------------------------------------------------------------------------------------------------------


def test_a_tag_is_covered_from_its_proven_subscription_on() -> None:
    (never, since) = of([up(8, "s7"), covered(10, 0)])[1:]
    assert (never.why, never.cause, never.start) == ("uncovered", UNPROVEN, 8)
    assert since == Stretch(10, 100, "covered", by="subscription", sampling=5)
    assert of([covered(10, 0), up(11, "s7")], 1)[0].cause == NEVER
    assert told([covered(10, 0), up(11, "s7")]) == [(0, 10, "missing", "never"), (10, 100, "covered", "subscription")]


def test_messages_cover_while_the_link_is_up() -> None:
    events = [up(10, "gw"), lost(30, "broker away", "gw"), up(50, "gw")]
    assert told(events, 2) == [
        (0, 10, "missing", "never"),
        (10, 30, "covered", "messages"),
        (30, 50, "missing", "lost"),
        (50, 100, "covered", "messages"),
    ]
    assert of(events, 2)[2].cause == "broker away"


def test_a_tag_that_no_connection_brings_is_never_covered() -> None:
    (alone,) = of([Event(5, RUN_STOPPED, "p"), Event(9, RUN_STARTED, "p", {"last": 5})], 3)
    assert (alone.why, alone.cause) == ("never", NOBODY)


def test_a_lost_link_covers_again_only_with_a_new_subscription() -> None:
    events = [covered(0, 0, 1), lost(20), up(38, "s7"), covered(40, 0), gap(19, 40, "subscribed anew", at=40)]
    assert told(events) == [
        (0, 19, "covered", "subscription"),
        (19, 40, "missing", "gap"),
        (40, 100, "covered", "subscription"),
    ]
    assert told(events, 1)[-1] == (40, 100, "missing", "uncovered")


def test_a_resumed_session_leaves_no_gap() -> None:
    events = [covered(0, 0), lost(20), covered(30, 0, resumed=True, since=20), up(31, "s7")]
    assert told(events) == [(0, 100, "covered", "subscription")]
    part = covered(30, 0, resumed=True, since=20, sampling=9)
    assert [(one.start, one.sampling) for one in of([covered(0, 0), lost(20), part])] == [(0, 5), (20, 9)]


def test_messages_that_a_resumed_session_lost_are_missing_all_the_same() -> None:
    resumed = covered(30, 0, resumed=True, since=20)
    assert told([covered(0, 0), lost(20), gap(22, 26, at=30), resumed])[1] == (22, 26, "missing", "gap")


def test_overlapping_gaps_are_told_once_each_instant() -> None:
    found = of([covered(0, 0), gap(20, 40, "first"), gap(30, 50, "second"), gap(32, 38, "inside")])
    assert [(one.start, one.end, one.cause) for one in found if one.state == "missing"] == [
        (20, 40, "first"),
        (40, 50, "second"),
    ]


def test_a_gap_is_filled_for_those_tags_that_have_a_history() -> None:
    mended = filled(20, 40, 0, refused={"BadHistoryOperationUnsupported": [1]})
    events = [covered(0, 0, 1), lost(20), covered(40, 0, 1), mended]
    assert told(events)[1] == (20, 40, "filled", "lost")
    assert of(events, 1)[1] == Stretch(
        20, 40, "missing", why="lost", cause="no answer", unfilled="BadHistoryOperationUnsupported"
    )


def test_a_part_of_a_gap_is_filled() -> None:
    events = [covered(0, 0), gap(20, 40), filled(10, 30, 0)]
    assert told(events) == [
        (0, 20, "covered", "subscription"),
        (20, 30, "filled", "gap"),
        (30, 40, "missing", "gap"),
        (40, 100, "covered", "subscription"),
    ]


def test_a_gap_of_some_tags_is_no_gap_of_the_others() -> None:
    events = [covered(0, 0, 1), gap(20, 40, tags=[1])]
    assert told(events) == [(0, 100, "covered", "subscription")]
    assert told(events, 1)[1] == (20, 40, "missing", "gap")


def test_a_node_that_is_removed_is_missing_until_it_is_subscribed_again() -> None:
    gone = Event(20, TAGS_UNCOVERED, "s7", {"tags": [0], "cause": "BadNodeIdUnknown"})
    found = of([covered(0, 0, 1), gone, covered(60, 0)])
    assert [(one.start, one.why, one.cause) for one in found][1] == (20, "uncovered", "BadNodeIdUnknown")
    assert found[2].start == 60


def test_a_twin_that_stopped_covers_nothing() -> None:
    events = [Event(0, RUN_STARTED, "p"), covered(5, 0), Event(30, RUN_STOPPED, "p"), lost(30, NOT_RUNNING)]
    events += [Event(50, RUN_STARTED, "p", {"last": 30}), covered(55, 0)]
    assert told(events)[2] == (30, 55, "missing", "stopped")


def test_the_last_entry_of_a_killed_twin_is_its_last_sign_of_life() -> None:
    events = [covered(5, 0), Event(60, RUN_STARTED, "p", {"last": 42}), lost(65, "refused"), covered(70, 0)]
    assert told(events)[1:] == [
        (5, 42, "covered", "subscription"),
        (42, 65, "missing", "stopped"),
        (65, 70, "missing", "lost"),
        (70, 100, "covered", "subscription"),
    ]


def test_a_tag_that_moved_to_another_connection_keeps_its_cover_of_before() -> None:
    moved = covered(5, 2)  # told by s7, while the plant file now has it at gw
    events = [moved, Event(40, RUN_STOPPED, "p"), up(50, "gw")]
    assert told(events, 2) == [
        (0, 5, "missing", "never"),
        (5, 40, "covered", "subscription"),
        (40, 50, "missing", "stopped"),
        (50, 100, "covered", "messages"),
    ]


def test_tags_with_equal_events_are_one_group() -> None:
    homes = dict.fromkeys(range(5000), "s7")
    events = [covered(0, *range(5000)), lost(20), covered(30, *range(5000)), gap(50, 60, tags=[7])]
    groups = coverage(list(enumerate(events)), homes, TELLERS, SPAN)
    assert sorted(len(group.tags) for group in groups) == [1, 4999]
