"""The log: answers when durable, in one order, however the clock goes."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.stores import SetClock
from twin.core.batch import batch
from twin.core.errors import StoreFailed
from twin.core.event import Event
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.tags import TagType
from twin.store.log import SqliteLog
from twin.store.reader import LogReader


@pytest.fixture
def clock():
    return SetClock(1000)


@pytest.fixture
def log(tmp_path, clock):
    one = SqliteLog(tmp_path, clock)
    yield one
    one.close()


@pytest.fixture
def reader(tmp_path, log):
    one = LogReader(tmp_path)
    yield one
    one.close()


def sample(value: float = 1.0, tag: int = 0, time: int = 1):
    return batch("s", [tag], [time], [value])


class Gate:
    """Holds the writer's thread inside a transaction, so that what comes meanwhile waits together."""

    def __init__(self, log: SqliteLog) -> None:
        self._entered, self._open = threading.Event(), threading.Event()
        log.submit(self._hold)
        assert self._entered.wait(10)

    def _hold(self, _connection: sqlite3.Connection) -> None:
        self._entered.set()
        assert self._open.wait(10)

    def open(self) -> None:
        self._open.set()


class SteppingClock:
    def __init__(self, instants):
        self._instants = iter(instants)
        self._last = 1

    def now(self):
        self._last = next(self._instants, self._last)
        return self._last


@settings(max_examples=25)
@given(st.lists(st.integers(0, 2**61), min_size=1, max_size=30))
def test_recorded_grows_strictly_however_the_clock_steps(tmp_path_factory, instants):
    log = SqliteLog(tmp_path_factory.mktemp("log"), SteppingClock(instants))
    try:
        recorded = [one.result(10) for one in [log.submit(sample(n)) for n in range(len(instants))]]
    finally:
        log.close()
    assert all(later > earlier for earlier, later in zip([0, *recorded], recorded, strict=False))
    assert recorded[0] == max(instants[0], 1)
    assert all(r >= instant for r, instant in zip(recorded, instants, strict=True))


def test_recorded_goes_on_after_a_restart_with_an_earlier_clock(tmp_path):
    log = SqliteLog(tmp_path, SetClock(5000))
    assert log.submit(sample()).result(10) == 5000
    log.close()
    log = SqliteLog(tmp_path, SetClock(10))
    assert log.submit(sample()).result(10) == 5001
    log.close()


def test_what_waits_is_one_commit_in_the_order_it_came(log, reader):
    gate = Gate(log)
    waiting = [log.submit(sample(n) if n % 3 else Event(n, "gap", "x")) for n in range(50)]
    before = log.commits
    gate.open()
    recorded = [one.result(10) for one in waiting]
    assert log.commits == before + 2
    assert recorded == list(range(1000, 1050))
    piece = reader.since(0, FAR_FUTURE)
    assert piece.samples.value.tolist() == [n for n in range(50) if n % 3]
    assert [event.time for _, event in piece.events] == [n for n in range(50) if not n % 3]


def test_commits_are_told_in_order_once_durable(log, reader):
    told, stored = [], []

    def on_commit(entries):
        told.extend(recorded for recorded, _ in entries)
        stored.append(reader.last())

    log.on_commit = on_commit
    recorded = [one.result(10) for one in [log.submit(sample(n)) for n in range(20)]]
    assert told == recorded
    assert stored[-1] == recorded[-1]


def test_a_tag_is_durable_with_its_first_sample(tmp_path, log, reader):
    log.submit(sample(tag=log.tags.id_of("a"))).result(10)
    assert reader.tags().names() == ["a"]
    log.submit(sample(tag=log.tags.id_of("b", TagType.TEXT))).result(10)
    assert [reader.tags()[1].name, reader.tags()[1].type] == ["b", TagType.TEXT]


def test_tags_keep_their_ids_after_a_restart(tmp_path, clock):
    log = SqliteLog(tmp_path, clock)
    log.submit(batch("s", log.tags.ids_of(["a", "b", "c"]), [1, 1, 1], [1, 2, 3])).result(10)
    log.close()
    log = SqliteLog(tmp_path, clock)
    assert [log.tags.id_of(name) for name in ("c", "d", "a")] == [2, 3, 0]
    log.close()


def test_a_failed_commit_is_told_to_all_and_nothing_of_it_is_kept(log, reader):
    log.submit(sample(0)).result(10)
    gate = Gate(log)

    def fail(connection):
        connection.execute("INSERT INTO nowhere VALUES (1)")

    waiting = [log.submit(sample(1, log.tags.id_of("new"))), log.submit(fail), log.submit(sample(2))]
    gate.open()
    for one in waiting:
        with pytest.raises(StoreFailed, match="nothing was acknowledged"):
            one.result(10)
    assert log.submit(sample(3)).result(10) == 1001
    assert reader.since(0, FAR_FUTURE).samples.value.tolist() == [0, 3]
    assert reader.tags().names() == ["new"]


