"""Forgetting by age: what is old goes, in pieces, and everything younger stays."""

import pytest

from tests.contract.stores import UNITS, SetClock
from twin.core.batch import batch
from twin.core.event import Event
from twin.core.fold import Record
from twin.core.history import Late, Publication, Snapshot
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.results import SqliteResults
from twin.store.retention import PIECE, Limits, forget_before

CODES = [(0, "code")]


@pytest.fixture
def log(tmp_path):
    one = SqliteLog(tmp_path, SetClock())
    yield one
    one.close()


@pytest.fixture
def reader(tmp_path, log):
    one = LogReader(tmp_path)
    yield one
    one.close()


def test_entries_older_than_the_limit_go_in_pieces(log, reader):
    old = 3 * PIECE + 7
    done = [log.submit(batch("s", [0], [n], [n])) for n in range(old + 20)]
    done += [log.submit(Event(old - 1, "gap", "x")), log.submit(Event(old, "gap", "x"))]
    done += [log.submit(batch("s", [0, 0], [5, old], [1, 2]))]  # one row is young enough: the entry stays whole
    for one in done:
        one.result(10)
    before = log.commits
    assert forget_before(log, Limits(old)) == old + 1
    assert log.commits - before >= 4
    piece = reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE)
    assert sorted(piece.samples.time.tolist()) == [5, *range(old, old + 20), old][:1] + sorted(
        [*range(old, old + 20), old]
    )
    assert [event.time for _, event in piece.events] == [old]
    assert reader.kept_from() == old


def test_the_time_from_which_all_is_kept_only_grows(log, reader):
    assert reader.kept_from() is None
    forget_before(log, Limits(500))
    forget_before(log, Limits(400))
    assert reader.kept_from() == 500


def test_results_of_that_time_go_too(log, reader):
    results = SqliteResults(reader, UNITS, CODES, log)
    records = [Record(0, "state", "m", end - 10, end, ()) for end in (50, 100, 150)]
    snapshots = [Snapshot(0, frontier, 1, b"x") for frontier in (50, 100, 150)]
    results.publish(Publication(1, records, snapshots=snapshots, late=[Late(0, 5, 50), Late(0, 6, 150)]))
    forget_before(log, Limits(100))
    assert results.current(0, 0, 1000) == records[1:]
    assert results.oldest_snapshot(0, FAR_PAST) == snapshots[1]
    assert results.lateness(0, 0, 1000) == [Late(0, 6, 150)]


def test_a_log_that_forgot_everything_still_counts_on(tmp_path):
    log = SqliteLog(tmp_path, SetClock(5000))
    log.submit(batch("s", [0], [1], [1])).result(10)
    forget_before(log, Limits(10))
    log.close()
    log = SqliteLog(tmp_path, SetClock(10))
    try:
        assert log.submit(batch("s", [0], [1], [1])).result(10) == 5001
    finally:
        log.close()


def test_many_results_go_in_pieces_too(log, reader):
    results = SqliteResults(reader, UNITS, CODES, log)
    results.publish(Publication(1, [Record(0, "state", "m", end - 1, end, ()) for end in range(1, 4 * PIECE)]))
    assert len(results.current(0, 0, FAR_FUTURE)) == 4 * PIECE - 1
    before = log.commits
    forget_before(log, Limits(3 * PIECE))
    assert [record.end for record in results.current(0, 0, FAR_FUTURE)] == list(range(3 * PIECE, 4 * PIECE))
    assert log.commits - before >= 4
    (plan,) = reader.rows("EXPLAIN QUERY PLAN SELECT id FROM record WHERE end < 5")
    assert "INDEX" in plan[3]  # else every hour the writer would look through all results of all years
