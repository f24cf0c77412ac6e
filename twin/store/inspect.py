"""What a data folder holds, and whether all of it is as it was written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twin.core.errors import Corrupt
from twin.core.instant import to_text
from twin.store.entry import decode
from twin.store.files import Checks, blocks_from_text, everything_listed
from twin.store.reader import IN_LOG, LogReader

AT_ONCE = 500
"""Entries decoded at once."""
_INTEGRITY = "PRAGMA integrity_check(10)"
"""SQLite's own look at its pages, indexes and constraints; at most so many lines."""


def stats(reader: LogReader) -> dict[str, Any]:
    """Counts, sizes and times of the log and of its files, by name."""
    with reader.one_moment():
        counts, ends = reader.counts(), reader.ends()
        ((files, sealed, size),) = reader.rows(
            "SELECT count(*), coalesce(sum(rows), 0), coalesce(sum(bytes), 0) FROM file"
        )
        ((outlines,),) = reader.rows("SELECT coalesce(sum(bytes), 0) FROM outline")
        ((gone,),) = reader.rows("SELECT count(*) FROM gone")
        tags = len(reader.tags())
    log = sum(path.stat().st_size for path in reader.folder.glob("log.db*"))
    return {
        "tags": tags,
        **counts,
        "samples_in_log": counts["samples"] - sealed,
        "samples_in_files": sealed,
        "first": None if ends is None else to_text(ends[0]),
        "last": None if ends is None else to_text(ends[1]),
        "log_bytes": log,
        "files": files,
        "file_bytes": size,
        "outline_bytes": outlines,
        "merged_away_files": gone,
    }


def damage(reader: LogReader, progress: Callable[[float], None]) -> list[str]:
    """Everything that is not as it was written, a line each: every entry of the log, every byte of every file."""
    found: list[str] = []
    checks = Checks(reader.folder)
    found += [f"{reader.folder / 'log.db'}: {text}" for (text,) in reader.rows(_INTEGRITY) if text != "ok"]
    files = everything_listed(reader)
    recorded = [r for (r,) in reader.rows(f"SELECT recorded FROM entry WHERE {IN_LOG} ORDER BY recorded")]  # noqa: S608
    pieces = [recorded[at : at + AT_ONCE] for at in range(0, len(recorded), AT_ONCE)]
    for done, (path, text) in enumerate(files):
        progress(done / (len(files) + len(pieces)))
        found += _told(lambda p=path, t=text: checks.check(p, blocks_from_text(t)))
    for done, piece in enumerate(pieces):
        progress((len(files) + done) / (len(files) + len(pieces)))
        if _told(lambda p=piece: _decode(reader, p[0], p[-1])):
            found += [line for one in piece for line in _told(lambda r=one: _decode(reader, r, r))]
    return found


def _decode(reader: LogReader, first: int, last: int) -> None:
    chosen = "SELECT recorded, kind, crc, body, text FROM entry WHERE recorded BETWEEN ? AND ?"
    decode(reader.rows(chosen, (first, last)))


def _told(check: Callable[[], None]) -> list[str]:
    try:
        check()
    except Corrupt as error:
        return [str(error)]
    return []
