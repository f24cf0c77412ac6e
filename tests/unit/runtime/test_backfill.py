"""Back-fill: what a source's history gives is stored once, what it has not is told, and neither is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twin.core.batch import batch
from twin.core.errors import StoreFailed, Unreachable
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, GAP, GAP_FILLED, RUN_STARTED, RUN_STOPPED, Event
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, SECOND
from twin.core.ports import Recovered
from twin.runtime import backfill
from twin.runtime.backfill import BEHIND, MOST_FAULTS, TOO_OLD, UNSAID, Backfill
from twin.runtime.clock import WallClock
from twin.runtime.gaps import MOST_OPEN, Gaps, OpenGap, down_since, left_open
from twin.runtime.report import ConnectionReport
from twin.state.coverage import NOT_RUNNING
from twin.store.log import SqliteLog
from twin.store.reader import LogReader

TAGS = ("a", "b")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test need not wait for."""
    for name in ("SETTLE_S", "FIRST_WAIT_S", "LONGEST_WAIT_S", "FIRST_RETRY_S", "LONGEST_RETRY_S"):
        monkeypatch.setattr(backfill, name, 0.001)


class Historian:
    """A source that answers each asking by the next script, the last one for ever."""

    def __init__(self, *scripts: Callable[[], Sequence[Recovered | Exception]]) -> None:
        self.scripts = scripts
        self.asked: list[tuple[int, int, list[int]]] = []

    async def recover(self, start: int, end: int, tags: Sequence[int]) -> AsyncGenerator[Recovered]:
        script = self.scripts[min(len(self.asked), len(self.scripts) - 1)]
        self.asked.append((start, end, list(tags)))
        for piece in script():
            if isinstance(piece, Exception):
                raise piece
            yield piece


@dataclass
class Bench:
    """A log with a connection that is filled."""

    log: SqliteLog
    reader: LogReader
    report: ConnectionReport
    filler: Backfill
    begun: int = field(default_factory=WallClock().now)

    def up(self) -> None:
        self.report.turned("up")
        self.filler.came_up()

    def tell_gap(self, start: int, end: int, tags: list[int] | None = None) -> None:
        body = {"from": start, "to": end, "cause": "test"} | ({} if tags is None else {"tags": tags})
        self.report.event(Event(end, GAP, "c", body))

    def events(self, *kinds: str) -> list[Event]:
        found = reversed(self.reader.events(FAR_PAST, FAR_FUTURE, kinds))
        return [event for _, event in found if event.kind in kinds]

    async def filled(self, count: int = 1) -> list[Event]:
        async with asyncio.timeout(30):
            while len(found := self.events(GAP_FILLED)) < count:  # noqa: ASYNC110 - the log announces it to nobody
                await asyncio.sleep(0.005)
        return found

    def rows(self) -> list[tuple[int, int, float]]:
        stored = self.reader.read(FAR_PAST, FAR_FUTURE, self.reader.last()).samples
        return sorted(zip(stored.tag.tolist(), stored.time.tolist(), stored.value.tolist(), strict=True))


@asynccontextmanager
async def bench(
    folder: Path, source: Historian, before: Sequence[Event] = (), ended: int | None = None
) -> AsyncIterator[Bench]:
    log, reader = SqliteLog(folder, WallClock()), LogReader(folder)
    for name in TAGS:
        log.tags.id_of(name)
    for event in before:
        await log.note(event)
    fillers: list[Backfill] = []

    def note(event: Event) -> None:
        log.submit(event)
        fillers[0].heard(event)

    report = ConnectionReport("c", "test", "test://", WallClock(), note)
    fillers.append(Backfill(source, lambda: frozenset({0, 1}), log, reader, report, WallClock(), ended))
    task = asyncio.create_task(fillers[0].run())
    try:
        yield Bench(log, reader, report, fillers[0])
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        log.close()
        reader.close()


def rows(*given: tuple[int, int, float]) -> Recovered:
    tag, time, value = zip(*given, strict=True)
    return Recovered(batch("c", tag, time, value))


