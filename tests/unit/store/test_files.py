"""Sealed files: damage is named, a full disk changes nothing, what counts no more goes."""

from __future__ import annotations

import random
import threading
from itertools import pairwise

import numpy as np
import pytest

from tests.contract.stores import AT_ONCE, UNITS, SetClock
from twin.core.batch import batch
from twin.core.errors import Corrupt, StoreFailed
from twin.core.history import Publication, Snapshot
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, MINUTE, SECOND
from twin.core.rows import in_order
from twin.store.files import COLUMNS, File, Vanished
from twin.store.log import SqliteLog
from twin.store.merge import groups, merge_past_days
from twin.store.reader import LogReader
from twin.store.results import SqliteResults
from twin.store.retention import Limits, forget_before
from twin.store.seal import Bounds, Sealer
from twin.store.sealed import Chosen

CODES = [(0, "code")]

NAMES = [f"plant/m{number}" for number in range(6)]
ROWS = 5000
FLIPS = 120


class Folder:
    """A log, its reader and its sealer."""

    def __init__(self, folder, bounds=AT_ONCE):
        self.folder, self.clock = folder, SetClock(10 * DAY)
        self.log, self.reader = SqliteLog(folder, self.clock), LogReader(folder)
        self.log.tags.ids_of(NAMES)
        self.sealer = Sealer(self.log, self.reader, bounds)

    def put(self, start, rows=ROWS, step=SECOND):
        tag = np.repeat(np.arange(len(NAMES)), rows)
        time = np.tile(start + np.arange(rows) * step, len(NAMES))
        self.log.submit(batch("s", tag, time, np.arange(len(tag)) % 97, 0)).result(10)

    def files(self):
        found = [path for kind in ("parquet", "rollup") for path in self.folder.rglob(f"*.{kind}")]
        return sorted(path.relative_to(self.folder).as_posix() for path in found)

    def all(self, reader=None):
        return (reader or self.reader).read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples

    def close(self):
        self.reader.close()
        self.log.close()


@pytest.fixture
def store(tmp_path):
    one = Folder(tmp_path)
    yield one
    one.close()


def test_a_flipped_bit_anywhere_is_named_and_never_another_value(store):
    store.put(10 * DAY)
    store.sealer.seal(FAR_FUTURE)
    (path,) = (store.folder / "history").rglob("*.parquet")
    whole, chance, true = path.read_bytes(), random.Random(5), store.all()
    for _ in range(FLIPS):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(damaged))
        reader = LogReader(store.folder)
        with pytest.raises(Corrupt, match=rf"{path.name}: bytes \d+ to \d+ do not match their checksum"):
            store.all(reader)
        reader.close()
    path.write_bytes(whole[:-20])
    with pytest.raises(Corrupt, match=path.name):
        store.all()
    path.write_bytes(whole)
    assert store.all().value.tobytes() == true.value.tobytes()
    path.unlink()
    with pytest.raises(Corrupt, match=rf"{path.name}: No such file"):
        store.all()


def test_how_many_rows_a_span_has_is_about_known(store):
    store.put(10 * DAY, rows=3000)
    store.sealer.seal(FAR_FUTURE)
    store.put(10 * DAY + 3000 * SECOND, rows=3000)
    assert store.reader.about(FAR_PAST, FAR_FUTURE) == 6000 * len(NAMES)
    half = store.reader.about(10 * DAY + 1500 * SECOND, 10 * DAY + 4500 * SECOND)
    assert half == pytest.approx(3000 * len(NAMES), rel=0.01)
    assert store.reader.about(11 * DAY, 12 * DAY) == 0


