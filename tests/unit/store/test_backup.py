"""Backup while a writer goes on, and restore: what the copy holds is one moment of the log, whole and checked."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.stores import AT_ONCE, SetClock
from twin.core.batch import batch
from twin.core.errors import Misconfigured, StoreFailed
from twin.core.event import Event
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.store.backup import back_up, copy_database, restore
from twin.store.inspect import damage
from twin.store.lock import writer_lock
from twin.store.log import SqliteLog
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.seal import Sealer

NAMES = ("plant/line/m/temp", "plant/line/m/it's")


def quiet(_share: float) -> None:
    """No progress bar."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sealed files, a tail in the log, an event, a certificate, another database."""
    place = tmp_path / "data"
    log, reader = SqliteLog(place, SetClock(100)), LogReader(place)
    with closing(log), closing(reader):
        log.tags.ids_of(NAMES)
        sealer = Sealer(log, reader, AT_ONCE)
        for first in (0, 100):
            log.submit(batch("s", [0, 1] * 50, range(first, first + 100), [1.5] * 100)).result(10)
            sealer.seal(FAR_FUTURE)
        log.submit(batch("s", [0, 1], [300, 301], [2, 3])).result(10)
        log.submit(Event(302, "gap", "s")).result(10)
    (place / "opcua").mkdir()
    (place / "opcua" / "own.pem").write_text("secret")
    with closing(sqlite3.connect(place / "outlets.db")) as other:
        other.execute("CREATE TABLE cursor (name TEXT, recorded INTEGER)")
        other.execute("INSERT INTO cursor VALUES ('historian', 7)")
        other.commit()
    return place


def held(folder: Path) -> tuple[list[tuple[int, int, float]], list[Event]]:
    with closing(LogReader(folder)) as reader:
        found = reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE)
    s = found.samples
    rows = sorted(zip(s.tag.tolist(), s.time.tolist(), s.value.tolist(), strict=True))
    return rows, [event for _, event in found.events]


@pytest.mark.parametrize("link", [False, True])
def test_the_copy_is_a_data_folder_with_the_same_in_it(folder: Path, tmp_path: Path, link: bool) -> None:
    shares: list[float] = []
    found = back_up(folder, tmp_path / "copy", shares.append, link=link)
    assert (found.files, found.samples, found.events, found.damage) == (6, 202, 1, ())
    assert held(tmp_path / "copy") == held(folder)
    assert (tmp_path / "copy" / "opcua" / "own.pem").read_text() == "secret"
    with closing(sqlite3.connect(tmp_path / "copy" / "outlets.db")) as other:
        assert other.execute("SELECT * FROM cursor").fetchall() == [("historian", 7)]
    assert shares == sorted(shares)
    assert shares[-1] <= 1
    (one, *_), (copied, *_) = (sorted((place / "history").rglob("*.parquet")) for place in (folder, tmp_path / "copy"))
    assert one.samefile(copied) == link
    assert not list(tmp_path.glob("*.partial"))
    assert not list((tmp_path / "copy").glob("writer*"))


def test_a_restored_folder_is_written_on(folder: Path, tmp_path: Path) -> None:
    back_up(folder, tmp_path / "copy", quiet)
    restore(tmp_path / "copy", tmp_path / "new", quiet)
    assert held(tmp_path / "new") == held(folder)
    with closing(SqliteLog(tmp_path / "new", SetClock(5))) as log:
        recorded = log.submit(batch("s", [0], [400], [9])).result(10)
    with closing(LogReader(folder)) as before:
        assert recorded > before.last()
    assert len(held(tmp_path / "new")[0]) == 203


def test_a_backup_beside_a_writer_is_one_moment(folder: Path, tmp_path: Path) -> None:
    """Every batch has two rows and numbers its rows: the copy holds whole batches, and all up to its last."""
    log, reader = SqliteLog(folder, SetClock(1000)), LogReader(folder)
    stop = threading.Event()
    acked: list[int] = []

    def write() -> None:
        sealer = Sealer(log, reader, AT_ONCE)
        number = 1000
        while not stop.is_set():
            log.submit(batch("s", [0, 1], [number, number], [number, number])).result(10)
            acked.append(number)
            number += 1
            if number % 20 == 0:
                sealer.seal(FAR_FUTURE)
                merge_past_days(sealer, FAR_FUTURE)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for n in range(5):
            before = list(acked)
            found = back_up(folder, tmp_path / str(n), quiet)
            rows = [row for row in held(tmp_path / str(n))[0] if row[1] >= 1000]
            assert found.damage == ()
            numbers = sorted({time for _, time, _ in rows})
            assert len(rows) == 2 * len(numbers)
            assert numbers == list(range(1000, 1000 + len(numbers)))
            assert set(before) <= set(numbers)
    finally:
        stop.set()
        thread.join()
        reader.close()
        log.close()


