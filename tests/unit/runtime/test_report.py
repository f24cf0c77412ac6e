"""What is known of a connection, under pressure."""

import numpy as np

from tests.contract.stores import SetClock
from twin.core.event import CLOCK_JUMPED, Event
from twin.core.instant import HOUR, SECOND
from twin.runtime.report import KEPT_LETTERS, MOST_CAUSES, OTHER, ConnectionReport

START = 1_700_000_000 * SECOND


def report(events=None):
    return ConnectionReport("gw", "mqtt", "mqtt://x", SetClock(5), [].append if events is None else events.append)


def test_the_first_letters_of_each_cause_are_kept_and_all_are_counted():
    one = report()
    for number in range(KEPT_LETTERS + 5):
        one.dead_letter("not JSON", f"topic/{number}", b"{")
    one.dead_letter("empty payload", "topic/x", b"")
    letters = one.letters()
    assert [letter.place for letter in letters if letter.cause == "not JSON"] == [
        f"topic/{n}" for n in range(KEPT_LETTERS)
    ]
    assert one.causes == {"not JSON": KEPT_LETTERS + 5, "empty payload": 1}
    assert one.counters["dead_letters"] == KEPT_LETTERS + 6


def test_a_hostile_source_cannot_make_it_grow():
    one = report()
    for number in range(10_000):
        one.dead_letter(f"cause {number}", "t", b"x" * 10_000)
    assert len(one.causes) == MOST_CAUSES + 1
    assert one.causes[OTHER] == 10_000 - MOST_CAUSES
    assert len(one.letters()) == MOST_CAUSES + KEPT_LETTERS
    assert max(len(letter.payload) for letter in one.letters()) == 1024


def test_a_problem_goes_when_the_tag_works_again():
    one = report()
    one.problem("a", "BadNodeIdUnknown")
    one.problem("b", "BadTypeMismatch")
    one.problem("a", "")
    one.problem("c", "")
    assert one.problems == {"b": "BadTypeMismatch"}


def test_events_go_to_the_log_and_turns_are_dated():
    events = []
    one = report(events)
    one.event(Event(1, "gap", "gw"))
    assert [event.kind for event in events] == ["gap"]
    assert (one.state, one.since) == ("connecting", 5)
    one.turned("down", "cut")
    assert (one.state, one.cause, one.since) == ("down", "cut", 5)


def test_a_clock_that_jumps_is_told_once_in_the_log_and_counted():
    events, clock = [], SetClock(START)
    one = ConnectionReport("gw", "mqtt", "mqtt://x", clock, events.append)
    one.arrived(np.array([0], np.int64))  # before it is up: known for long
    one.turned("up")
    for second in range(3, 200):
        clock.instant = START + second * SECOND
        one.arrived(np.array([clock.instant + (HOUR if second >= 100 else 0)], np.int64))
    (event,) = events
    assert (event.kind, event.subject, event.body["like"]) == (CLOCK_JUMPED, "gw", "summer time")
    assert (event.body["jump_ns"], event.body["offset_ns"]) == (HOUR, HOUR)
    assert one.counters["clock_jumps"] == 1
    learnt = one.clock_learnt()
    assert learnt is not None
    assert learnt.offset == HOUR
