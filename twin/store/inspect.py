"""What a data folder holds, and whether all of it is as it was written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twin.core.errors import Corrupt
from twin.core.instant import to_text
from twin.store.damaged import damaged_entries
from twin.store.files import Checks, blocks_from_text, everything_listed
from twin.store.lock import holder
from twin.store.reader import LogReader
from twin.store.wal import damage_of_wal

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
        ((rollups,),) = reader.rows("SELECT coalesce(sum(bytes), 0) FROM rollup")
        ((gone,),) = reader.rows("SELECT count(*) FROM gone")
        ((thinned,),) = reader.rows("SELECT coalesce(sum(dropped), 0) FROM thinned")
        ((aside,),) = reader.rows("SELECT count(*) FROM damaged")
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
        "rollup_bytes": rollups,
        "merged_away_files": gone,
        "thinned_rows": thinned,
        "damaged_entries": aside,
    }


def damage(reader: LogReader, progress: Callable[[float], None]) -> list[str]:
    """Everything that is not as it was written, a line each: every entry of the log, every byte of every file."""
    found = _of_the_log(reader)
    checks = Checks(reader.folder)
    files = everything_listed(reader)
    for done, (path, text) in enumerate(files):
        progress(0.5 * done / len(files))
        found += _told(lambda p=path, t=text: checks.check(p, blocks_from_text(t)))
    found += _of_the_list(reader)
    entries = damaged_entries(reader, lambda share: progress(0.5 + 0.5 * share))
    return [*found, *(entry.told for entry in entries)]


def _of_the_log(reader: LogReader) -> list[str]:
    """SQLite's own look; and its write-ahead log, where nobody writes it at this moment."""
    log = reader.folder / "log.db"
    found = [f"{log}: {text}" for (text,) in reader.rows(_INTEGRITY) if text != "ok"]
    behind = None if holder(reader.folder) else damage_of_wal(log.with_name("log.db-wal"))
    return [*found, behind.told] if behind else found


def _of_the_list(reader: LogReader) -> list[str]:
    """What the list says of a file against what its blocks say: with wrong times a file would not be read at all."""
    found: list[str] = []
    for path, tmin, tmax, text in reader.rows("SELECT path, tmin, tmax, blocks FROM file"):
        times = [block.times for block in blocks_from_text(text) if block.tags[1]]
        if times and (tmin, tmax) != (min(a for a, _ in times), max(b for _, b in times)):
            found.append(f"{reader.folder / path}: its times on the list are not those of its rows; restore log.db")
    return found


def _told(check: Callable[[], None]) -> list[str]:
    try:
        check()
    except Corrupt as error:
        return [str(error)]
    return []
