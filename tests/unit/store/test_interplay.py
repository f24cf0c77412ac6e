"""Parts of the store that meet: groups, renames, thinning, retention, compacting, and rows that stand twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.contract.stores import AT_ONCE, SetClock
from tests.unit.store.test_groups import BOTH, NAMES, Store
from twin.core.batch import batch
from twin.core.event import PLANT_LOADED, Event
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, SECOND
from twin.core.routing import HORIZON
from twin.core.rows import in_order
from twin.core.thinning import Thinning
from twin.store.compact import compact
from twin.store.counted import counts
from twin.store.groups import Groups
from twin.store.log import SqliteLog
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.retention import Limits, forget_before
from twin.store.schema import open_writer
from twin.store.seal import Sealer
from twin.store.thin import SPARE, Rule, thin_past_days


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    clock = SetClock()
    log, reader = SqliteLog(tmp_path, clock), LogReader(tmp_path)
    log.tags.ids_of(NAMES)
    with closing(log), closing(reader):
        yield Store(log, reader, clock)


def test_of_rows_that_stand_twice_in_a_batch_the_later_wins_however_many_tags_are_read(tmp_path: Path) -> None:
    """Asked for many tags, the engine reads the row groups of a file in any order."""
    tags, each = 12, 40_000
    with closing(SqliteLog(tmp_path, SetClock(DAY))) as log, closing(LogReader(tmp_path)) as reader:
        log.tags.ids_of([f"t{n:02}" for n in range(3 * tags)])
        tag = np.repeat(np.arange(tags), each)
        log.submit(batch("s", tag, [SECOND] * len(tag), np.arange(len(tag), dtype=float))).result(60)
        Sealer(log, reader, AT_ONCE).seal(FAR_FUTURE)
        for _ in range(5):
            found = in_order(reader.read_tags(np.arange(tags, dtype=np.int32), 0, DAY, FAR_FUTURE).samples)
            assert found.value.tolist() == [(n + 1) * each - 1.0 for n in range(tags)]


def test_compacting_leaves_groups_apart(store: Store) -> None:
    for _ in range(2):
        store.day(10)
        store.seal()
    store.day(10)
    folder = store.log.folder
    store.log.close()
    compact(folder, SetClock(20 * DAY), lambda _share: None, lambda: BOTH)
    assert store.files() == [(10, ""), (10, "fast"), (10, "years")]


def test_history_begins_where_the_groups_that_are_left_begin(store: Store) -> None:
    for day in (10, 11):
        for _ in range(2):
            store.day(day)
            merge_past_days(store.seal(Groups(["a", "b"], lambda tag: "b" if tag == "m/temp" else "a", "ab")), 0)
    merge_past_days(store.seal(), FAR_FUTURE)
    forget_before(store.log, Limits(groups={"fast": 12 * DAY, "a": 12 * DAY}))
    assert store.held()["m/temp"] == [10, 11]
    assert store.reader.first() == 10 * DAY


def test_a_tag_that_comes_to_another_group_by_its_name_is_counted_once(store: Store) -> None:
    store.day(10, 3000)
    store.seal()
    store.log.tags.rename("m/vibration", "m/shaking")

    def keep(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO meta VALUES ('renamed', ?)", ('{"1": "m/shaking"}',))

    store.log.submit(keep).result(10)
    store.day(10, 3000)
    store.seal()
    found = counts(store.reader, np.arange(3, dtype=np.int32), 10 * DAY, 11 * DAY)
    assert found.repeats.tolist() == [1000, 1000, 1000]
    assert len(store.reader.read_shape(np.array([1], np.int32), 10 * DAY, 11 * DAY, FAR_FUTURE).samples) == 2000


def test_a_day_of_two_sets_of_groups_is_thinned_as_one(store: Store) -> None:
    """Else a row that a later one stands for would come back where the later one is left out."""
    other = Groups(["fast"], lambda tag: "fast" if tag == "m/temp" else "", "other")
    times = 10 * DAY + SECOND * np.arange(9)
    for values, groups in (([0, 0, 0, 0, 50, 0, 0, 0, 0], BOTH), ([0] * 9, other)):
        store.log.submit(batch("s", [0] * 9, times, np.array(values, float))).result(10)
        sealer = store.seal(groups)
    later = 11 * DAY + HORIZON + 2 * SPARE
    assert thin_past_days(sealer, later, {0: Rule(HORIZON, Thinning(0.1, 0.1, 0, stepped=False), 0.2)}) == 16
    rows = in_order(store.reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples)
    assert rows.value.tolist() == [0.0, 0.0]


def test_a_day_that_stays_is_not_thinned_twice(store: Store) -> None:
    store.day(10)
    sealer = store.seal()
    rules = {0: Rule(HORIZON, Thinning(0.1, 0.1, 0, stepped=False), 0.2)}
    assert thin_past_days(sealer, 11 * DAY + HORIZON + 2 * SPARE, rules)
    forget_before(store.log, Limits(20 * DAY, taken=0))
    assert store.reader.thinned_to() == 11 * DAY
    forget_before(store.log, Limits(20 * DAY))
    assert store.reader.thinned_to() is None


def test_the_plant_that_runs_is_never_forgotten(store: Store) -> None:
    for day in (9, 10):
        store.log.submit(Event(day * DAY, PLANT_LOADED, "p", {"text": str(day)})).result(10)
    store.day(30)
    forget_before(store.log, Limits(20 * DAY))
    ((_, event),) = store.reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED,))
    assert event.body["text"] == "10"


def test_a_migration_that_was_killed_half_way_is_finished(tmp_path: Path) -> None:
    open_writer(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
        connection.execute("ALTER TABLE file DROP COLUMN grouping")
        connection.execute("UPDATE meta SET value = '2' WHERE key = 'layout'")
    open_writer(tmp_path).close()
    with closing(LogReader(tmp_path)) as reader:
        assert reader.rows("SELECT grp, grouping FROM file") == []
