"""Reading the log by time, in this process or another, beside a writer that goes on."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import Corrupt, StoreFailed
from twin.core.event import Event
from twin.core.history import Slice
from twin.core.routing import HORIZON
from twin.core.tags import Tag, TagTable, TagType
from twin.store.entry import ROW, decode
from twin.store.schema import open_reader

Row = tuple[Any, ...]
_SELECT = "SELECT recorded, kind, crc, body, text FROM entry"


class LogReader:
    """Reads of `DIR/log.db`; a connection per thread, no transaction is held between calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []

    def connection(self) -> sqlite3.Connection:
        """The read-only connection of this thread."""
        if not hasattr(self._local, "connection"):
            self._local.connection = open_reader(self.folder)
            self._connections.append(self._local.connection)
        return self._local.connection

    def rows(self, statement: str, given: Sequence[object] = ()) -> list[Row]:
        """All rows of a query. Raises Corrupt where the file is no longer a database, else StoreFailed."""
        try:
            return self.connection().execute(statement, given).fetchall()
        except sqlite3.OperationalError as error:
            raise StoreFailed(f"{self.folder / 'log.db'}: {error}; is the disk there and readable?") from error
        except sqlite3.Error as error:
            raise Corrupt(f"{self.folder / 'log.db'}: {error}; restore it from a backup") from error

    def close(self) -> None:
        """Close the connections of all threads; their reads are over."""
        for connection in self._connections:
            connection.close()

    def read(self, start: int, end: int, known: int) -> Slice:
        """All entries with start <= time < end and recorded <= known. Raises Corrupt for a damaged one."""
        found = decode(
            self.rows(
                f"{_SELECT} WHERE tmax >= ? AND tmin < ? AND recorded <= ? ORDER BY recorded", (start, end, known)
            )
        )
        samples = found.samples
        return Slice(samples.take((samples.time >= start) & (samples.time < end)), found.events)

    def read_tags(self, tags: NDArray[np.int32], start: int, end: int, known: int) -> Slice:
        """The same for some tags only; no events."""
        found = self.read(start, end, known).samples
        return Slice(found.take(np.isin(found.tag, tags)), ())

    def since(self, after: int, known: int) -> Slice:
        """All entries with after < recorded <= known."""
        return decode(self.rows(f"{_SELECT} WHERE recorded > ? AND recorded <= ? ORDER BY recorded", (after, known)))

    def first(self) -> int | None:
        """The time of the earliest entry within the horizon of its `recorded`, or None."""
        earliest = "SELECT min(max(tmin, recorded - ?)) FROM entry WHERE tmax >= recorded - ?"
        return self.rows(earliest, (HORIZON, HORIZON))[0][0]

    def last(self) -> int:
        """The greatest `recorded`, 0 for an empty log."""
        return int(self.rows("SELECT coalesce(max(recorded), 0) FROM entry")[0][0])

    def events(self, start: int, end: int, kinds: Sequence[str] = (), limit: int = 1000) -> list[tuple[int, Event]]:
        """Events of [start, end), newest first. kinds: these only, a trailing dot takes the family."""
        where = " OR ".join("kind = ? OR kind LIKE ?" for _ in kinds) or "kind != ''"
        given = [part for kind in kinds for part in (kind, f"{kind.rstrip('.')}.%")]
        stored = self.rows(
            f"{_SELECT} WHERE kind != '' AND tmax >= ? AND tmax < ? AND ({where}) "
            "ORDER BY tmax DESC, recorded DESC LIMIT ?",
            (start, end, *given, limit),
        )
        return list(decode(stored).events)

    def tags(self) -> TagTable:
        """The tags as the log holds them now."""
        return TagTable(
            Tag(name, TagType(type_)) for name, type_ in self.rows("SELECT name, type FROM tag ORDER BY id")
        )

    def stretches(self, start: int, end: int, length: int) -> Iterator[tuple[int, int]]:
        """Stretches [a, b) of at most `length` ns that hold all entries of [start, end); empty time is skipped."""
        at = start
        while True:
            ((next_time,),) = self.rows("SELECT min(max(tmin, ?)) FROM entry WHERE tmax >= ?", (at, at))
            if next_time is None or next_time >= end:
                return
            at = int(next_time)
            yield at, min(at + length, end)
            at += length

    def kept_from(self) -> int | None:
        """The time from which retention has kept everything, None when it never forgot."""
        found = self.rows("SELECT value FROM meta WHERE key = 'kept_from'")
        return int(found[0][0]) if found else None

    def counts(self) -> dict[str, int]:
        """Entries and samples in the log."""
        rows = f"coalesce(sum(length(body)) FILTER (WHERE kind = ''), 0) / {ROW.itemsize}"
        ((entries, events, samples),) = self.rows(f"SELECT count(*), coalesce(sum(kind != ''), 0), {rows} FROM entry")  # noqa: S608
        return {"entries": entries, "events": events, "samples": samples}
