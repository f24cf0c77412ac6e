"""The tables of `DIR/log.db`, and how a connection to it is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from twin.core.errors import Corrupt, StoreFailed
from twin.core.instant import MINUTE

LAYOUT = 3
"""Number of this layout; a folder of a younger one is refused, of an older one migrated."""

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type TEXT NOT NULL);
-- kind: '' for a batch, else the kind of the event. body: packed rows, or the event. text: JSON of the text column.
-- crc: of all other columns (twin.store.entry).
CREATE TABLE IF NOT EXISTS entry (
    recorded INTEGER PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT NULL,
    tmin INTEGER NOT NULL, tmax INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL, text BLOB);
CREATE INDEX IF NOT EXISTS entry_time ON entry (tmax, tmin);
CREATE INDEX IF NOT EXISTS entry_event ON entry (kind, tmax) WHERE kind != '';
CREATE TABLE IF NOT EXISTS snapshot (
    unit TEXT NOT NULL, code TEXT NOT NULL, frontier INTEGER NOT NULL, known INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (unit, code, frontier, known)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS late (
    unit TEXT NOT NULL, recorded INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (unit, recorded)) WITHOUT ROWID;
-- known_to NULL: believed now. One (unit, kind, key, start, end, data) is believed at most once at a time.
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY, unit TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, start INTEGER NOT NULL,
    end INTEGER NOT NULL, data TEXT NOT NULL, known_from INTEGER NOT NULL, known_to INTEGER);
CREATE UNIQUE INDEX IF NOT EXISTS record_current ON record (unit, end, kind, key, start, data) WHERE known_to IS NULL;
CREATE INDEX IF NOT EXISTS record_key ON record (kind, key, end);
CREATE INDEX IF NOT EXISTS record_end ON record (end);
-- What late entries changed, numbered as announced. start, end: what removed and added cover together. removed, added:
-- JSON [start, end, data], '' for none. why: JSON (twin.store.corrected).
CREATE TABLE IF NOT EXISTS correction (
    number INTEGER PRIMARY KEY, known INTEGER NOT NULL, unit TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
    start INTEGER NOT NULL, end INTEGER NOT NULL, removed TEXT NOT NULL, added TEXT NOT NULL, why TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS correction_end ON correction (end);
-- Sealed history: which Parquet files count is said here and nowhere else. path: below DIR, with slashes. tmin, tmax,
-- rmin, rmax: least and greatest time and recorded. entries: batches whose greatest time is in it. first: the earliest
-- time of those within the horizon. repeats: rows that give a (tag, time) of the file again. blocks: checksums.
-- grp: the group of its tags, '' for those in none; grouping: of which set of groups, '' for no groups at all.
CREATE TABLE IF NOT EXISTS file (
    path TEXT PRIMARY KEY, day INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, tmin INTEGER NOT NULL,
    tmax INTEGER NOT NULL, rmin INTEGER NOT NULL, rmax INTEGER NOT NULL, entries INTEGER NOT NULL, first INTEGER,
    repeats INTEGER NOT NULL, blocks TEXT NOT NULL, grp TEXT NOT NULL DEFAULT '',
    grouping TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
-- Of a file with many rows a minute: a smaller one below `outline` with those that show the shape of each minute.
CREATE TABLE IF NOT EXISTS outline (
    file TEXT PRIMARY KEY, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, blocks TEXT NOT NULL) WITHOUT ROWID;
-- Entries that do not match their checksum: they count no more, and their bytes stay. found: when, ns.
CREATE TABLE IF NOT EXISTS damaged (
    recorded INTEGER NOT NULL, kind, source, tmin, tmax, crc, body, text, found INTEGER NOT NULL);
-- Of a file with many rows an hour: one below `rollup` with counts, ends and sums of each tag's hours.
CREATE TABLE IF NOT EXISTS rollup (
    file TEXT PRIMARY KEY, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, blocks TEXT NOT NULL) WITHOUT ROWID;
-- What thinning left out, by tag and day (of UTC, since 1970): rows that stay, rows that are gone and, of these, those
-- that a later one of the same time stood for; error: how far a row that is gone may be from what the others tell.
CREATE TABLE IF NOT EXISTS thinned (
    tag INTEGER NOT NULL, day INTEGER NOT NULL, rows INTEGER NOT NULL, dropped INTEGER NOT NULL,
    superseded INTEGER NOT NULL, error REAL NOT NULL, PRIMARY KEY (tag, day)) WITHOUT ROWID;
-- Files that count no more, and since when: they go when no reader can have them on its list.
CREATE TABLE IF NOT EXISTS gone (path TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
"""

SEALED_TO = "(SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta WHERE key = 'sealed_to')"
"""Batches recorded up to here are in files, whether or not their rows are still in the log."""

QUARTER = 15 * MINUTE
"""Counts believed now are also summed by the quarter of an hour: every time zone lies whole quarters off UTC, and
shifts and breaks mostly begin on one."""


_QUANTITIES = ("pieces", "wraps", "resets", "jumps")


def _quantity(name: str, row: str = "record") -> str:
    return f"coalesce(json_extract({row}.data, '$.{name}'), 0)"  # `->>` is younger than the SQLite of some systems


def _in_quarter(row: str, sign: str) -> str:
    """Add a count record to the sums of its quarter, or take it out of them."""
    changes = ", ".join(f"{name} = {name} {sign} {_quantity(name, row)}" for name in _QUANTITIES)
    place = f"key = {row}.key AND unit = {row}.unit AND start = {row}.start - {row}.start % {QUARTER}"
    return f"UPDATE count_quarter SET minutes = minutes {sign} 1, {changes} WHERE {place};"  # noqa: S608


