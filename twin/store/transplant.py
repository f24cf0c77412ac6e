"""A slice of one log into the log of a new folder: entries keep their `recorded`, records what was believed when."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.batch import Batch
from twin.core.errors import StoreFailed
from twin.core.event import Event
from twin.core.history import Slice
from twin.core.rows import Samples, join
from twin.core.tags import Tag
from twin.store.entry import COLUMNS, Stored, decode, encode_batch, encode_event
from twin.store.reader import LogReader
from twin.store.schema import open_writer

Believed = tuple[str, str, str, int, int, dict[str, Any], int, int | None]
"""unit, kind, key, start, end, data, known_from, known_to (None: believed now)."""


def believed(reader: LogReader, units: Sequence[str], start: int, end: int, known: int) -> Iterator[Believed]:
    """Records of units that end in [start, end), also those taken back, as far as was known at `known`."""
    marks = ",".join("?" * len(units))
    rows = reader.rows(
        "SELECT unit, kind, key, start, end, data, known_from, CASE WHEN known_to > ? THEN NULL ELSE known_to END "  # noqa: S608
        f"FROM record WHERE unit IN ({marks}) AND end >= ? AND end < ? AND known_from <= ? "
        "ORDER BY end, unit, kind, key, start, known_from",
        (known, *units, start, end, known),
    )
    for unit, kind, key, first, last, data, since, until in rows:
        yield unit, kind, key, first, last, json.loads(data), since, until


def standing_events(reader: LogReader, before: int, known: int) -> list[tuple[int, Event]]:
    """Of each kind and subject the newest event with time < before."""
    rows = reader.rows(
        f"SELECT {COLUMNS}, max(tmax) FROM entry WHERE kind != '' AND tmax < ? AND recorded <= ? "  # noqa: S608
        "GROUP BY kind, source ORDER BY recorded",
        (before, known),
    )
    return list(decode([row[:-1] for row in rows]).events)


@dataclass(frozen=True, slots=True)
class LateEntry:
    """A late entry of a unit by name."""

    unit: str
    recorded: int
    time: int


class NewLog:
    """Writes `DIR/log.db` of a folder that has none yet. The caller holds the writer lock.

    source_of: the source of a batch whose first row has this tag: sealed history does not keep it. Raises StoreFailed.
    """

    def __init__(self, folder: Path, source_of: Callable[[int], str]) -> None:
        self._folder = folder
        self._source_of = source_of
        self._connection = open_writer(folder)
        self._connection.execute("BEGIN IMMEDIATE")
        self.last = 0

    def close(self) -> None:
        """Make all of it durable."""
        with self._told():
            self._connection.execute("COMMIT")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()

    def give_up(self) -> None:
        """Leave it without what was not committed."""
        self._connection.close()

    def tags(self, tags: Iterable[Tag]) -> None:
        """The tag table, ids from 0."""
        with self._told():
            rows = [(number, tag.name, tag.type) for number, tag in enumerate(tags)]
            self._connection.executemany("INSERT INTO tag VALUES (?, ?, ?)", rows)

    def entries(self, piece: Slice) -> None:
        """Entries of a stretch of time; rows of a batch that has begun in an earlier one join it."""
        batches = list(_by_recorded(piece.samples))
        with self._told():
            there = self._there(batches)
            rows: list[Stored] = [encode_event(recorded, event) for recorded, event in piece.events]
            for recorded, samples in batches:
                whole = join([there[recorded], samples]) if recorded in there else samples
                rows.append(encode_batch(recorded, self._batch(whole)))
            self._connection.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self.last = max([self.last, *(row[0] for row in rows)])

    def _there(self, batches: Sequence[tuple[int, Samples]]) -> dict[int, Samples]:
        """What is stored already of these batches."""
        if not batches:
            return {}
        wanted = {recorded for recorded, _ in batches}
        found = self._connection.execute(
            f"SELECT {COLUMNS} FROM entry WHERE kind = '' AND recorded BETWEEN ? AND ?",  # noqa: S608
            (min(wanted), max(wanted)),
        )
        return {row[0]: decode([row]).samples for row in found if row[0] in wanted}

    def _batch(self, s: Samples) -> Batch:
        return Batch(self._source_of(int(s.tag[0])), s.tag, s.time, s.value, s.status, s.text)

    def records(self, rows: Iterable[Believed]) -> None:
        """Results, with what was believed when."""
        with self._told():
            self._connection.executemany(
                "INSERT OR IGNORE INTO record (unit, kind, key, start, end, data, known_from, known_to) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(*row[:5], _data(row[5]), *row[6:]) for row in rows],
            )

    def states(self, code: str, frontier: int, known: int, bodies: Iterable[tuple[str, bytes]]) -> None:
        """Snapshots of units at one frontier."""
        with self._told():
            self._connection.executemany(
                "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?, ?)",
                [(unit, code, frontier, known, body) for unit, body in bodies],
            )

    def late(self, entries: Iterable[LateEntry]) -> None:
        """What came behind the frontier."""
        with self._told():
            self._connection.executemany(
                "INSERT OR REPLACE INTO late VALUES (?, ?, ?)", [(one.unit, one.recorded, one.time) for one in entries]
            )

    def _told(self) -> _Told:
        return _Told(self._folder)


class _Told:
    """SQLite's errors in our words."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise StoreFailed(f"{self._folder / 'log.db'}: {error}; is there room, and may we write there?") from error


def _by_recorded(s: Samples) -> Iterator[tuple[int, Samples]]:
    """Rows of one `recorded` each, in the order they have."""
    if not len(s):
        return
    s = s.take(np.argsort(s.recorded, kind="stable"))
    starts = np.flatnonzero(np.diff(s.recorded, prepend=s.recorded[0] - 1))
    for first, last in zip(starts.tolist(), [*starts[1:].tolist(), len(s)], strict=True):
        yield int(s.recorded[first]), s.take(slice(first, last))


def _data(data: dict[str, Any]) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
