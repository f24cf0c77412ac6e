"""What outlets have of the log: a cursor for each, what became of their rows, and those that the other side refused.

`DIR/outlets.db`, apart from log.db: no acknowledgement waits for an outlet. One transaction moves a cursor, counts, and
keeps the refused rows, so after a kill the three agree.
"""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.errors import StoreFailed
from twin.core.rows import Samples

FILE = "outlets.db"
MOST_HELD = 100_000
"""Refused rows that are kept of one outlet; of more the oldest go, counted. The log has them all the same."""

_TABLES = """
CREATE TABLE IF NOT EXISTS outlet (
    id TEXT PRIMARY KEY, cursor INTEGER NOT NULL, sent INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0,
    dropped INTEGER NOT NULL DEFAULT 0, mended INTEGER NOT NULL DEFAULT 0, overflowed INTEGER NOT NULL DEFAULT 0,
    told INTEGER NOT NULL DEFAULT 0, gap INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
-- value: as the log has it, NULL where there is none. again: somebody wants it sent again.
CREATE TABLE IF NOT EXISTS quarantine (
    number INTEGER PRIMARY KEY AUTOINCREMENT, outlet TEXT NOT NULL, recorded INTEGER NOT NULL, tag INTEGER NOT NULL,
    time INTEGER NOT NULL, value REAL, status INTEGER NOT NULL, text TEXT, cause TEXT NOT NULL, since INTEGER NOT NULL,
    again INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS quarantine_outlet ON quarantine (outlet, number);
CREATE INDEX IF NOT EXISTS quarantine_key ON quarantine (outlet, tag, time);
CREATE INDEX IF NOT EXISTS quarantine_again ON quarantine (outlet, number) WHERE again;
"""
_STANDING = "id, cursor, sent, refused, dropped, mended, overflowed, told, gap, active"
_HELD = "number, recorded, tag, time, value, status, text, cause, since, again"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an outlet is. cursor: it has all that was recorded up to there, or it is counted here.

    sent, refused, dropped: rows since it began. mended: refused rows that went through later, or that a newer row of
    the same tag and time stands for. overflowed: refused rows that are not kept any more. told: dropped rows that the
    log has an event of; gap: cursor before the first that it has none of. active: the plant file has it.
    """

    id: str
    cursor: int
    sent: int = 0
    refused: int = 0
    dropped: int = 0
    mended: int = 0
    overflowed: int = 0
    told: int = 0
    gap: int = 0
    active: int = 1


@dataclass(frozen=True, slots=True)
class Held:
    """A row in quarantine. value: as the log has it, NaN where there is none. since: when it was refused, ns."""

    number: int
    recorded: int
    tag: int
    time: int
    value: float
    status: int
    text: str | None
    cause: str
    since: int
    again: bool = False


class Outbox:
    """The outlets of a data folder. write: by the holder of the writer lock; others read beside it. For any thread."""

    def __init__(self, folder: Path, write: bool = True) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._keys: dict[str, set[tuple[int, int]]] = {}
        """(tag, time) of what an outlet has in quarantine, once it was asked for."""
        with self._told():
            self._db = self._opened(write)

    def _opened(self, write: bool) -> sqlite3.Connection:
        if not write and not self._path.exists():
            empty = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            empty.executescript(_TABLES)
            return empty
        mode = "" if write else "?mode=ro"
        db = sqlite3.connect(
            f"{self._path.resolve().as_uri()}{mode}", uri=True, isolation_level=None, check_same_thread=False
        )
        db.execute("PRAGMA busy_timeout = 10000")
        if write:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA secure_delete = 0")
            db.executescript(_TABLES)
        return db

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    # --- reading -------------------------------------------------------------------------------------------------

    def standings(self) -> dict[str, Standing]:
        """All outlets that there ever were, by name."""
        found = self._rows(f"SELECT {_STANDING} FROM outlet ORDER BY id")  # noqa: S608 - no input in it
        return {row[0]: Standing(*row) for row in found}

    def held(self, id: str, after: int = 0, limit: int = 1000, asked: bool = False) -> list[Held]:
        """Rows in quarantine with a number greater than `after`, oldest first. asked: those to be sent again."""
        where = "outlet = ? AND number > ?" + (" AND again" if asked else "")
        found = self._rows(
            f"SELECT {_HELD} FROM quarantine WHERE {where} ORDER BY number LIMIT ?",  # noqa: S608
            (id, after, limit),
        )
        return [
            Held(number, recorded, tag, time, _number(value), status, text, cause, since, bool(again))
            for number, recorded, tag, time, value, status, text, cause, since, again in found
        ]

    def counts(self, id: str) -> tuple[int, int]:
        """Rows in quarantine, and how many of them are to be sent again."""
        ((held, again),) = self._rows(
            "SELECT count(*), coalesce(sum(again), 0) FROM quarantine WHERE outlet = ?", (id,)
        )
        return held, again

    def causes(self, id: str) -> dict[str, int]:
        """Why rows are in quarantine, and how many for each cause; the fifty that are most."""
        return dict(
            self._rows(
                "SELECT cause, count(*) FROM quarantine WHERE outlet = ? GROUP BY cause ORDER BY 2 DESC, 1 LIMIT 50",
                (id,),
            )
        )

    # --- writing -------------------------------------------------------------------------------------------------

    def begin(self, ids: Mapping[str, str], cursors: Mapping[str, int]) -> dict[str, bool]:
        """These outlets (id -> former name) are those of the plant file; a new one gets its cursor.

        Whether each was left out before: what the log forgot meanwhile it never got.
        """
        back: dict[str, bool] = {}
        with self._change() as db:
            for id, was in ids.items():
                _take_over(db, was, id)
                row = db.execute("SELECT active FROM outlet WHERE id = ?", (id,)).fetchone()
                back[id] = row is not None and not row[0]
                if row is None:
                    db.execute("INSERT INTO outlet (id, cursor) VALUES (?, ?)", (id, cursors[id]))
            db.execute("UPDATE outlet SET active = 0")
            db.executemany("UPDATE outlet SET active = 1 WHERE id = ?", [(id,) for id in ids])
        return back

    def moved(self, id: str, cursor: int, rows: Samples, refused: Sequence[Held]) -> int:
        """The other side has these rows for good, but for the refused; how many of the latter went for want of room."""
        mended = self._mended_by(id, rows)
        sent = len(rows) - len(refused)
        with self._change() as db:
            db.execute(
                "UPDATE outlet SET cursor = ?, sent = sent + ?, refused = refused + ? WHERE id = ?",
                (cursor, sent, len(refused), id),
            )
            if mended:
                self._count_mended(db, id, self._delete_older(db, id, mended))
            overflowed = self._keep(db, id, refused)
        if mended or refused:
            self._keys.pop(id, None)
        return overflowed

    def drop(self, id: str, cursor: int, rows: int) -> None:
        """The outlet goes on behind `cursor`, and `rows` before it were never sent."""
        with self._change() as db:
            db.execute("UPDATE outlet SET gap = cursor WHERE id = ? AND dropped = told", (id,))
            db.execute("UPDATE outlet SET cursor = ?, dropped = dropped + ? WHERE id = ?", (cursor, rows, id))

    def told(self, id: str, rows: int) -> None:
        """The log has an event of so many more dropped rows."""
        with self._change() as db:
            db.execute("UPDATE outlet SET told = told + ?, gap = cursor WHERE id = ?", (rows, id))

    def ask_again(self, id: str, numbers: Sequence[int] | None) -> int:
        """Rows in quarantine are to be sent again as they are, all for None; how many."""
        return self._of_numbers("UPDATE quarantine SET again = 1 WHERE outlet = ?", id, numbers)

    def forget(self, id: str, numbers: Sequence[int] | None) -> int:
        """Rows leave the quarantine and are not sent, all for None; how many."""
        self._keys.pop(id, None)
        return self._of_numbers("DELETE FROM quarantine WHERE outlet = ?", id, numbers)

    def settle(self, id: str, done: Sequence[int], sent: int, refused: Mapping[int, str], now: int) -> None:
        """What became of rows that were sent again: `done` are out, the refused stay, with their new cause."""
        self._keys.pop(id, None)
        with self._change() as db:
            db.executemany("DELETE FROM quarantine WHERE number = ?", [(n,) for n in done])
            db.execute("UPDATE outlet SET sent = sent + ? WHERE id = ?", (sent, id))
            self._count_mended(db, id, len(done))
            db.executemany(
                "UPDATE quarantine SET again = 0, cause = ?, since = ? WHERE number = ?",
                [(cause, now, n) for n, cause in refused.items()],
            )

    # --- inside --------------------------------------------------------------------------------------------------

    def _mended_by(self, id: str, rows: Samples) -> list[tuple[int, int, int]]:
        """(recorded, tag, time) of rows that stand for one in quarantine."""
        keys = self._keys.get(id)
        if keys is None:
            found = self._rows("SELECT DISTINCT tag, time FROM quarantine WHERE outlet = ?", (id,))
            keys = self._keys[id] = {(tag, time) for tag, time in found}
        if not keys or not len(rows):
            return []
        times = np.fromiter({time for _, time in keys}, np.int64)
        near = np.flatnonzero(np.isin(rows.time, times)).tolist()
        return [
            (int(rows.recorded[i]), int(rows.tag[i]), int(rows.time[i]))
            for i in near
            if (int(rows.tag[i]), int(rows.time[i])) in keys
        ]

    @staticmethod
    def _delete_older(db: sqlite3.Connection, id: str, newer: Sequence[tuple[int, int, int]]) -> int:
        delete = "DELETE FROM quarantine WHERE outlet = ? AND tag = ? AND time = ? AND recorded < ?"
        return sum(db.execute(delete, (id, tag, time, recorded)).rowcount for recorded, tag, time in newer)

    @staticmethod
    def _count_mended(db: sqlite3.Connection, id: str, rows: int) -> None:
        db.execute("UPDATE outlet SET mended = mended + ? WHERE id = ?", (rows, id))

    @staticmethod
    def _keep(db: sqlite3.Connection, id: str, refused: Sequence[Held]) -> int:
        if not refused:
            return 0
        db.executemany(
            "INSERT INTO quarantine (outlet, recorded, tag, time, value, status, text, cause, since) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (id, r.recorded, r.tag, r.time, None if math.isnan(r.value) else r.value, r.status, r.text, r.cause,
                 r.since)
                for r in refused
            ],
        )  # fmt: skip
        oldest = (
            "DELETE FROM quarantine WHERE number IN "
            "(SELECT number FROM quarantine WHERE outlet = ? ORDER BY number DESC LIMIT -1 OFFSET ?)"
        )
        gone = db.execute(oldest, (id, MOST_HELD)).rowcount
        db.execute("UPDATE outlet SET overflowed = overflowed + ? WHERE id = ?", (gone, id))
        return gone

    def _of_numbers(self, statement: str, id: str, numbers: Sequence[int] | None) -> int:
        with self._change() as db:
            if numbers is None:
                return db.execute(statement, (id,)).rowcount
            possible = [n for n in dict.fromkeys(numbers) if 0 < n < 2**63]  # SQLite has no greater
            return sum(db.execute(f"{statement} AND number = ?", (id, n)).rowcount for n in possible)

    def _rows(self, statement: str, given: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._told():
            return self._db.execute(statement, given).fetchall()

    @contextmanager
    def _change(self) -> Generator[sqlite3.Connection]:
        with self._lock, self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreFailed(f"{self._path}: {error}; is there room, and may we write there?") from error


def _take_over(db: sqlite3.Connection, was: str, id: str) -> None:
    """An outlet that had another name goes on under this one, once."""
    known = {name for (name,) in db.execute("SELECT id FROM outlet WHERE id IN (?, ?)", (was, id))}
    if was and known == {was}:
        db.execute("UPDATE outlet SET id = ? WHERE id = ?", (id, was))
        db.execute("UPDATE quarantine SET outlet = ? WHERE outlet = ?", (id, was))


def _number(value: float | None) -> float:
    return math.nan if value is None else value
