"""The events that are read for a span say the same of it as all events would."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.state.test_coverage import HOMES, an_event, covered, filled, gap, lost, up
from tests.unit.store.test_counted import Clock
from twin.core.errors import Misconfigured
from twin.core.event import RUN_STARTED, RUN_STOPPED, TAGS_COVERED, Event
from twin.core.instant import DAY, FAR_FUTURE, Span
from twin.state.coverage import coverage
from twin.store import covering
from twin.store.covering import cover_events, tellers
from twin.store.log import SqliteLog
from twin.store.reader import LogReader


class Folder:
    """A log of events, recorded 1, 2, 3 ..."""

    def __init__(self, folder, events=()):
        self.log, self.reader = SqliteLog(folder, Clock()), LogReader(folder)
        self.entries = [(self.log.submit(event).result(10), event) for event in events]

    def close(self):
        self.reader.close()
        self.log.close()


@pytest.fixture
def folder(tmp_path):
    made = []

    def make(*events):
        made.append(Folder(tmp_path, events))
        return made[-1]

    yield make
    for one in made:
        one.close()


def of_span(events, span, names):
    return {tag: group.stretches for group in coverage(events, HOMES, names, span) for tag in group.tags}


@settings(max_examples=25)
@given(st.data())
def test_what_is_read_for_a_span_says_all_of_it(tmp_path_factory, data):
    """Of histories that can be: what happens is told in the order of time, gaps and what fills them afterwards."""
    kinds = an_event().filter(lambda event: event.body.get("from", -99) <= event.time)
    events = sorted(data.draw(st.lists(kinds, max_size=15)), key=lambda event: event.time)
    times = [event.time for event in events]
    events = [_told_afterwards(*both) for both in zip(events, [None, *times], strict=False)]
    folder = Folder(tmp_path_factory.mktemp("covering"), events)
    try:
        start, length = data.draw(st.integers(-10, 100)), data.draw(st.integers(1, 60))
        for span in (Span(start, start + length), Span(0, 100)):
            for known in (FAR_FUTURE, data.draw(st.integers(0, 16))):
                names = tellers(folder.reader, ["s7", "gw"], known)
                read = cover_events(folder.reader, span, known)
                everything = [(recorded, event) for recorded, event in folder.entries if recorded <= known]
                assert of_span(read, span, names) == of_span(everything, span, names)
    finally:
        folder.close()


def _told_afterwards(event: Event, before: int | None) -> Event:
    """A gap is over when it is told; a run that begins always says how long the one before it lived.

    before: time of the last event before it: so long it lived at least.
    """
    body = dict(event.body)
    if "to" in body:
        body["to"] = min(body["to"], event.time)
    if event.kind == RUN_STARTED:
        body = {} if before is None else {"last": max(before, min(body.get("last", event.time), event.time))}
    return Event(event.time, event.kind, event.subject, body)


def test_only_what_matters_at_the_start_is_read(folder):
    before = [covered(1, 0), lost(2), covered(3, 0), Event(4, RUN_STOPPED, "p"), covered(5, 0), lost(6), covered(7, 0)]
    one = folder(*before, up(8, "gw"), gap(20, 22), filled(20, 22, 0, at=DAY), gap(9, 10, at=DAY))
    read = [event for _, event in sorted(cover_events(one.reader, Span(15, 30), FAR_FUTURE), key=lambda e: e[0])]
    assert read == [Event(4, RUN_STOPPED, "p"), *before[5:], up(8, "gw"), gap(20, 22), filled(20, 22, 0, at=DAY)]


def test_a_run_that_ended_concerns_all_connections_though_one_has_its_name(folder):
    one = folder(Event(4, RUN_STOPPED, "s7"), lost(5))
    assert [event for _, event in cover_events(one.reader, Span(6, 9), FAR_FUTURE)] == [
        event for _, event in one.entries
    ]


def test_a_connection_that_only_says_that_messages_came_proves_no_subscription(folder):
    messages = Event(5, TAGS_COVERED, "gw", {"tags": [2], "by": "messages", "resumed": True, "since": 2})
    one = folder(messages, covered(9, 0))
    assert tellers(one.reader, ["gw", "s7", "other"], FAR_FUTURE) == {"s7"}
    assert tellers(one.reader, ["gw", "s7", "other"], one.entries[0][0]) == frozenset()


def test_too_many_events_are_refused(folder, monkeypatch):
    one = folder(*(lost(time) for time in range(10)))
    monkeypatch.setattr(covering, "MOST_EVENTS", 5)
    with pytest.raises(Misconfigured, match="10 events tell what covered"):
        cover_events(one.reader, Span(0, 10), FAR_FUTURE)
