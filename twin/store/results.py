"""Results in `DIR/log.db`: records with what was believed when, snapshots of state, the index of late entries."""

from __future__ import annotations

import json
import sqlite3
import threading
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import replace
from typing import Any

import numpy as np

from twin.core.event import Event
from twin.core.fold import Record
from twin.core.history import Correction, Late, Publication, Snapshot
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.span import grid
from twin.mes.tally import Counted
from twin.store.columns import Columns
from twin.store.corrected import Asked, correction_of, put_corrections
from twin.store.database import Row
from twin.store.former import NOBODY, Former
from twin.store.log import SqliteLog
from twin.store.reader import LogReader


class SqliteResults:
    """The Results port over the log's own file: one transaction takes a tick's records and snapshots together.

    units: unit number -> name; names are stored, numbers belong to one run. codes: (since, code) of the editions of
    the model: digest of plant model and fold versions; of a frontier snapshots of another code are not seen (R12).
    former: keys that tags had once; people who ask for a key are told what was stored under those, too.
    """

    def __init__(
        self,
        reader: LogReader,
        units: Sequence[str],
        codes: Sequence[tuple[int, str]],
        log: SqliteLog | None = None,
        former: Former = NOBODY,
    ) -> None:
        self._reader = reader
        self._former = former
        self._units = list(units)
        self._numbers: Mapping[str, int] = {name: number for number, name in enumerate(units)}
        self._codes = list(codes)
        self._log = log
        self._unwritten: deque[tuple[int, Publication]] = deque()
        self._numbered = 0
        self._lock = threading.Lock()
        self._written: Future[int] | None = None
        """Of the newest job; it writes everything that is unwritten up to its number, so the last one tells all."""

    def publish(self, publication: Publication) -> None:
        """Queue the outputs of one tick for the writer; read methods wait for it. Needs the log.

        What a failed commit (a full disk) did not take is written with the next one, in order, never past it: nothing
        that a fold said is lost or overtaken.
        """
        log = self._writable()
        p = publication
        if p.added or p.corrected or p.removed or p.snapshots or p.late:
            self._numbered += 1
            with self._lock:
                self._unwritten.append((self._numbered, p))
        elif not _failed(self._written):
            return
        self._submit(log)

    def _submit(self, log: SqliteLog) -> None:
        number = self._numbered
        self._written = log.submit(lambda connection: self._write_up_to(number, connection))
        self._written.add_done_callback(lambda done: self._forget(number) if not _failed(done) else None)

    def _write_up_to(self, number: int, connection: sqlite3.Connection) -> None:
        """In the log's thread. Writing a publication twice in a row changes nothing."""
        with self._lock:
            due = [publication for numbered, publication in self._unwritten if numbered <= number]
        for publication in due:
            self._write(connection, publication)

    def _forget(self, number: int) -> None:
        """These are durable."""
        with self._lock:
            while self._unwritten and self._unwritten[0][0] <= number:
                self._unwritten.popleft()

    def _writable(self) -> SqliteLog:
        if self._log is None:
            raise RuntimeError("these results were opened for reading")
        return self._log

    def _write(self, connection: sqlite3.Connection, p: Publication) -> None:
        name = self._units
        connection.executemany(
            "UPDATE record SET known_to = ? WHERE known_to IS NULL AND unit = ? AND end = ? AND kind = ? AND key = ? "
            "AND start = ? AND data = ?",
            [(p.known, name[r.unit], r.end, r.kind, r.key, r.start, _data(r)) for r in p.removed],
        )
        connection.executemany(
            "INSERT OR IGNORE INTO record (unit, kind, key, start, end, data, known_from) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(name[r.unit], r.kind, r.key, r.start, r.end, _data(r), p.known) for r in (*p.added, *p.corrected)],
        )
        connection.executemany(
            "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?, ?)",
            [(name[s.unit], self._code_at(s.frontier), s.frontier, s.known, s.body) for s in p.snapshots],
        )
        connection.executemany(
            "INSERT INTO late VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET time = min(time, excluded.time)",
            [(name[one.unit], one.recorded, one.time) for one in p.late],
        )
        put_corrections(connection, name, p.corrections)

    def thin(self, now: int) -> None:
        """Drop snapshots that age has made too dense (twin.core.span.grid); the newest stays, wherever it stands."""
        log = self._writable()
        ages = [(now - frontier, frontier) for (frontier,) in self._frontiers()]
        drop = [(frontier,) for age, frontier in ages if frontier % grid(age) != 1]
        newest = max((frontier for _, frontier in ages), default=0)
        gone = [one for one in drop if one[0] != newest]
        log.submit(lambda connection: _delete(connection, "DELETE FROM snapshot WHERE frontier = ?", gone))

    def _frontiers(self) -> list[tuple[int]]:
        return [(int(frontier),) for (frontier,) in self._reader.rows("SELECT DISTINCT frontier FROM snapshot")]

    def _rows(self, statement: str, given: Sequence[object]) -> list[Row]:
        """Rows once all that was published is written; what failed is tried again. Raises StoreFailed."""
        if _failed(self._written):
            self._submit(self._writable())
        if self._written is not None:
            self._written.result()
        return self._reader.rows(statement, given)

    def _rows_for_people(self, statement: str, given: Sequence[object]) -> list[Row]:
        """The same, but reads go on while the disk is full: then they show what is stored."""
        if self._written is not None:
            wait([self._written])
        return self._reader.rows(statement, given)

    def current(self, unit: int, start: int, end: int) -> list[Record]:
        """Records of a unit that are believed now and end in [start, end)."""
        return self.as_known(unit, start, end, FAR_FUTURE)

    def as_known(self, unit: int, start: int, end: int, known: int) -> list[Record]:
        """Records of a unit that end in [start, end), as they were believed at `known`."""
        found = self._rows(
            "SELECT kind, key, start, end, data FROM record WHERE unit = ? AND end >= ? AND end < ? "
            "AND known_from <= ? AND (known_to IS NULL OR known_to > ?)",
            (self._units[unit], start, end, known, known),
        )
        return [Record(unit, kind, key, s, e, _pairs(data)) for kind, key, s, e, data in found]

    def _code_at(self, frontier: int) -> str:
        since = [one for one, _ in self._codes]
        return self._codes[max(bisect_left(since, frontier) - 1, 0)][1]

    def _reigns(self) -> list[tuple[int, int, str]]:
        """(after, to, code): frontiers in (after, to] have snapshots of this code, by time."""
        ends = [*(since for since, _ in self._codes[1:]), FAR_FUTURE]
        starts = [FAR_PAST, *(since for since, _ in self._codes[1:])]
        return [(after, to, code) for after, to, (_, code) in zip(starts, ends, self._codes, strict=True)]

    def snapshot_before(self, unit: int, frontier: int, known: int) -> Snapshot | None:
        """The newest snapshot with frontier and known at most these; of one frontier the one known last."""
        for after, to, code in reversed(self._reigns()):
            found = self._rows(
                "SELECT frontier, known, body FROM snapshot WHERE unit = ? AND code = ? AND frontier > ? "
                "AND frontier <= ? AND known <= ? ORDER BY frontier DESC, known DESC LIMIT 1",
                (self._units[unit], code, after, min(frontier, to), known),
            )
            if found:
                return Snapshot(unit, *found[0])
        return None

    def oldest_snapshot(self, unit: int, least: int) -> Snapshot | None:
        """The oldest snapshot with a frontier of at least this, as it was first taken."""
        for after, to, code in self._reigns():
            found = self._rows(
                "SELECT frontier, known, body FROM snapshot WHERE unit = ? AND code = ? AND frontier >= ? "
                "AND frontier <= ? ORDER BY frontier, known DESC LIMIT 1",
                (self._units[unit], code, max(least, after + 1), to),
            )
            if found:
                return Snapshot(unit, *found[0])
        return None

    def lateness(self, unit: int, after: int, known: int) -> list[Late]:
        """Late entries of a unit with after < recorded <= known."""
        rows = self._rows(
            "SELECT recorded, time FROM late WHERE unit = ? AND recorded > ? AND recorded <= ?",
            (self._units[unit], after, known),
        )
        return [Late(unit, recorded, time) for recorded, time in rows]

    def records(
        self, kind: str, keys: Sequence[str], start: int, end: int, known: int = FAR_FUTURE
    ) -> list[tuple[Record, int]]:
        """Records of a kind that overlap [start, end), as known, with their known_from; by key, then start."""
        found = self._records(kind, keys, start, end, known)
        was = {one: (key, until) for key in keys for one, until in self._former.keys(key)}
        if was:
            old = self._records(kind, list(was), start, end, known)
            mine = [(r, at) for r, at in old if r.end <= was[r.key][1]]  # the name may have been given again
            found += [(replace(r, key=was[r.key][0]), at) for r, at in mine]
            found.sort(key=lambda one: (one[0].key, one[0].start))
        return found

    def _records(self, kind: str, keys: Sequence[str], start: int, end: int, known: int) -> list[tuple[Record, int]]:
        marks = ",".join("?" * len(keys))
        rows = self._rows_for_people(
            f"SELECT unit, kind, key, start, end, data, known_from FROM record WHERE kind = ? AND key IN ({marks}) "  # noqa: S608
            "AND end > ? AND start < ? AND known_from <= ? AND (known_to IS NULL OR known_to > ?) ORDER BY key, start",
            (kind, *keys, start, end, known, known),
        )
        return [
            (Record(self._numbers.get(unit, -1), kind, key, s, e, _pairs(data)), known_from)
            for unit, kind, key, s, e, data, known_from in rows
        ]

    def corrections(
        self, asked: Asked, limit: int, after: int | None = None, before: int | None = None
    ) -> list[Correction]:
        """Behind a number the oldest first; else the newest first, those below `before` where it is given."""
        rows = self._rows_for_people(*asked.statement(limit, after, before))
        return [correction_of(row, self._numbers) for row in rows]

    def last_correction(self) -> int:
        """The greatest number of a correction, 0 for none."""
        return int(self._rows("SELECT coalesce(max(number), 0) FROM correction", ())[0][0])

    def brought_by(self, recorded: int) -> tuple[str, str, str]:
        """(kind, source, who) of an entry of the log: `samples` and their source, or an event with subject and caller.

        Of samples that are sealed by now the source is not told.
        """
        rows = self._rows("SELECT kind, source, body FROM entry WHERE recorded = ?", (recorded,))
        if not rows:
            return "samples", "", ""
        kind, source, body = rows[0]
        return (kind, source, Event.from_bytes(body).who) if kind else ("samples", source, "")

    def columns(self, kind: str, keys: Sequence[str], start: int, end: int, known: int = FAR_FUTURE) -> Columns:
        """The same as columns, by key, then end: many records in little time.

        Of kinds whose records of one key follow each other (states, products, counts): then of those that end behind
        the span only the first can reach into it, and what came since is not looked at.
        """
        believed = "known_from <= ? AND (known_to IS NULL OR known_to > ?)"
        of_key = f"SELECT start, end, data FROM record WHERE kind = ? AND key = ? AND {believed}"  # noqa: S608
        statement = (
            f"SELECT * FROM ({of_key} AND end > ? AND end < ? ORDER BY end) UNION ALL "  # noqa: S608
            f"SELECT * FROM ({of_key} AND end >= ? ORDER BY end LIMIT 1) WHERE start < ?"
        )
        rows: list[Row] = []
        many: list[int] = []
        for key in keys:
            before = len(rows)
            for name, until in (*self._former.keys(key), (key, FAR_FUTURE)):
                one = (kind, name, known, known)
                found = self._rows_for_people(statement, (*one, start, end, *one, max(end, start + 1), end))
                rows += [row for row in found if row[1] <= until]
            many.append(len(rows) - before)
        starts, ends, data = zip(*rows, strict=True) if rows else ((), (), ())
        distinct = {text: number for number, text in enumerate(dict.fromkeys(data))}
        return Columns(
            key=np.repeat(np.arange(len(keys), dtype=np.int32), many),
            start=np.array(starts, np.int64),
            end=np.array(ends, np.int64),
            data=np.array([distinct[text] for text in data], np.int32),
            distinct=[json.loads(text) for text in distinct],
        )

    def quarters(self, keys: Sequence[str], start: int, end: int) -> Mapping[str, Counted]:
        """What each counter counted in the quarters of an hour that begin in [start, end), as believed now.

        A quarter that two units tell of (the line was renamed) is that of the unit that knows more minutes of it. Of
        one in which a counter got another name both are counted.
        """
        was = {key: self._former.keys(key) for key in keys}
        found = self._quarters([*keys, *(name for names in was.values() for name, _ in names)], start, end)
        for key, names in was.items():
            for name, until in names:
                found[key] = found[key].plus(found[name].before(until))
        return {key: found[key] for key in keys}

    def _quarters(self, keys: Sequence[str], start: int, end: int) -> dict[str, Counted]:
        marks = ",".join("?" * len(keys))
        rows = self._rows_for_people(
            f"SELECT key, start, pieces, wraps, resets, jumps FROM count_quarter WHERE key IN ({marks}) "  # noqa: S608
            "AND start >= ? AND start < ? ORDER BY key, start, minutes",
            (*keys, start, end),
        )
        key, *columns = zip(*rows, strict=True) if rows else ((),) * 6
        table = np.array(columns, np.int64)
        edges = {name: (bisect_left(key, name), bisect_right(key, name)) for name in keys}
        found: dict[str, Counted] = {}
        for name, (first, last) in edges.items():
            own = table[:, first:last]
            newest = np.append(own[0, 1:] != own[0, :-1], True)[: last - first]
            found[name] = Counted(*own[:, newest])
        return found


def _failed(done: Future[int] | None) -> bool:
    return done is not None and done.done() and done.exception() is not None


def _delete(connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[int]]) -> None:
    connection.executemany(statement, rows)


def _data(record: Record) -> str:
    return json.dumps(dict(record.data), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _pairs(data: str) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(json.loads(data).items()))