def test_an_item_that_cannot_be_stored_fails_alone(log, reader):
    gate = Gate(log)
    waiting = [log.submit(sample(1)), log.submit(Event(1, "gap", "x", {"a": float("nan")})), log.submit(sample(2))]
    gate.open()
    with pytest.raises(StoreFailed):
        waiting[1].result(10)
    assert [waiting[0].result(10), waiting[2].result(10)] == [1000, 1001]
    assert reader.since(0, FAR_FUTURE).samples.value.tolist() == [1, 2]


async def test_a_caller_that_stops_waiting_leaves_the_log_as_it_is(log, reader):
    gate = Gate(log)
    waiting = asyncio.create_task(log.append(sample(1)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.open()
    assert await log.append(sample(2)) == 1001
    assert reader.since(0, FAR_FUTURE).samples.value.tolist() == [1, 2]


def test_closing_writes_what_waits_and_refuses_the_rest(tmp_path, clock):
    log = SqliteLog(tmp_path, clock)
    waiting = [log.submit(sample(n)) for n in range(200)]
    log.close()
    assert [one.result(0) for one in waiting] == list(range(1000, 1200))
    with pytest.raises(StoreFailed, match="the log is closed"):
        log.submit(sample()).result(0)
    assert not (tmp_path / "log.db-wal").exists()


def test_events_are_listed_newest_first_by_kind_and_family(log, reader):
    kinds = ["connection.up", "connection.lost", "gap", "connectionless", "order.started"]
    for number, kind in enumerate(kinds):
        log.submit(Event(10 * number, kind, "x")).result(10)
    log.submit(Event(5, "gap", "late")).result(10)

    def listed(*kinds, start=FAR_PAST, end=FAR_FUTURE, limit=100):
        return [(e.time, e.kind) for _, e in reader.events(start, end, kinds, limit)]

    assert listed() == [(40, kinds[4]), (30, kinds[3]), (20, "gap"), (10, kinds[1]), (5, "gap"), (0, kinds[0])]
    assert listed("connection.") == [(10, "connection.lost"), (0, "connection.up")]
    assert listed("gap", "order.started") == [(40, "order.started"), (20, "gap"), (5, "gap")]
    assert listed(start=10, end=30) == [(20, "gap"), (10, "connection.lost")]
    assert listed(limit=2) == [(40, kinds[4]), (30, kinds[3])]


def test_a_folder_without_a_log_is_named(tmp_path: Path):
    with pytest.raises(StoreFailed, match="no data here"):
        LogReader(tmp_path / "nothing").last()


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "log.db").write_bytes(b"no database at all " * 100)
    with pytest.raises(StoreFailed, match=r"log\.db: file is not a database"):
        SqliteLog(tmp_path, SetClock())
    with pytest.raises(StoreFailed, match=r"log\.db: file is not a database"):
        LogReader(tmp_path).last()


def test_a_folder_of_a_newer_layout_is_refused(tmp_path, clock):
    SqliteLog(tmp_path, clock).close()
    with sqlite3.connect(tmp_path / "log.db") as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'layout'")
    connection.close()
    with pytest.raises(StoreFailed, match="written by a newer linetwin"):
        SqliteLog(tmp_path, clock)


def plans(reader, ask):
    """How the statements on entries of a call are answered."""
    asked: list[str] = []
    reader.connection().set_trace_callback(asked.append)
    ask()
    reader.connection().set_trace_callback(None)
    statements = [one for one in asked if "FROM entry" in one]
    return ["; ".join(step for *_, step in reader.rows(f"EXPLAIN QUERY PLAN {one}")) for one in statements]


def test_entries_of_a_time_are_found_by_their_times(log, reader):
    """Events are never sealed: those of years would be walked by each read of a minute."""
    log.submit(batch("s", [0], [5], [1.0])).result(10)
    for ask in (
        lambda: reader.read(5, 10, FAR_FUTURE),
        lambda: reader.read_tags(np.array([0], np.int32), 5, 10, FAR_FUTURE),
    ):
        (plan,) = plans(reader, ask)
        assert "INDEX entry_time (tmax>" in plan


def test_events_are_found_by_their_kind_over_all_time_and_by_their_time_else(log, reader):
    for n, kind in enumerate(["plant.loaded", "note", "note.a", "notes", "note.b", "other"]):
        log.submit(Event(n, kind, "p")).result(10)

    def kinds(*asked, start=FAR_PAST, limit=10):
        return [event.kind for _, event in reader.events(start, FAR_FUTURE, asked, limit)]

    for start in (FAR_PAST, 0):
        assert kinds("note", start=start) == kinds("note.", start=start) == ["note.b", "note.a", "note"]
        assert kinds("note", "other", start=start) == ["other", "note.b", "note.a", "note"]
        assert kinds("other", "note", start=start, limit=2) == ["other", "note.b"]
        assert kinds("plant.loaded", start=start) == ["plant.loaded"]
    assert kinds("note", start=1) == ["note.b", "note.a", "note"]
    (plan,) = plans(reader, lambda: kinds("plant.loaded", limit=1))
    assert "INDEX entry_event (kind=? AND tmax>" in plan
    assert "entry_time" not in plan
    (plan,) = plans(reader, lambda: kinds("note", start=1))
    assert "INDEX entry_time (tmax>" in plan
