"""The list of sealed files, and the checksums that tell whether the bytes of one are those that were written."""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from twin.core.errors import Corrupt

HISTORY = "history"
"""Folder of the sealed files below the data folder."""
OUTLINE = "outline"
"""Folder of their outlines."""
ROLLUP = "rollup"
"""Folder of their rollups."""
COLUMNS = (
    "path, rows, bytes, tmin, tmax, rmin, rmax, entries, first, repeats, "
    "coalesce((SELECT o.rows FROM outline o WHERE o.file = path), 0), "
    "coalesce((SELECT r.rows FROM rollup r WHERE r.file = path), 0), grp, grouping"
)
"""What a File is made from, in order."""


class Rows(Protocol):
    """Queries of the log's database."""

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        ...


class Vanished(Corrupt):
    """A file of the list is not there: merged away since the list was read, or lost."""


@dataclass(frozen=True, slots=True)
class File:
    """A sealed file as the list has it. path: below the data folder. outline: rows of its outline, rollup: records of
    its rollup, 0 without one. group: of its tags, '' for none; grouping: the set of groups it was chosen from.
    """

    path: str
    rows: int
    bytes: int
    tmin: int
    tmax: int
    rmin: int
    rmax: int
    entries: int
    first: int | None
    repeats: int
    outline: int = 0
    rollup: int = 0
    group: str = ""
    grouping: str = ""

    def shares_tags(self, other: File) -> bool:
        """Whether both may hold rows of one tag: not where one set of groups told them apart."""
        return self.grouping != other.grouping or self.group == other.group


def outline_path(path: str) -> str:
    """Where the outline of a file is."""
    return OUTLINE + path.removeprefix(HISTORY)


def rollup_path(path: str) -> str:
    """Where the rollup of a file is."""
    return ROLLUP + path.removeprefix(HISTORY).removesuffix(".parquet") + ".rollup"


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes [start, end) of a file and their CRC-32. tags: first and last name of its rows; times: least, greatest.

    The footer is a block without rows: tags are empty, and it concerns every read.
    """

    start: int
    end: int
    crc: int
    tags: tuple[str, str]
    times: tuple[int, int]

    def concerns(self, wanted: Sequence[str] | None, start: int, end: int) -> bool:
        """Whether rows of these tags (sorted; None for all) in [start, end) may be in it."""
        first, last = self.tags
        if not last:
            return True
        if self.times[1] < start or self.times[0] >= end:
            return False
        if wanted is None:
            return True
        at = bisect_left(wanted, first)
        return at < len(wanted) and wanted[at] <= last


def blocks_to_text(blocks: Sequence[Block]) -> str:
    """As the list of files keeps them."""
    return json.dumps([[b.start, b.end, b.crc, *b.tags, *b.times] for b in blocks], ensure_ascii=False)


def blocks_from_text(text: str) -> list[Block]:
    """The blocks of one file."""
    return [
        Block(start, end, crc, (first, last), (tmin, tmax))
        for start, end, crc, first, last, tmin, tmax in json.loads(text)
    ]


class Checks:
    """Which blocks this process has found whole. A file that was touched since is looked at again. For any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._whole: set[tuple[str, int, int, int]] = set()
        self._lock = threading.Lock()

    def check(self, path: str, blocks: Sequence[Block]) -> None:
        """Raises Corrupt naming the file and the first block that is not as it was written, Vanished without file."""
        full = self._folder / path
        try:
            found = full.stat()
        except OSError as error:
            raise Vanished(f"{full}: {error.strerror}; restore it from a backup") from error
        keys = [(path, block.start, found.st_mtime_ns, found.st_size) for block in blocks]
        due = [(key, block) for key, block in zip(keys, blocks, strict=True) if key not in self._whole]
        if not due:
            return
        try:
            with full.open("rb") as file:
                for _, block in due:
                    file.seek(block.start)
                    if zlib.crc32(file.read(block.end - block.start)) != block.crc:
                        raise Corrupt(
                            f"{full}: bytes {block.start} to {block.end} do not match their checksum; "
                            "restore it from a backup"
                        )
        except OSError as error:
            raise Vanished(f"{full}: {error.strerror}; restore it from a backup") from error
        with self._lock:
            self._whole.update(key for key, _ in due)


def everything_listed(database: Rows) -> list[tuple[str, str]]:
    """Path and blocks (as text) of every file that counts: sealed history and what is derived from it."""
    history = database.rows("SELECT path, blocks FROM file ORDER BY path")
    outlines = database.rows("SELECT file, blocks FROM outline ORDER BY file")
    rollups = database.rows("SELECT file, blocks FROM rollup ORDER BY file")
    derived = [*((outline_path(path), text) for path, text in outlines), *((rollup_path(p), t) for p, t in rollups)]
    return [*history, *derived]


def are_listed(connection: sqlite3.Connection, paths: Sequence[str]) -> bool:
    """Whether all these files count."""
    return all(connection.execute("SELECT 1 FROM file WHERE path = ?", (path,)).fetchone() for path in paths)


def unlist(connection: sqlite3.Connection, paths: Sequence[str], since: int) -> None:
    """These files count no more, nor do their outlines and rollups; the sealer unlinks them after a while."""
    for path in paths:
        connection.execute("INSERT INTO gone VALUES (?, ?)", (path, since))
        for table, derived in (("outline", outline_path(path)), ("rollup", rollup_path(path))):
            found = connection.execute(f"DELETE FROM {table} WHERE file = ?", (path,)).rowcount  # noqa: S608 - ours
            connection.executemany("INSERT INTO gone VALUES (?, ?)", [(derived, since)] * found)
        connection.execute("DELETE FROM file WHERE path = ?", (path,))