async def test_what_is_missing_is_added_and_what_is_stored_stays(tmp_path: Path) -> None:
    now = WallClock().now()
    source = Historian(lambda: [rows((0, now, 9.0), (0, now + 1, 2.0), (1, now, 3.0)), Recovered(None, [0, 1])])
    async with bench(tmp_path, source) as test:
        await test.log.append(batch("c", [0], [now], [1.0]))
        test.tell_gap(now - SECOND, now + 2)
        test.up()
        [filled] = await test.filled()
        assert test.rows() == [(0, now, 1.0), (0, now + 1, 2.0), (1, now, 3.0)]
        assert filled.body == {"from": now - SECOND, "to": now + 2, "tags": [0, 1], "rows": 2, "refused": {}}
        assert test.report.counters["filled"] == 2
        tags = np.array([0, 1], np.int32)
        sources = test.reader.brought(tags, now, now + 2, test.reader.last())
        assert sorted(sources.values()) == ["c", "c:history"]
        assert source.asked == [(now - SECOND, now + 2, [0, 1])]


async def test_nothing_is_asked_while_the_connection_is_down(tmp_path: Path) -> None:
    source = Historian(lambda: [Recovered(None, [0, 1])])
    async with bench(tmp_path, source) as test:
        now = test.begun
        test.tell_gap(now - SECOND, now)
        await asyncio.sleep(0)
        assert source.asked == []
        test.up()
        await test.filled()
        test.report.turned("down", "cut")
        test.tell_gap(now, now + 1)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(source.asked) == 1
        test.up()
        await test.filled(2)


async def test_a_link_that_fails_is_tried_again_for_what_is_left(tmp_path: Path) -> None:
    now = WallClock().now()
    source = Historian(
        lambda: [Recovered(None, [0]), Unreachable("cut")],
        lambda: [Unreachable("still")],
        lambda: [rows((1, now, 1.0)), Recovered(None, [1])],
    )
    async with bench(tmp_path, source) as test:
        test.up()
        test.tell_gap(now - SECOND, now + 1)
        first, second = await test.filled(2)
        assert (first.body["tags"], second.body["tags"]) == ([0], [1])
        assert [asked[2] for asked in source.asked] == [[0, 1], [1], [1]]


async def test_a_source_without_history_is_told_once(tmp_path: Path) -> None:
    source = Historian(lambda: [Recovered(None, refused={0: "no history", 1: "no history"})])
    async with bench(tmp_path, source) as test:
        test.up()
        test.tell_gap(test.begun - SECOND, test.begun)
        [filled] = await test.filled()
        assert (filled.body["tags"], filled.body["refused"]) == ([], {"no history": [0, 1]})
        test.tell_gap(test.begun, test.begun + 1, [1])
        await test.filled(2)
        assert test.report.notices == {"history": "a gap stays: no history"}
        assert [asked[2] for asked in source.asked] == [[0, 1], [1]]


async def test_a_history_that_lags_is_asked_again_and_then_told(tmp_path: Path) -> None:
    now = WallClock().now()
    source = Historian(
        lambda: [rows((0, now - 9, 1.0)), Recovered(None, [1], behind={0: now - 9})],
        lambda: [rows((0, now - 9, 1.0), (0, now - 5, 2.0)), Recovered(None, [0])],
    )
    async with bench(tmp_path, source) as test:
        test.up()
        test.tell_gap(now - 10, now)
        first, second = await test.filled(2)
        assert (first.body["tags"], first.body["rows"]) == ([1], 1)
        assert (second.body["tags"], second.body["rows"]) == ([0], 1)


