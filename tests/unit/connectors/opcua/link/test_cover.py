"""Only changes of the cover are told, tags with equal grants together."""

from __future__ import annotations

from connectors.opcua.link.cover import Cover, Grant
from tests.unit.connectors.opcua.link.test_publisher import Clock, Reporter
from twin.core.event import GAP, TAGS_COVERED, TAGS_UNCOVERED

FAST, SLOW, READ = Grant("subscription", 50, 10), Grant("subscription", 1000, 10), Grant("poll", 1000, 1)


def cover() -> tuple[Cover, Reporter]:
    reporter = Reporter()
    return Cover("c1", Clock(), reporter), reporter  # type: ignore[arg-type]


def test_tags_with_equal_grants_are_told_together_and_once() -> None:
    ours, reporter = cover()
    ours.covered([(3, FAST), (1, FAST), (2, SLOW)], 70)
    ours.covered([(3, FAST), (1, FAST)], 80)
    assert [(e.time, e.kind, e.body["tags"]) for e in reporter.events] == [
        (70, TAGS_COVERED, [1, 3]),
        (70, TAGS_COVERED, [2]),
    ]
    assert reporter.events[0].body == {"tags": [1, 3], "by": "subscription", "sampling": 50, "queue": 10}


def test_another_grant_is_told() -> None:
    ours, reporter = cover()
    ours.covered([(1, FAST)], 70)
    ours.covered([(1, READ)], 80)
    assert [e.body["by"] for e in reporter.events] == ["subscription", "poll"]


def test_only_what_was_covered_can_be_uncovered() -> None:
    ours, reporter = cover()
    ours.covered([(1, FAST), (2, FAST)], 70)
    ours.uncovered([2, 5], "gone", 90)
    ours.uncovered([2], "gone", 95)
    [event] = [e for e in reporter.events if e.kind == TAGS_UNCOVERED]
    assert (event.time, event.body) == (90, {"tags": [2], "cause": "gone"})
    ours.covered([(2, FAST)], 99)
    assert reporter.events[-1].body["tags"] == [2]


def test_a_resume_tells_everything_again_with_its_last_good_instant() -> None:
    ours, reporter = cover()
    ours.covered([(1, FAST), (2, SLOW)], 70)
    ours.resumed(60)
    told = [e.body for e in reporter.events[2:]]
    assert [(b["tags"], b["resumed"], b["since"]) for b in told] == [([1], True, 60), ([2], True, 60)]
    ours.forget()
    ours.resumed(61)
    assert len(reporter.events) == 4


def test_a_gap_names_its_tags() -> None:
    ours, reporter = cover()
    ours.missing([2, 1, 2], 40, "silent")
    [event] = reporter.events
    assert event.kind == GAP
    assert event.body["tags"] == [1, 2]
    assert (event.body["from"], event.body["to"]) == (40, event.time)