_SUMS = f"""
BEGIN IMMEDIATE;
-- minutes: how many records are in the sums.
CREATE TABLE count_quarter (
    key TEXT NOT NULL, start INTEGER NOT NULL, unit TEXT NOT NULL, minutes INTEGER NOT NULL DEFAULT 0,
    pieces INTEGER NOT NULL DEFAULT 0, wraps INTEGER NOT NULL DEFAULT 0, resets INTEGER NOT NULL DEFAULT 0,
    jumps INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (key, start, unit)) WITHOUT ROWID;
-- The database itself keeps the sums, in the transaction that changes a record: they are those of the records, whatever
-- is published, corrected, published again after a full disk, or forgotten.
CREATE TRIGGER count_added AFTER INSERT ON record WHEN new.kind = 'count' AND new.known_to IS NULL BEGIN
    INSERT OR IGNORE INTO count_quarter (key, start, unit)
        VALUES (new.key, new.start - new.start % {QUARTER}, new.unit);
    {_in_quarter("new", "+")}
END;
CREATE TRIGGER count_removed AFTER UPDATE OF known_to ON record
WHEN new.kind = 'count' AND old.known_to IS NULL AND new.known_to IS NOT NULL BEGIN
    {_in_quarter("old", "-")}
END;
CREATE TRIGGER count_forgotten AFTER DELETE ON record WHEN old.kind = 'count' AND old.known_to IS NULL BEGIN
    {_in_quarter("old", "-")}
END;
CREATE TRIGGER count_gone AFTER UPDATE ON count_quarter WHEN new.minutes = 0 BEGIN
    DELETE FROM count_quarter WHERE key = new.key AND start = new.start AND unit = new.unit;
END;
INSERT INTO count_quarter SELECT key, start - start % {QUARTER}, unit, count(*),
    {", ".join(f"sum({_quantity(name)})" for name in _QUANTITIES)}
    FROM record WHERE kind = 'count' AND known_to IS NULL GROUP BY 1, 2, 3;
COMMIT;
"""  # noqa: S608 - numbers of ours


def _keep_sums(connection: sqlite3.Connection) -> None:
    """Make the sums of counts where a folder has none yet."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'count_quarter'").fetchall():
        connection.executescript(_SUMS)


def _add_groups(connection: sqlite3.Connection) -> None:
    """Layout 3: files know the group of their tags. What an older version sealed belongs to none."""
    have = {name for _, name, *_ in connection.execute("PRAGMA table_info(file)")}
    for column in ("grp", "grouping"):  # each by itself: a kill may fall between them
        if column not in have:
            connection.execute(f"ALTER TABLE file ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")


def open_writer(folder: Path) -> sqlite3.Connection:
    """The writing connection, made for the writer's thread. Raises StoreFailed when the folder is not ours to open."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(folder / "log.db", isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a commit is an fsync of the WAL: acknowledged is on disk
        connection.execute("PRAGMA secure_delete = 0")  # Debian's default overwrites deleted pages: 240-500 ms
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # the checkpoint has a thread of its own
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.executescript(_TABLES)
        connection.execute("INSERT OR IGNORE INTO meta VALUES ('layout', ?)", (str(LAYOUT),))
        _check_layout(connection, folder)
        _check_tags(connection, folder)
        _keep_sums(connection)
        _add_groups(connection)
        connection.execute("UPDATE meta SET value = ? WHERE key = 'layout'", (str(LAYOUT),))
    except sqlite3.Error as error:
        raise StoreFailed(
            f"{folder / 'log.db'}: {error}; is it a data folder of ours, and may we write there?"
        ) from error
    except OSError as error:
        raise StoreFailed(f"{folder}: {error.strerror}; name a folder we may write to with --data DIR") from error
    return connection


def _check_tags(connection: sqlite3.Connection, folder: Path) -> None:
    """A name stands in its row and in an index; where they differ, samples would be told under another name."""
    found = [text for (text,) in connection.execute("PRAGMA integrity_check('tag')") if text != "ok"]
    if found:
        raise Corrupt(f"{folder / 'log.db'}: table tag: {found[0]}; restore it from a backup")


def open_reader(folder: Path) -> sqlite3.Connection:
    """A read-only connection; works beside a writer in another process. Raises StoreFailed when there is no log."""
    path = folder / "log.db"
    if not path.exists():
        raise StoreFailed(f"{folder}: no data here (no log.db); name the folder of a run with --data DIR")
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA busy_timeout = 10000")
        _check_layout(connection, folder, LAYOUT)
    except sqlite3.Error as error:  # a folder that is just being made has no tables yet
        connection.close()
        raise StoreFailed(f"{path}: {error}; is it a data folder of ours, and is its first run up?") from error
    except StoreFailed:
        connection.close()
        raise
    return connection


def _check_layout(connection: sqlite3.Connection, folder: Path, least: int = 0) -> None:
    row = connection.execute("SELECT value FROM meta WHERE key = 'layout'").fetchone()
    layout = 0 if row is None else int(row[0])
    if layout > LAYOUT:
        raise StoreFailed(
            f"{folder}: written by a newer linetwin (layout {layout}, ours is {LAYOUT}); upgrade linetwin"
        )
    if layout < least:
        raise StoreFailed(
            f"{folder}: written by an older linetwin (layout {layout}, ours is {LAYOUT}); twin run --data {folder} "
            "brings it up to date"
        )