def test_what_a_read_does_not_need_may_be_damaged(store):
    store.put(10 * DAY, rows=70_000, step=SECOND // 1000)
    store.sealer.seal(FAR_FUTURE)
    (path,) = (store.folder / "history").rglob("*.parquet")
    damaged = bytearray(path.read_bytes())
    damaged[100] ^= 1  # in the first row group, which has the first tags
    path.write_bytes(bytes(damaged))
    last = np.array([len(NAMES) - 1], dtype=np.int32)
    assert len(store.reader.read_tags(last, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples) == 70_000
    with pytest.raises(Corrupt):
        store.reader.read_tags(np.array([0], dtype=np.int32), FAR_PAST, FAR_FUTURE, FAR_FUTURE)


def test_a_full_disk_seals_nothing_and_then_all(store):
    resource = pytest.importorskip("resource")
    store.put(10 * DAY)
    true = store.all()
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
    try:
        with pytest.raises(StoreFailed, match="nothing was sealed, the log has it all"):
            store.sealer.seal(FAR_FUTURE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert list((store.folder / "history").rglob("*.*")) == []
    assert store.sealer.seal(FAR_FUTURE) == len(true)
    assert np.sort(store.all().value).tobytes() == np.sort(true.value).tobytes()


def test_a_file_a_day_with_an_outline_where_there_are_many_rows_a_minute(store):
    store.put(10 * DAY - 100 * SECOND, rows=600)
    store.put(12 * DAY, rows=100, step=MINUTE)
    store.sealer.seal(FAR_FUTURE)
    assert [path.rpartition("/")[0] for path in store.files()] == [
        "history/1970-01-10", "history/1970-01-11", "history/1970-01-13", "outline/1970-01-10", "outline/1970-01-11",
        "rollup/1970-01-10", "rollup/1970-01-11", "rollup/1970-01-13",
    ]  # fmt: skip
    assert len(store.all()) == 700 * len(NAMES)


def test_the_youngest_stay_in_the_log(tmp_path):
    store = Folder(tmp_path, Bounds(rows=60, age=100, leave=10, grace=0, settle=0))
    store.clock.instant = 1000
    for number in range(10):  # 6 rows each, recorded 1000 to 1009
        store.log.submit(batch("s", range(6), [number] * 6, [1] * 6)).result(10)
    assert store.sealer.seal(1018) == 0
    assert store.sealer.seal(1019) == 60
    store.put(5, rows=1)
    assert store.sealer.seal(1019) == 0
    assert store.sealer.seal(1010 + 109) == 0
    assert store.sealer.seal(1010 + 110) == 6
    store.close()


def test_merged_files_stay_for_a_while_and_then_go(tmp_path):
    store = Folder(tmp_path, Bounds(rows=20_000, age=0, leave=0, grace=100, settle=0))
    for part in range(4):
        store.put(9 * DAY + part * 500 * SECOND, rows=600)
        store.sealer.seal(10 * DAY)
    true, before = store.all(), store.files()
    assert merge_past_days(store.sealer, 10 * DAY) == 4
    assert merge_past_days(store.sealer, 10 * DAY) == 0
    assert set(before) < set(store.files())
    assert store.sealer.sweep(store.log.last + 99) == 0
    assert store.sealer.sweep(store.log.last + 100) == len(before)
    assert [path[:7] for path in store.files()] == ["history", "rollup/"]  # rows that came again have no outline
    assert np.sort(store.all().recorded).tobytes() == np.sort(true.recorded).tobytes()
    store.close()


def test_a_crowded_day_becomes_files_that_follow_each_other(tmp_path):
    store = Folder(tmp_path, Bounds(rows=2000, age=0, leave=0, grace=0, settle=0))
    for part in range(6):
        store.put(9 * DAY + part * SECOND, rows=300, step=6 * SECOND)
        store.sealer.seal(10 * DAY)
    merge_past_days(store.sealer, 10 * DAY)
    spans = sorted(store.reader.rows("SELECT tmin, tmax, rows FROM file"))
    assert len(spans) > 3
    assert all(one[1] < other[0] for one, other in pairwise(spans))
    assert sum(rows for _, _, rows in spans) == 6 * 1800
    assert groups([], 5) == []
    store.close()


def test_a_day_with_a_damaged_file_does_not_keep_the_others_from_being_merged(tmp_path):
    store = Folder(tmp_path, Bounds(rows=20_000, age=0, leave=0, grace=0, settle=0))
    for day in (7, 7, 8, 8):
        store.put(day * DAY, rows=50)
        store.sealer.seal(10 * DAY)
    (first, *_) = sorted((store.folder / "history" / "1970-01-08").iterdir())
    first.write_bytes(first.read_bytes()[:-1] + b"?")
    with pytest.raises(Corrupt, match=first.name):
        merge_past_days(store.sealer, 10 * DAY)
    assert store.reader.rows("SELECT day, count(*) FROM file GROUP BY day") == [(7, 2), (8, 1)]
    store.close()


def test_what_a_killed_run_left_is_put_away(store):
    store.put(10 * DAY)
    store.sealer.seal(FAR_FUTURE)
    counted = store.files()
    for name in ("history/1970-01-11/00000099.parquet", "history/1970-01-11/00000100.tmp", "outline/00000003.parquet"):
        (store.folder / name).parent.mkdir(exist_ok=True)
        (store.folder / name).write_bytes(b"half")
    Sealer(store.log, store.reader, AT_ONCE).begin()
    assert store.files() == counted
    assert not list(store.folder.rglob("*.tmp"))


def test_retention_forgets_whole_files_and_verify_begins_at_the_oldest_snapshot(store):
    results = SqliteResults(store.reader, UNITS, CODES, store.log)
    for day in (7, 8, 9):
        store.put(day * DAY, rows=50)
        store.sealer.seal(FAR_FUTURE)
    results.publish(Publication(1, snapshots=[Snapshot(0, day * DAY, 1, b"x") for day in (7, 8, 9)]))
    assert forget_before(store.log, Limits(8 * DAY + 10 * SECOND)) == 1  # the file of day 8 has younger rows
    assert sorted({int(time) // DAY for time in store.all().time}) == [8, 9]
    assert (store.reader.kept_from(), store.reader.first()) == (8 * DAY + 10 * SECOND, 8 * DAY)
    oldest = results.oldest_snapshot(0, FAR_PAST)
    assert oldest is not None
    assert oldest.frontier == 9 * DAY
    assert results.oldest_snapshot(0, 9 * DAY + 1) is None
    assert store.sealer.sweep(FAR_FUTURE) >= 1
    assert sum(path.startswith("history") for path in store.files()) == 2


def test_a_log_that_is_sealed_whole_counts_on(tmp_path):
    store = Folder(tmp_path)
    store.put(5, rows=1)
    store.sealer.seal(FAR_FUTURE)
    store.close()
    again = Folder(tmp_path)
    again.clock.instant = 1
    again.put(6, rows=1)
    assert again.log.last == 10 * DAY + 1
    assert again.reader.counts() == {"entries": 2, "events": 0, "samples": 12}
    again.close()


def test_a_merge_with_a_damaged_file_is_not_begun(tmp_path):
    store = Folder(tmp_path, Bounds(rows=3000, age=0, leave=0, grace=0, settle=0))
    for part in range(3):  # each reaches into the next: they are merged together, in three pieces
        store.put(9 * DAY + part * 500 * SECOND, rows=510)
        store.sealer.seal(10 * DAY)
    steps: list[str] = []
    store.sealer.step = steps.append
    (*_, last) = sorted((store.folder / "history").rglob("*.parquet"))
    last.write_bytes(last.read_bytes()[:-1] + b"?")
    with pytest.raises(Corrupt, match=last.name):
        merge_past_days(store.sealer, 10 * DAY)
    assert steps == []  # else every look would write what it can, again and again
    store.close()


def test_files_that_retention_forgets_while_they_are_merged_stay_forgotten(tmp_path):
    store = Folder(tmp_path, Bounds(rows=20_000, age=0, leave=0, grace=0, settle=0))
    for _ in range(2):
        store.put(7 * DAY, rows=50)
        store.sealer.seal(10 * DAY)
    store.sealer.step = lambda step: forget_before(store.log, Limits(9 * DAY)) if step == "committing" else None
    assert merge_past_days(store.sealer, 10 * DAY) == 0
    assert store.log.failure == ""  # a transaction that fails takes the batches of others with it
    assert len(store.all()) == 0
    store.sealer.sweep(FAR_FUTURE)
    assert store.files() == []
    store.close()


def test_files_that_are_forgotten_before_they_are_read_are_not_merged(tmp_path):
    store = Folder(tmp_path, Bounds(rows=20_000, age=0, leave=0, grace=0, settle=0))
    for _ in range(2):
        store.put(7 * DAY, rows=50)
        store.sealer.seal(10 * DAY)
    (*listed,) = (File(*row) for row in store.reader.rows(f"SELECT {COLUMNS} FROM file"))
    forget_before(store.log, Limits(9 * DAY))
    with pytest.raises(Vanished):
        store.reader.files.listed_samples(LogReader(store.folder), listed, Chosen(0, 10 * DAY, 0, FAR_FUTURE))
    store.close()


def test_a_day_that_late_rows_still_reach_is_not_written_again_for_each_of_them(tmp_path):
    store = Folder(tmp_path, Bounds(rows=20_000, age=0, leave=0, grace=0, settle=100))
    for _ in range(2):
        store.put(7 * DAY, rows=50)
        store.sealer.seal(10 * DAY)
    assert merge_past_days(store.sealer, store.log.last + 99) == 0
    assert merge_past_days(store.sealer, store.log.last + 100) == 2
    store.close()


class Overtaken(LogReader):
    """While it learns the names of tags, a read of another thread learns them too."""

    is_first = True

    def rows(self, statement, given=()):
        found = super().rows(statement, given)
        if statement.startswith("SELECT name FROM tag") and self.is_first:
            self.is_first = False
            other = threading.Thread(target=lambda: self.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE))
            other.start()
            other.join()
        return found


def test_threads_that_learn_the_same_tags_at_once_know_each_once(store):
    store.put(10 * DAY, rows=50)
    store.sealer.seal(FAR_FUTURE)
    reader = Overtaken(store.folder)
    assert len(store.all(reader)) == len(store.all(reader)) == 50 * len(NAMES)
    reader.close()


def test_files_of_the_former_form_are_read_beside_those_of_today(store, monkeypatch):
    with monkeypatch.context() as former:
        former.setattr("twin.store.parquet.FORM", "FORMAT parquet, COMPRESSION zstd")
        store.put(10 * DAY)
        store.sealer.seal(FAR_FUTURE)
    store.put(11 * DAY)
    store.sealer.seal(FAR_FUTURE)
    encodings = [
        {
            e
            for (e,) in store.reader.files.parquet.rows(
                f"SELECT DISTINCT encodings FROM parquet_metadata('{path}')", path
            )
        }
        for path in sorted((store.folder / "history").rglob("*.parquet"))
    ]
    assert ["DELTA_BINARY_PACKED" in found for found in encodings] == [False, True]
    (one,) = store.reader.rows("SELECT count(*) FROM file")
    found = in_order(store.all())
    assert one == (2,)
    assert found.time.tolist() == sorted(found.time.tolist())
    assert len(found) == 2 * ROWS * len(NAMES)
    store.reader.files.check(store.reader, [File(*row) for row in store.reader.rows(f"SELECT {COLUMNS} FROM file")])


def test_who_gave_a_batch_stays_with_its_rows_through_seals_and_merges(store, monkeypatch):
    with monkeypatch.context() as former:
        former.setattr("twin.store.seal.sources_of", lambda _entries: None)  # as files were before
        store.log.submit(batch("line1", [0, 1], [10 * DAY, 10 * DAY], [1.0, 2.0])).result(10)
        store.sealer.seal(FAR_FUTURE)
    given = {store.log.last: None}
    for turn, source in enumerate(["line1", "o'brien", "line1"]):
        one = batch(source, [0, 1], [10 * DAY + turn, 10 * DAY + 9 - turn], [1.0, 2.0])
        given[store.log.submit(one).result(10)] = source
        store.sealer.seal(FAR_FUTURE)
    assert _sources(store) == given
    merge_past_days(store.sealer, FAR_FUTURE)
    assert len(store.reader.rows("SELECT path FROM file")) == 1
    assert _sources(store) == given


def _sources(store):
    paths = [store.folder / path for (path,) in store.reader.rows("SELECT path FROM file ORDER BY path")]
    found = store.reader.files.parquet.sources(paths)
    return {
        recorded: found.names[place] if place >= 0 else None
        for recorded, place in zip(found.recorded.tolist(), found.place.tolist(), strict=True)
    }
