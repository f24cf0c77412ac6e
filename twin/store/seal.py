"""Sealing: batches of the log become Parquet files, day by day of `time`, and then leave the log.

Write beside -> fsync -> rename -> fsync the folder -> one transaction {list the files, mark the log sealed up to r1} ->
delete the sealed rows in pieces. Whatever step a kill falls on, each row counts exactly once: before the transaction
the log's, after it the file's.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from twin.core.errors import StoreFailed
from twin.core.instant import DAY, HOUR, MINUTE
from twin.core.outline import outline
from twin.core.routing import HORIZON
from twin.core.rows import Samples, join
from twin.core.window import run_starts
from twin.store.entry import COLUMNS, ROW, decode
from twin.store.files import (
    HISTORY,
    OUTLINE,
    ROLLUP,
    Block,
    File,
    are_listed,
    blocks_to_text,
    outline_path,
    rollup_path,
    unlist,
)
from twin.store.groups import NO_GROUPS, Groups
from twin.store.log import SqliteLog
from twin.store.names import WHERE_RENAMED
from twin.store.reader import LogReader
from twin.store.rollup import rollup_of, write_rollups
from twin.store.schema import SEALED_TO
from twin.store.sources import Sources, sources_of
from twin.store.sync import sync, sync_folder

WORTH = 4
"""An outline is written where it has at most one in so many rows of its file."""
AT_ONCE = 500
"""Entries decoded at once: other threads have their turn in between."""
PIECE = 100
"""Entries deleted in one transaction; 4,000 at once would hold up acknowledgements for a quarter of a second."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """When to seal and merge. rows: of one file. age: of the oldest batch that is sealed by itself.

    leave: the youngest stay in the log, where folds and live views read them. grace: how long a merged-away file stays
    for those who still have it on their list. settle: a day is merged so long after its end. pause_s: between looks.
    rolled: a rollup is written where a file has at least so many rows to a tag's hour; a record takes as much as seven.
    """

    rows: int = 2_000_000
    age: int = HOUR
    leave: int = MINUTE
    grace: int = 10 * MINUTE
    settle: int = 2 * HOUR
    pause_s: float = 30.0
    rolled: int = 16


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is on disk but on no list yet. blocks: its checksums. outline, rollup: rows, bytes, blocks."""

    day: int
    file: File
    blocks: str
    outline: tuple[int, int, str] | None
    rollup: tuple[int, int, str] | None


class Stopped(Exception):
    """The run ends in the middle of sealing."""


