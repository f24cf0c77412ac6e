"""A write-ahead log that is damaged in the middle is told from a torn tail, and kept."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections import deque
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.stores import SetClock
from twin.core.batch import batch
from twin.core.event import LOG_DAMAGED
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.store.inspect import damage
from twin.store.log import MORE_BYTES, ROOM_BYTES, SqliteLog
from twin.store.reader import LogReader
from twin.store.wal import damage_of_wal, make_room

COMMITS = 30


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """log.db and its WAL as a kill leaves them, and how long the WAL was after each commit."""
    folder, copied = tmp_path_factory.mktemp("living"), tmp_path_factory.mktemp("killed")
    with closing(SqliteLog(folder, SetClock(), room=0)) as log:
        sizes: list[int] = []
        for n in range(COMMITS):
            log.submit(batch("s", [0] * 30, range(30), [n] * 30)).result(10)
            sizes.append((folder / "log.db-wal").stat().st_size)
        for name in ("log.db", "log.db-wal"):
            shutil.copy(folder / name, copied / name)
    return copied, sizes


def test_a_whole_one_is_whole_and_so_is_one_that_was_torn_anywhere(
    killed: tuple[Path, list[int]], tmp_path: Path
) -> None:
    folder, _ = killed
    whole, chance = (folder / "log.db-wal").read_bytes(), random.Random(2)
    for cut in (len(whole), 0, 31, 33, *(chance.randrange(len(whole)) for _ in range(40))):
        (tmp_path / "wal").write_bytes(whole[:cut])
        assert damage_of_wal(tmp_path / "wal") is None
    assert damage_of_wal(tmp_path / "none") is None


def test_frames_of_the_round_before_are_no_damage(killed: tuple[Path, list[int]], tmp_path: Path) -> None:
    """A WAL that begins anew is written over: behind its last frame stand old ones, which have other salts."""
    folder, sizes = killed
    whole = (folder / "log.db-wal").read_bytes()
    old = bytearray(whole)
    for at in range(32, len(old), 24 + 8192):
        old[at + 8] ^= 0x55
    (tmp_path / "wal").write_bytes(whole[: sizes[10]] + bytes(old[sizes[10] :]))
    assert damage_of_wal(tmp_path / "wal") is None


def test_every_flipped_bit_before_the_last_two_commits_is_found(killed: tuple[Path, list[int]], tmp_path: Path) -> None:
    folder, sizes = killed
    whole, chance = (folder / "log.db-wal").read_bytes(), random.Random(3)
    places = [*range(4, 32), *(chance.randrange(32, sizes[-3]) for _ in range(100))]
    for at in places:
        damaged = bytearray(whole)
        damaged[at] ^= 1 << chance.randrange(8)
        (tmp_path / "wal").write_bytes(damaged)
        found = damage_of_wal(tmp_path / "wal")
        assert found is not None, at
        assert found.start <= at
        assert found.commits >= sum(size > at for size in sizes) - 1


def test_room_behind_the_last_frame_changes_nothing(killed: tuple[Path, list[int]], tmp_path: Path) -> None:
    folder, sizes = killed
    shutil.copytree(folder, tmp_path / "data")
    wal = tmp_path / "data" / "log.db-wal"
    make_room(wal, 2**22)
    assert wal.stat().st_size == 2**22
    assert damage_of_wal(wal) is None
    damaged = bytearray(wal.read_bytes())
    damaged[sizes[9] + 5000] ^= 4
    (tmp_path / "wal").write_bytes(damaged)
    found = damage_of_wal(tmp_path / "wal")
    assert found is not None
    assert sizes[9] <= found.start <= sizes[9] + 5000
    with closing(SqliteLog(tmp_path / "data", SetClock(), room=0)), closing(LogReader(tmp_path / "data")) as reader:
        assert len(reader.since(0, FAR_FUTURE).samples) == COMMITS * 30


def test_a_wal_of_zeros_alone_is_whole(tmp_path: Path) -> None:
    """As a kill before the first commit leaves it."""
    (tmp_path / "wal").write_bytes(bytes(2**20))
    assert damage_of_wal(tmp_path / "wal") is None


def test_commits_are_written_into_the_room_again_and_again(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path, SetClock(), room=2**20)) as log:
        for _ in range(4):
            for n in range(10):
                log.submit(batch("s", [0] * 1000, range(1000), [n] * 1000)).result(10)  # 64 KB or so with its pages
            with closing(sqlite3.connect(tmp_path / "log.db")) as other:
                busy, frames, folded = other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            assert (busy, frames) == (0, folded)
            assert (tmp_path / "log.db-wal").stat().st_size == 2**20


FLOOD, OF_ROWS = 1200, 2000
"""60 MB in commits that never pause."""


def flood(log: SqliteLog) -> None:
    """Something always waits for the writer."""
    waiting: deque[Future[int]] = deque()
    for n in range(FLOOD):
        waiting.append(log.submit(batch("s", [0] * OF_ROWS, range(OF_ROWS), [n] * OF_ROWS)))
        if len(waiting) > 3:
            waiting.popleft().result(30)
    waiting[-1].result(30)


def test_under_commits_that_never_pause_it_begins_anew_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.store.log.MOST_ROOM", 0)
    with closing(SqliteLog(tmp_path, SetClock())) as log:
        flood(log)
        assert (tmp_path / "log.db-wal").stat().st_size < 30 * 2**20  # 8 MB, and what a slow checkpoint lets grow


def test_who_writes_much_gets_more_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.store.log.LAP_S", float("inf"))
    with closing(SqliteLog(tmp_path, SetClock())) as log:
        flood(log)
        assert (tmp_path / "log.db-wal").stat().st_size >= ROOM_BYTES + MORE_BYTES
    with closing(SqliteLog(tmp_path, SetClock())), closing(LogReader(tmp_path)) as reader:
        assert reader.counts()["samples"] == FLOOD * OF_ROWS
        assert (tmp_path / "log.db-wal").stat().st_size == ROOM_BYTES


def test_the_next_start_keeps_it_says_so_and_goes_on(killed: tuple[Path, list[int]], tmp_path: Path) -> None:
    folder, sizes = killed
    shutil.copytree(folder, tmp_path / "data")
    wal = tmp_path / "data" / "log.db-wal"
    damaged = bytearray(wal.read_bytes())
    damaged[sizes[9] + 5000] ^= 4
    wal.write_bytes(damaged)
    with closing(LogReader(tmp_path / "data")) as reader:
        (told,) = damage(reader, lambda _share: None)
    assert "commits lie behind; they cannot be read" in told
    with closing(SqliteLog(tmp_path / "data", SetClock())) as log, closing(LogReader(log.folder)) as reader:
        log.submit(batch("s", [0], [1], [-1])).result(10)
        ((_, event),) = reader.events(FAR_PAST, FAR_FUTURE, (LOG_DAMAGED,))
        assert len(reader.since(0, FAR_FUTURE).samples) == 10 * 30 + 1
    (kept,) = (tmp_path / "data").glob("log.db-wal-damaged-*")
    assert kept.read_bytes() == bytes(damaged)
    assert kept.name in event.body["cause"]
