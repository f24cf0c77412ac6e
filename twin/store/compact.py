"""Compacting a folder that nobody writes: everything sealed and merged, and the log as small as it can be."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from twin.core.errors import Misconfigured, StoreFailed
from twin.core.instant import DAY
from twin.core.ports import Clock
from twin.store.groups import NO_GROUPS, Groups
from twin.store.lock import writer_lock
from twin.store.log import SqliteLog
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.seal import Bounds, Sealer


@dataclass(frozen=True, slots=True)
class Compacted:
    """What it did. sealed: samples that went from the log into files; merged: files that went into others."""

    sealed: int
    merged: int
    bytes_before: int
    bytes_after: int


def compact(
    folder: Path, clock: Clock, progress: Callable[[float], None], groups: Callable[[], Groups] = lambda: NO_GROUPS
) -> Compacted:
    """Seal, merge, unlink what counts no more, and vacuum the log. Raises Locked, StoreFailed, Corrupt.

    groups: those of the plant that runs here, asked once the log is open: in files of other groups its samples would be
    kept for the wrong age.
    """
    if not (folder / "log.db").exists():
        raise Misconfigured(f"{folder}: no data here (no log.db); name the folder of a run with --data DIR")
    before = _bytes(folder)
    with writer_lock(folder):
        sealed, merged = _into_files(folder, clock, progress, groups)
        progress(0.9)
        _vacuum(folder)
    progress(1.0)
    return Compacted(sealed, merged, before, _bytes(folder))


def _into_files(
    folder: Path, clock: Clock, progress: Callable[[float], None], groups: Callable[[], Groups]
) -> tuple[int, int]:
    log, reader = SqliteLog(folder, clock), LogReader(folder)
    with closing(log), closing(reader):
        sealer = Sealer(log, reader, Bounds(age=0, leave=0, grace=0, settle=0), groups=groups())
        sealer.begin()
        due, sealed = max(1, reader.counts()["samples"]), 0
        while count := sealer.seal(clock.now()):
            sealed += count
            progress(0.5 * min(1.0, sealed / due))
        merged = merge_past_days(sealer, max(clock.now(), log.last) + 2 * DAY)  # today, too
        sealer.sweep(clock.now())
    return sealed, merged


def _vacuum(folder: Path) -> None:
    """Give back the pages that sealed rows have left. SQLite writes the database anew beside it: it needs the room."""
    try:
        with closing(sqlite3.connect(folder / "log.db", isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise StoreFailed(f"{folder / 'log.db'}: {error}; is there room for a second copy of it?") from error


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