async def test_a_history_that_stays_behind_is_whole_up_to_its_end(tmp_path: Path) -> None:
    now = WallClock().now()
    source = Historian(lambda: [Recovered(None, behind={0: now - 4, 1: FAR_PAST})])
    async with bench(tmp_path, source) as test:
        test.up()
        test.tell_gap(now - 10, now)
        part, rest = await test.filled(2)
        assert (part.body["from"], part.body["to"], part.body["tags"]) == (now - 10, now - 4, [0])
        assert (rest.body["to"], rest.body["tags"], rest.body["refused"]) == (now, [], {BEHIND: [0, 1]})
        assert len(source.asked) == backfill.MOST_WAITS


async def test_a_fault_is_tried_again_and_then_told_and_the_next_gap_is_filled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    faults = [lambda: [ZeroDivisionError()]] * MOST_FAULTS
    source = Historian(*faults, lambda: [Recovered(None, [0, 1])])
    async with bench(tmp_path, source) as test:
        test.up()
        test.tell_gap(test.begun - 2, test.begun - 1)
        [told] = await test.filled()
        assert next(iter(told.body["refused"])) == "fault in the back-fill: ZeroDivisionError()"
        assert caplog.text.count("fault in its back-fill") == MOST_FAULTS
        test.tell_gap(test.begun - 1, test.begun)
        assert (await test.filled(2))[1].body["tags"] == [0, 1]


async def test_gaps_of_runs_before_are_remembered_unless_settled(tmp_path: Path) -> None:
    now = WallClock().now()
    source = Historian(lambda: [Recovered(None, [0, 1])])

    def gap(start: int, end: int) -> Event:
        return Event(end, GAP, "c", {"from": start, "to": end, "cause": "x"})

    def filled(start: int, end: int, tags: list[int], refused: dict[str, list[int]]) -> Event:
        return Event(end, GAP_FILLED, "c", {"from": start, "to": end, "tags": tags, "rows": 1, "refused": refused})

    before = [
        gap(now - 100, now - 90), filled(now - 100, now - 90, [0, 1], {}),
        gap(now - 80, now - 70), filled(now - 80, now - 70, [0], {"none": [1]}),
        gap(now - 60, now - 50), filled(now - 60, now - 50, [0], {}),
        gap(now - 40, now - 30),
        Event(now, GAP, "other", {"from": now - 20, "to": now - 10, "cause": "x"}),
        gap(now - 9 * DAY, now - 8 * DAY),
    ]  # fmt: skip
    async with bench(tmp_path, source, before) as test:
        test.up()
        await test.filled(5)
        assert sorted(source.asked) == [(now - 60, now - 50, [1]), (now - 40, now - 30, [0, 1])]


@pytest.mark.parametrize(
    ("before", "since"),
    [
        ([], None),
        ([Event(1000, CONNECTION_UP, "c")], 5000),
        ([Event(1000, CONNECTION_UP, "c"), Event(2000, CONNECTION_LOST, "c")], 2000),
        ([Event(1000, CONNECTION_UP, "other")], None),
    ],
)
async def test_the_time_between_two_runs_is_a_gap_of_a_known_connection(
    tmp_path: Path, before: list[Event], since: int | None
) -> None:
    base = WallClock().now() - DAY
    moved = [Event(base + event.time, event.kind, event.subject) for event in before]
    now_told = [Event(base + 5000, CONNECTION_LOST, "c", {"cause": NOT_RUNNING}), Event(base + 6000, RUN_STARTED, "p")]
    source = Historian(lambda: [Recovered(None, [0, 1])])
    async with bench(tmp_path, source, [*moved, *now_told], base + 5000) as test:
        test.up()
        test.tell_gap(test.begun - 2, test.begun - 1)
        told = await test.filled(1 if since is None else 2)
        gaps = [event for event in test.events(GAP) if event.body["cause"] == NOT_RUNNING]
        assert [gap.body["from"] for gap in gaps] == ([] if since is None else [base + since])
        assert {event.body["from"] for event in told} >= {gap.body["from"] for gap in gaps}


