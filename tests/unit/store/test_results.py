"""Results beside a log that fails: nothing that a fold said is lost, and nothing overtakes."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.stores import UNITS, SetClock
from twin.core.errors import StoreFailed
from twin.core.fold import Record
from twin.core.history import Publication, Snapshot
from twin.core.instant import DAY, FAR_FUTURE, HOUR, MINUTE, SECOND
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.results import SqliteResults

CODES = [(0, "code")]
OTHER = [(0, "other")]


class FailingLog(SqliteLog):
    """Commits fail while `full`, as on a disk without room."""

    full = False

    def _transaction(self, waiting):
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        return super()._transaction(waiting)


@pytest.fixture
def log(tmp_path):
    one = FailingLog(tmp_path, SetClock())
    yield one
    one.close()


@pytest.fixture
def reader(tmp_path, log):
    one = LogReader(tmp_path)
    yield one
    one.close()


@pytest.fixture
def results(reader, log):
    return SqliteResults(reader, UNITS, CODES, log)


def record(end, state="running"):
    return Record(0, "state", "m", end - 10, end, (("state", state),))


def test_what_a_full_disk_did_not_take_is_written_later_and_in_order(log, results):
    log.full = True
    results.publish(Publication(1, [record(10), record(20)]))
    results.publish(Publication(2, corrected=[record(10, "down")], removed=[record(10)]))
    with pytest.raises(StoreFailed):
        results.current(0, 0, 100)
    log.full = False
    assert sorted(results.current(0, 0, 100)) == sorted([record(10, "down"), record(20)])
    assert results.as_known(0, 0, 100, 1) == [record(10), record(20)]


def test_a_later_publication_does_not_overtake_one_that_failed(log, results):
    log.full = True
    results.publish(Publication(1, [record(10)]))
    log.submit(lambda _connection: None).exception(10)  # the first one has failed by now
    log.full = False
    results.publish(Publication(2, removed=[record(10)], corrected=[record(10, "down")]))
    assert results.current(0, 0, 100) == [record(10, "down")]


def test_an_empty_publication_tries_again(log, results):
    log.full = True
    results.publish(Publication(1, [record(10)]))
    log.submit(lambda _connection: None).exception(10)
    log.full = False
    results.publish(Publication(2))
    log.submit(lambda _connection: None).result(10)
    reading = SqliteResults(LogReader(log.folder), UNITS, CODES)
    assert reading.current(0, 0, 100) == [record(10)]


def test_people_read_on_while_the_disk_is_full(log, results):
    results.publish(Publication(1, [record(10)]))
    results.current(0, 0, 100)
    log.full = True
    results.publish(Publication(2, [record(20)]))
    assert [r for r, _ in results.records("state", ["m"], 0, 100)] == [record(10)]


def test_results_opened_for_reading_are_not_written(log):
    reading = SqliteResults(LogReader(log.folder), UNITS, CODES)
    with pytest.raises(RuntimeError):
        reading.publish(Publication(1, [record(10)]))


def test_snapshots_of_another_code_are_not_seen(log, results):
    results.publish(Publication(1, snapshots=[Snapshot(0, 10, 1, b"x")]))
    results.current(0, 0, 1)
    other = SqliteResults(LogReader(log.folder), UNITS, OTHER, log)
    assert other.snapshot_before(0, FAR_FUTURE, FAR_FUTURE) is None
    assert results.snapshot_before(0, FAR_FUTURE, FAR_FUTURE) is not None


def test_names_of_units_outlive_their_numbers(log, results):
    results.publish(Publication(1, [record(10)]))
    results.current(0, 0, 1)
    renumbered = SqliteResults(LogReader(log.folder), tuple(reversed(UNITS)), CODES)
    assert [r.unit for r in renumbered.current(1, 0, 100)] == [1]


def test_old_snapshots_become_rare_and_the_newest_stays(log, results):
    now = 100 * DAY
    frontiers = [now - age + 1 for age in range(0, 2 * DAY, MINUTE)] + [now - 7]
    results.publish(Publication(1, snapshots=[Snapshot(0, frontier, 1, b"x") for frontier in frontiers]))
    results.current(0, 0, 1)
    results.thin(now)
    log.submit(lambda _connection: None).result(10)
    kept = {found.frontier for frontier in frontiers if (found := results.snapshot_before(0, frontier, FAR_FUTURE))}
    ages = sorted(now - one for one in kept)
    assert max(kept) == max(frontiers)
    assert sum(age <= HOUR for age in ages) >= 60
    assert 130 <= sum(HOUR < age <= DAY for age in ages) <= 145
    assert 22 <= sum(age > DAY for age in ages) <= 26


AGES = st.one_of(*(st.integers(first, last) for first, last in ((0, 60), (60, 1440), (1440, 43200), (43200, 64800))))
"""Minutes."""
DISTANCES = ((HOUR, MINUTE), (DAY, 10 * MINUTE), (30 * DAY, HOUR), (FAR_FUTURE, DAY))


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(AGES, st.sampled_from((1, 10, 60, 24 * 60))), min_size=20, max_size=60),
    st.lists(AGES, max_size=4),
    st.integers(0, 59),
)
def test_thinning_again_and_again_leaves_what_age_allows_and_no_less(tmp_path_factory, minutes, looks, second):
    """minutes: (age of a frontier at the end, grid on which it stands). looks: ages of earlier thinnings."""
    folder = tmp_path_factory.mktemp("thin")
    log = SqliteLog(folder, SetClock())
    reader = LogReader(folder)
    results = SqliteResults(reader, UNITS, CODES, log)
    now = 100 * DAY + second * SECOND
    stand = {(now // MINUTE - one) // step * step for one, step in minutes}
    frontiers = sorted(minute * MINUTE + 1 for minute in stand)
    results.publish(Publication(1, snapshots=[Snapshot(0, frontier, 1, b"x") for frontier in frontiers]))
    results.current(0, 0, 1)
    for at in sorted(now - look * MINUTE for look in looks):
        results.thin(at)
        log.submit(lambda _connection: None).result(10)
    results.thin(now)
    log.submit(lambda _connection: None).result(10)
    kept = {one for (one,) in reader.rows("SELECT frontier FROM snapshot")}
    reader.close()
    log.close()
    distance = {one: next(step for most, step in DISTANCES if now - one <= most) for one in frontiers}
    assert kept - {frontiers[-1]} == {one for one in frontiers if one % distance[one] == 1} - {frontiers[-1]}
    assert frontiers[-1] in kept


def shifts(key: str, many: int) -> list[Record]:
    """States one after the other, 10 long, from 5 on."""
    return [Record(0, "state", key, 10 * n - 5, 10 * n + 5, (("state", f"s{n % 3}"),)) for n in range(1, many + 1)]


def test_columns_are_the_records_that_overlap(results):
    results.publish(Publication(1, [*shifts("a", 9), *shifts("b", 4)]))
    results.publish(Publication(2, corrected=[Record(0, "state", "a", 25, 45, ())], removed=shifts("a", 4)[2:]))
    for known in (1, FAR_FUTURE):
        for start in range(0, 100, 5):
            for end in range(start + 5, 110, 5):
                found = results.columns("state", ["b", "a", "c"], start, end, known)
                rows = [
                    (("b", "a", "c")[k], s, e, tuple(found.distinct[d].items()))
                    for k, s, e, d in zip(found.key, found.start, found.end, found.data, strict=True)
                ]
                told = results.records("state", ["a", "b"], start, end, known)
                assert sorted(rows) == sorted((r.key, r.start, r.end, r.data) for r, _ in told)


def test_reading_an_old_shift_takes_no_longer_for_what_came_since(results, reader):
    def work() -> int:
        ticks: list[None] = []
        reader.connection().set_progress_handler(lambda: ticks.append(None), 10)
        results.columns("state", ["a"], 20, 60)
        reader.connection().set_progress_handler(None, 0)
        return len(ticks)

    results.publish(Publication(1, shifts("a", 10)))
    before = work()
    results.publish(Publication(2, shifts("a", 3000)[10:]))
    assert work() <= before + 2