def test_a_long_copy_goes_on_while_others_write(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE t (n INTEGER, body BLOB)")
        writer.executemany("INSERT INTO t VALUES (?, zeroblob(4000))", [(n,) for n in range(4000)])
        shares: list[float] = []

        def written_beside(share: float) -> None:
            shares.append(share)
            writer.execute("INSERT INTO t VALUES (-1, NULL)")

        copy_database(tmp_path / "log.db", tmp_path / "copy.db", written_beside)
    assert len(shares) > 2
    assert shares == sorted(shares)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT count(*), min(n) FROM t").fetchone() == (4000, 0)


def test_a_damaged_file_is_copied_and_named_and_not_restored(folder: Path, tmp_path: Path) -> None:
    file = next((folder / "history").rglob("*.parquet"))
    flipped = bytearray(file.read_bytes())
    flipped[40] ^= 1
    file.write_bytes(bytes(flipped))
    found = back_up(folder, tmp_path / "copy", quiet)
    assert len(found.damage) == 1
    assert found.damage[0].startswith(f"{tmp_path / 'copy' / file.relative_to(folder)}: ")
    with pytest.raises(StoreFailed, match=file.name):
        restore(tmp_path / "copy", tmp_path / "new", quiet)
    assert not (tmp_path / "new").exists()


def test_what_is_not_fit_is_refused_and_nothing_changes(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("mine")
    for source, target in [(tmp_path / "nowhere", tmp_path / "a"), (folder, tmp_path / "full"), (folder, folder / "b")]:
        with pytest.raises(Misconfigured):
            back_up(source, target, quiet)
    assert (tmp_path / "full" / "x").read_text() == "mine"
    with writer_lock(folder), pytest.raises(Misconfigured, match="writes this folder"):
        restore(folder, tmp_path / "a", quiet)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "full"]


def test_a_lost_file_leaves_no_copy_and_says_so(folder: Path, tmp_path: Path) -> None:
    next((folder / "history").rglob("*.parquet")).unlink()
    with pytest.raises(StoreFailed, match="there is no copy"):
        back_up(folder, tmp_path / "copy", quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    with closing(LogReader(folder)) as reader:
        assert len(damage(reader, quiet)) == 1


def test_a_killed_backup_is_begun_anew(folder: Path, tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def kill(step: str) -> None:
        if step == "files copied":
            raise Killed

    with pytest.raises(Killed):
        back_up(folder, tmp_path / "copy", quiet, on_step=kill)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["copy.partial", "data"]
    assert back_up(folder, tmp_path / "copy", quiet).samples == 202
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["copy", "data"]


def test_what_is_merged_away_meanwhile_is_copied_as_what_it_became(folder: Path, tmp_path: Path) -> None:
    """Each time that the log was copied its files are merged away and unlinked at once."""
    log, reader = SqliteLog(folder, SetClock(1000)), LogReader(folder)
    sealer = Sealer(log, reader, AT_ONCE)
    merges = iter(range(3))

    def merge(step: str) -> None:
        if step == "log copied" and next(merges, None) is not None:
            log.submit(batch("s", [0, 1], [500, 501], [5, 5])).result(10)
            sealer.seal(FAR_FUTURE)
            merge_past_days(sealer, FAR_FUTURE)
            sealer.sweep(FAR_FUTURE)

    with closing(log), closing(reader):
        found = back_up(folder, tmp_path / "copy", quiet, on_step=merge)
    assert next(merges, None) is None
    assert found.damage == ()
    assert held(tmp_path / "copy") == held(folder)
    files = [path.relative_to(tmp_path / "copy") for path in (tmp_path / "copy" / "history").rglob("*.parquet")]
    with closing(LogReader(tmp_path / "copy")) as copy:
        assert {path.as_posix() for path in files} == {path for (path,) in copy.rows("SELECT path FROM file")}
