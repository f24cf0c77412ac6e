"""A SQLite table of samples, as one would write it first: a row a sample, the key its order, every commit synced."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.engine import folder_bytes
from twin.core.batch import Batch
from twin.core.instant import HOUR

_TABLE = """
CREATE TABLE sample (tag INTEGER NOT NULL, time INTEGER NOT NULL, value REAL, status INTEGER NOT NULL,
    PRIMARY KEY (tag, time)) WITHOUT ROWID
"""


class SqliteRows:
    """One connection; the last row of a (tag, time) wins."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._db = sqlite3.connect(folder / "rows.db", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA cache_size = -262144")
        self._db.execute(_TABLE)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def prepare(self, batches: Sequence[tuple[int, Batch]]) -> list[list[tuple[object, ...]]]:
        """Rows as tuples; NaN is NULL by itself."""
        return [
            list(zip(b.tag.tolist(), b.time.tolist(), b.value.tolist(), b.status.tolist(), strict=True))
            for _, b in batches
        ]

    def put(self, prepared: Any) -> None:
        """One transaction."""
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR REPLACE INTO sample VALUES (?, ?, ?, ?)", prepared)
        self._db.execute("COMMIT")

    def settled(self) -> int:
        """The WAL in the database, and the database as small as it gets."""
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return folder_bytes(self._folder)

    def day(self, tag: int, start: int, end: int) -> object:
        """Rows as Python has them."""
        return self._db.execute(
            "SELECT time, value, status FROM sample WHERE tag = ? AND time >= ? AND time < ?", (tag, start, end)
        ).fetchall()

    def hourly(self, tags: Sequence[int], start: int, end: int) -> object:
        """Grouped by the database."""
        return self._db.execute(
            f"SELECT tag, time / {HOUR}, avg(value) FROM sample WHERE tag IN ({', '.join(map(str, tags))}) "
            "AND time >= ? AND time < ? GROUP BY 1, 2",
            (start, end),
        ).fetchall()
