"""Retention by age: old entries leave the log in small pieces, so that no acknowledgement waits for them.

Of sealed history whole files go, each with the youngest of its rows: a day is kept until its last sample is too old.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from twin.store.files import unlist
from twin.store.log import SqliteLog

PIECE = 100
"""Rows deleted in one transaction: 1.7 ms, where 4,000 at once hold the lock for up to half a second."""
_ENTRIES = (
    "DELETE FROM entry WHERE recorded IN (SELECT recorded FROM entry WHERE tmax < ? "
    "AND recorded < (SELECT max(recorded) FROM entry) LIMIT ?)"
)
"""The newest entry stays: the next `recorded` is counted from it, whatever the clock says."""
_RECORDS = "DELETE FROM record WHERE id IN (SELECT id FROM record WHERE end < ? LIMIT ?)"


def forget_before(log: SqliteLog, limit: int, on_step: Callable[[str], None] = lambda _step: None) -> int:
    """Delete entries whose every row is older than `limit` (ns), and the results of that time. Returns how many.

    Blocks until done; run it beside the event loop. The time from which the log is complete is kept in `meta`. The
    sealer unlinks the files. on_step: told the name of each step that has just been done, for tests that kill it there.
    """
    forgotten: list[int] = []
    since = log.last
    log.submit(lambda connection: forgotten.append(_mark(connection, limit, since))).result()
    _in_pieces(log, _RECORDS, limit)
    return forgotten[-1] + _in_pieces(log, _ENTRIES, limit)


def _mark(connection: sqlite3.Connection, limit: int, since: int) -> int:
    """Forget snapshots and files; how many sealed entries that were."""
    connection.execute(
        "INSERT INTO meta VALUES ('kept_from', ?) "
        "ON CONFLICT DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
        (str(limit),),
    )
    connection.execute("DELETE FROM late WHERE time < ?", (limit,))
    connection.execute("DELETE FROM snapshot WHERE frontier < ?", (limit,))
    old = connection.execute("SELECT path, entries FROM file WHERE tmax < ?", (limit,)).fetchall()
    unlist(connection, [path for path, _ in old], since)
    return sum(entries for _, entries in old)


def _in_pieces(log: SqliteLog, statement: str, limit: int) -> int:
    """Run a deletion until it finds less than a piece; how many rows it deleted."""
    total = 0
    while True:
        gone: list[int] = []
        log.submit(lambda c, found=gone: found.append(c.execute(statement, (limit, PIECE)).rowcount)).result()
        total += gone[-1]
        if gone[-1] < PIECE:
            return total