class Sealer:
    """Seals the log of a folder. For one thread, of the process that holds the writer lock.

    on_step: told the name of each step that has just been done, for tests that kill it there. groups: of tags whose
    samples are kept for an age of their own: they have files of their own.
    """

    def __init__(
        self,
        log: SqliteLog,
        reader: LogReader,
        bounds: Bounds,
        on_step: Callable[[str], None] = lambda _step: None,
        groups: Groups = NO_GROUPS,
    ) -> None:
        self.bounds = bounds
        self.step = on_step
        self.log = log
        self.reader = reader
        self._groups = groups
        self._number = 0
        self._to_delete: list[tuple[int]] = []

    def begin(self) -> None:
        """Put away what a killed run left: files that are on no list, sealed batches that are still in the log."""
        self.put_away()
        left = self.reader.rows(f"SELECT recorded FROM entry WHERE kind = '' AND recorded <= {SEALED_TO}")  # noqa: S608
        self._to_delete = [(recorded,) for (recorded,) in left]

    def put_away(self) -> None:
        """Unlink files that are on no list: begun and never finished. Their numbers are free again."""
        self._number = 0
        folder = self.log.folder
        with self.reader.one_moment():
            listed = {path for (path,) in self.reader.rows("SELECT path FROM file UNION SELECT path FROM gone")}
            listed |= {outline_path(path) for (path,) in self.reader.rows("SELECT file FROM outline")}
            listed |= {rollup_path(path) for (path,) in self.reader.rows("SELECT file FROM rollup")}
        for file in sorted(file for root in (HISTORY, OUTLINE, ROLLUP) for file in (folder / root).rglob("*")):
            if file.is_file() and file.relative_to(folder).as_posix() not in listed:
                file.unlink()

    def seal(self, now: int) -> int:
        """Seal one file's worth if it is due; how many rows. Raises StoreFailed, then nothing has changed."""
        self._delete_sealed()
        until = max(now, self.log.last) - self.bounds.leave
        up_to = self._due(until)
        if up_to is None:
            return 0
        samples, entries, sources = self._taken(up_to)
        files = self.write_days(samples, sources)
        self.commit(_with_entries(files, entries), "sealed", up_to)
        self._to_delete = [(recorded,) for recorded, _, _ in entries]
        self._delete_sealed()
        return len(samples)

    def _due(self, until: int) -> int | None:
        """Up to which `recorded` to seal now: one file's worth, or all when its oldest has come of age."""
        unsealed = f"FROM entry WHERE kind = '' AND recorded > {SEALED_TO} AND recorded <= ?"
        ((rows, oldest),) = self.reader.rows(
            f"SELECT coalesce(sum(length(body)), 0) / {ROW.itemsize}, min(recorded) {unsealed}",
            (until,),
        )
        if oldest is None or (rows < self.bounds.rows and oldest > until - self.bounds.age):
            return None
        ((up_to, first),) = self.reader.rows(
            "SELECT max(recorded) FILTER (WHERE bytes <= ?), min(recorded) FROM "  # noqa: S608
            f"(SELECT recorded, sum(length(body)) OVER (ORDER BY recorded) AS bytes {unsealed})",
            (self.bounds.rows * ROW.itemsize, until),
        )
        return first if up_to is None else up_to

    def _taken(self, up_to: int) -> tuple[Samples, list[tuple[int, int, int]], Sources]:
        """All unsealed samples up to there by `recorded`, their entries (recorded, tmin, tmax) and sources."""
        parts: list[Samples] = []
        entries: list[tuple[int, int, int]] = []
        sources: list[tuple[int, str]] = []
        at = self.reader.sealed_to()
        while True:
            found = self.reader.rows(
                f"SELECT {COLUMNS} FROM entry WHERE kind = '' AND recorded > ? AND recorded <= ? "  # noqa: S608
                "ORDER BY recorded LIMIT ?",
                (at, up_to, AT_ONCE),
            )
            if not found:
                return join(parts), entries, sources_of(sources)
            parts.append(decode(found).samples)
            entries += [(recorded, tmin, tmax) for recorded, _, _, tmin, tmax, *_ in found]
            sources += [(recorded, source) for recorded, _, source, *_ in found]
            at = entries[-1][0]

    # --- files, for sealing and merging --------------------------------------------------------------------------

    def grouping(self) -> str:
        """Of which set of groups files are now: a renamed tag may have come to another group of the same set."""
        renames = self.reader.rows(WHERE_RENAMED) if self._groups.digest else []
        return f"{self._groups.digest}{zlib.crc32(renames[0][0].encode()):08x}" if renames else self._groups.digest

    def write_days(self, samples: Samples, sources: Sources) -> list[Written]:
        """Write rows, which are in the order of `recorded`, as a file a day and group of tags. sources: of entries."""
        grouping = self.grouping()
        names = self.reader.tag_keys()
        rank = np.empty(len(names), dtype=np.int32)
        rank[np.argsort(np.array(names, dtype=object), kind="stable")] = np.arange(len(names), dtype=np.int32)
        groups, group_of = self._groups.of(self.reader.tags().names())
        places = samples.time // DAY * len(groups) + group_of[samples.tag]
        low = int(places.min())
        written: list[Written] = []
        for place in (low + np.flatnonzero(np.bincount(places - low))).tolist():
            day, group = divmod(place, len(groups))
            mine = samples.take(places == place)
            # Stable: of one tag, time and recorded the later row of the batch stays the later one.
            ordered = mine.take(np.lexsort((mine.recorded, mine.time, rank[mine.tag])))
            written.append(self._write_day(day, (groups[group], grouping), ordered, names, sources))
        return written

    def _write_day(
        self, day: int, group: tuple[str, str], ordered: Samples, names: Sequence[str], sources: Sources
    ) -> Written:
        path = f"{HISTORY}/{np.datetime64(day, 'D')}/{self._next_number():08d}.parquet"
        parquet = self.reader.files.parquet
        blocks, size = self._write(path, lambda beside: parquet.write(beside, ordered, names, sources))
        file = replace(_described(path, size, ordered), group=group[0], grouping=group[1])
        outlined = rolled = None
        if not file.repeats and (shape := _shape(ordered)) is not None:
            written = self._write(outline_path(path), lambda beside: parquet.write(beside, shape, names))
            outlined = len(shape), written[1], written[0]
        if (rollups := rollup_of(ordered, self.bounds.rolled)) is not None:
            written = self._write(rollup_path(path), lambda beside: write_rollups(beside, rollups))
            rolled = len(rollups), written[1], written[0]
        return Written(day, file, blocks, outlined, rolled)

    def _write(self, name: str, make: Callable[[Path], list[Block]]) -> tuple[str, int]:
        """Make a file durable; (blocks, bytes) of it. Raises StoreFailed, then it is not there."""
        path = self.log.folder / name
        beside, folder = path.with_suffix(".tmp"), path.parent
        try:
            new = not folder.exists()
            folder.mkdir(parents=True, exist_ok=True)
            self.step("writing")
            blocks = make(beside)
            self.step("written")
            sync(beside)
            self.step("synced")
            beside.replace(path)
            self.step("renamed")
            for one in (folder, folder.parent, self.log.folder) if new else (folder,):
                sync_folder(one)
            self.step("folder synced")
        except (OSError, StoreFailed) as error:
            beside.unlink(missing_ok=True)
            raise StoreFailed(f"{path}: {error}; nothing was sealed, the log has it all") from error
        return blocks_to_text(blocks), path.stat().st_size

    def _next_number(self) -> int:
        """Of a file; one that was ever on the list has it for good."""
        ((listed,),) = self.reader.rows("SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta WHERE key = 'file'")
        self._number = max(self._number, listed) + 1
        return self._number

    def commit(
        self,
        files: Sequence[Written],
        what: str,
        sealed_to: int = 0,
        gone: Sequence[str] = (),
        also: Callable[[sqlite3.Connection], None] = lambda _connection: None,
    ) -> bool:
        """One transaction: these files count from now on, batches up to sealed_to and the files `gone` no more.

        also: what else is written in it.

        False, and nothing has changed, when one of `gone` counts no more already: retention forgot it meanwhile.
        """
        number, since = self._number, self.log.last
        rows = [_listed(one) for one in files]
        outlines = [(w.file.path, *w.outline) for w in files if w.outline is not None]
        rollups = [(w.file.path, *w.rollup) for w in files if w.rollup is not None]
        changed: list[bool] = []

        def write(connection: sqlite3.Connection) -> None:
            changed.append(are_listed(connection, gone))
            if not changed[-1]:
                return
            connection.executemany("INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            connection.executemany("INSERT INTO outline VALUES (?, ?, ?, ?)", outlines)
            connection.executemany("INSERT INTO rollup VALUES (?, ?, ?, ?)", rollups)
            unlist(connection, gone, since)
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('file', ?)", (str(number),))
            if sealed_to:
                connection.execute("INSERT OR REPLACE INTO meta VALUES ('sealed_to', ?)", (str(sealed_to),))
            also(connection)

        self.step("committing")
        self.log.submit(write).result()
        self.step(what)
        return changed[-1]

    def _delete_sealed(self) -> None:
        while self._to_delete:
            piece = self._to_delete[:PIECE]

            def delete(connection: sqlite3.Connection, piece: list[tuple[int]] = piece) -> None:
                connection.executemany("DELETE FROM entry WHERE recorded = ?", piece)

            self.log.submit(delete).result()
            self._to_delete = self._to_delete[PIECE:]
            self.step("deleted")

    def sweep(self, now: int) -> int:
        """Unlink files that count no more once their grace is over; how many."""
        due = self.reader.rows("SELECT path FROM gone WHERE since <= ?", (max(now, self.log.last) - self.bounds.grace,))
        for (path,) in due:
            full = self.log.folder / path
            full.unlink(missing_ok=True)
            self.step("unlinked")
        if due:
            self.log.submit(lambda c: _forget_gone(c, due)).result()
        return len(due)


def _forget_gone(connection: sqlite3.Connection, paths: Sequence[tuple[str]]) -> None:
    connection.executemany("DELETE FROM gone WHERE path = ?", paths)


def _listed(written: Written) -> tuple[object, ...]:
    """As the table `file` has it, in the order of its columns."""
    f = written.file
    ends = f.tmin, f.tmax, f.rmin, f.rmax
    counted = f.entries, f.first, f.repeats
    return f.path, written.day, f.rows, f.bytes, *ends, *counted, written.blocks, f.group, f.grouping


def _described(path: str, size: int, s: Samples) -> File:
    """A file of rows by tag, time and recorded. entries and first are known to the one who seals."""
    again = (s.time[1:] == s.time[:-1]) & (s.tag[1:] == s.tag[:-1])
    tmin, tmax, rmin, rmax = (int(end) for column in (s.time, s.recorded) for end in (column.min(), column.max()))
    return File(path, len(s), size, tmin, tmax, rmin, rmax, 0, None, int(again.sum()))


def _shape(ordered: Samples) -> Samples | None:
    """The outline of each tag's minutes, or None where that is not much less."""
    starts = run_starts(ordered.tag, ordered.time // MINUTE)
    lengths = np.diff(np.append(starts, len(ordered)))
    picked = outline(np.repeat(np.arange(len(starts)), lengths), ordered.value, ordered.status)
    return ordered.take(picked) if WORTH * len(picked) <= len(ordered) else None


def in_place_of(written: Sequence[Written], gone: Sequence[File]) -> list[Written]:
    """Files that are written for others: the last of them counts their entries, all have their first time."""
    first = min((file.first for file in gone if file.first is not None), default=None)
    entries = [0] * (len(written) - 1) + [sum(file.entries for file in gone)]
    return [
        replace(one, file=replace(one.file, entries=many, first=first))
        for one, many in zip(written, entries, strict=True)
    ]


def _with_entries(files: Sequence[Written], entries: Sequence[tuple[int, int, int]]) -> list[Written]:
    """Each entry counts in the first file of the day of its greatest time: counts, first time stay what they were.

    All files of that day have the first time: whichever group is forgotten first, the others begin where they did.
    """
    recorded, tmin, tmax = np.array(entries, dtype=np.int64).T
    first = np.maximum(tmin, recorded - HORIZON)
    day = tmax // DAY
    found: list[Written] = []
    for one in files:
        mine = day == one.day
        near = mine & (tmax >= recorded - HORIZON)
        counted = 0 if one.day in {other.day for other in found} else int(mine.sum())
        earliest = int(first[near].min()) if near.any() else None
        found.append(replace(one, file=replace(one.file, entries=counted, first=earliest)))
    return found
