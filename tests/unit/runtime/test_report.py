"""What is known of a connection, under pressure."""

from tests.contract.stores import SetClock
from twin.core.event import Event
from twin.runtime.report import KEPT_LETTERS, MOST_CAUSES, OTHER, ConnectionReport


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
