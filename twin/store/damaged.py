"""Entries of the log that do not match their checksum: found, named, and put aside so that all else goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from twin.core.errors import Corrupt, StoreFailed
from twin.core.event import GAP, LOG_DAMAGED, Event
from twin.core.instant import FAR_FUTURE, FAR_PAST, SECOND
from twin.store.entry import COLUMNS, is_whole
from twin.store.log import SqliteLog
from twin.store.reader import IN_LOG, LogReader

AT_ONCE = 500
"""Entries looked at at once."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """An entry that is not as it was written. source, tmin, tmax: as far as they can still be read."""

    recorded: int
    is_batch: bool
    source: str
    tmin: int
    tmax: int

    @property
    def told(self) -> str:
        """For people."""
        return f"log entry {self.recorded}: its bytes do not match their checksum; restore it from a backup"

    def events(self, now: int) -> list[Event]:
        """What the log says of it from now on: the damage, and of a batch which time it may have been about.

        The times themselves may be what is damaged; later than `recorded` they were not.
        """
        cause = f"log entry {self.recorded} is damaged on disk"
        found = [Event(now, LOG_DAMAGED, self.source, {"cause": cause, "recorded": self.recorded})]
        if self.is_batch:
            latest = self.recorded + SECOND
            first, last = sorted(min(max(time, 0), latest) for time in (self.tmin, self.tmax))
            found.append(Event(now, GAP, self.source, {"from": first, "to": last + 1, "cause": cause}))
        return found


def damaged_entries(reader: LogReader, progress: Callable[[float], None] = lambda _share: None) -> list[Damaged]:
    """Every damaged entry that counts. Raises Corrupt where the pages themselves cannot be read."""
    recorded = [r for (r,) in reader.rows(f"SELECT recorded FROM entry WHERE {IN_LOG} ORDER BY recorded")]  # noqa: S608
    found: list[Damaged] = []
    for at in range(0, len(recorded), AT_ONCE):
        progress(at / len(recorded))
        piece = recorded[at : at + AT_ONCE]
        if not _are_whole(reader, piece[0], piece[-1]):
            found += [_described(reader, one) for one in piece if not _are_whole(reader, one, one)]
    return found


def put_damaged_aside(log: SqliteLog, reader: LogReader, now: int) -> list[Damaged]:
    """Move every damaged entry to table `damaged` and tell what is missing; which those were.

    Raises StoreFailed, or Corrupt where one cannot be moved: its page is damaged, too.
    """
    found = damaged_entries(reader)
    for one in found:

        def move(connection: sqlite3.Connection, recorded: int = one.recorded) -> None:
            chosen = "FROM entry WHERE recorded = ?"
            connection.execute(f"INSERT INTO damaged SELECT *, ? {chosen}", (now, recorded))
            if connection.execute(f"DELETE {chosen}", (recorded,)).rowcount != 1:
                raise sqlite3.DatabaseError(f"log entry {recorded}: cannot be put aside")

        log.submit(move).result()
        for event in one.events(now):
            log.submit(event).result()
    return found


def _are_whole(reader: LogReader, first: int, last: int) -> bool:
    try:
        stored = reader.rows(f"SELECT {COLUMNS} FROM entry WHERE recorded BETWEEN ? AND ?", (first, last))  # noqa: S608
    except Corrupt:  # a text that is none any more
        return False
    return all(map(is_whole, stored))  # pyright: ignore[reportArgumentType] - is_whole looks at the types itself


def _described(reader: LogReader, recorded: int) -> Damaged:
    columns = "CAST(kind AS BLOB), CAST(source AS BLOB), tmin, tmax"
    found = reader.rows(f"SELECT {columns} FROM entry WHERE recorded = ?", (recorded,))  # noqa: S608
    if not found:
        raise StoreFailed(f"log entry {recorded}: went while it was looked at")
    kind, source, tmin, tmax = found[0]
    times = [time if isinstance(time, int) else edge for time, edge in ((tmin, FAR_PAST), (tmax, FAR_FUTURE))]
    return Damaged(recorded, not kind, (source or b"").decode(errors="replace"), times[0], times[1])