async def test_a_gap_past_the_horizon_is_not_asked_for(tmp_path: Path) -> None:
    source = Historian(lambda: [Recovered(None, [0, 1])])
    async with bench(tmp_path, source) as test:
        test.up()
        test.tell_gap(test.begun - 9 * DAY, test.begun - 8 * DAY)
        [told] = await test.filled()
        assert told.body["refused"] == {TOO_OLD: [0, 1]}
        test.tell_gap(test.begun - 9 * DAY, test.begun)
        await test.filled(2)
        [(start, _, _)] = source.asked
        assert test.begun - 7 * DAY <= start < test.begun


async def test_of_a_gap_that_begins_before_the_horizon_only_what_was_asked_for_is_filled(tmp_path: Path) -> None:
    source = Historian(lambda: [Recovered(None, [0], {1: "none"})])
    async with bench(tmp_path, source) as test:
        test.up()
        test.tell_gap(test.begun - 12 * DAY, test.begun)
        told = await test.filled(2)
        [(start, _, _)] = source.asked
        [recent] = [event.body for event in told if event.body["to"] == test.begun]
        [old] = [event.body for event in told if event.body["to"] == start]
        assert (recent["from"], recent["tags"], recent["refused"]) == (start, [0], {"none": [1]})
        assert (old["from"], old["tags"]) == (test.begun - 12 * DAY, [])
        assert old["refused"] == {TOO_OLD: [0, 1]}
        assert left_open([*test.events(GAP), *told], "c", frozenset({0, 1})) == []
        assert left_open([*test.events(GAP), Event(0, GAP_FILLED, "c", recent)], "c", frozenset({0, 1})) != []


async def test_a_tag_of_which_the_source_says_nothing_is_not_asked_for_again_and_again(tmp_path: Path) -> None:
    source = Historian(lambda: [Recovered(None, [0])])
    async with bench(tmp_path, source) as test:
        test.up()
        test.tell_gap(test.begun - 2, test.begun)
        [told] = await test.filled()
        assert (told.body["tags"], told.body["refused"]) == ([0], {UNSAID: [1]})
        test.tell_gap(test.begun, test.begun + 1)
        await test.filled(2)
        assert len(source.asked) == 2


async def test_a_log_that_cannot_be_read_at_first_stops_no_fill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Historian(lambda: [Recovered(None, [0, 1])])
    async with bench(tmp_path, source) as test:
        read, tries = LogReader.events, iter([True])

        def fails_once(reader: LogReader, *given: Any) -> Any:
            if GAP in given[2] and next(tries, False):
                raise StoreFailed("disk busy")
            return read(reader, *given)

        monkeypatch.setattr(LogReader, "events", fails_once)
        test.up()
        test.tell_gap(test.begun - 2, test.begun)
        assert (await test.filled())[0].body["tags"] == [0, 1]


def test_many_gaps_become_one_that_spans_them() -> None:
    gaps = Gaps()
    for n in range(MOST_OPEN + 5):
        gaps.add(OpenGap(10 * n, 10 * n + 5, frozenset({n % 2})))
        gaps.add(OpenGap(10 * n, 10 * n + 5, frozenset({n % 2})))
    assert len(gaps.open) == MOST_OPEN
    assert (gaps.open[0].start, gaps.open[0].end, gaps.open[0].tags) == (0, 55, frozenset({0, 1}))


def test_a_run_that_said_that_it_ends_lasted_until_then_for_its_sources() -> None:
    """Not until the last entry that it wrote: between the two no sign of the source can have come."""
    of_run = [Event(40, RUN_STOPPED, "p"), Event(20, CONNECTION_UP, "c"), Event(10, RUN_STARTED, "p")]
    assert down_since(of_run, "c", 45) == 40
    assert down_since(of_run, "other", 45) is None
    lost = Event(30, CONNECTION_LOST, "c", {"cause": "cable"})
    assert down_since([of_run[0], lost, *of_run[1:]], "c", 45) == 30
    killed = [Event(50, RUN_STARTED, "p"), *of_run]
    assert down_since([Event(60, CONNECTION_UP, "c"), *killed], "c", 70) == 70  # that run could not say so
