"""Backup and restore: a copy of a data folder that is a data folder itself, made while a twin writes on.

The databases first, each as of one moment, the log last of them: no cursor of an outlet stands behind what the copy of
the log has. Then the files that this copy lists; sealed files never change, and one that is merged away meanwhile stays
long enough. The copy gets its name when all of it is on disk: what has the name is whole.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from twin.core.errors import Misconfigured, StoreFailed
from twin.store.files import Vanished, everything_listed
from twin.store.inspect import damage
from twin.store.lock import holder
from twin.store.reader import LogReader
from twin.store.sync import sync, sync_folder

LOG = "log.db"
PAGES = 1024
"""Pages of a database that are copied between two looks at the progress bar: 8 MB."""
TRIES = 3
"""A file may be merged away and unlinked before its turn comes: then the copy is begun anew."""
PARTIAL = ".partial"
_OF_THE_WRITER = {"writer.lock", "writer.json"}

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds. last: `recorded` of its last entry, ns. damage: what is not as it was written, a line each."""

    files: int
    bytes: int
    samples: int
    events: int
    last: int
    damage: tuple[str, ...]


def back_up(
    folder: Path,
    target: Path,
    progress: Progress,
    *,
    link: bool = False,
    on_step: Callable[[str], None] = lambda _: None,
) -> Copied:
    """Copy a data folder, in use or not, to `target`, which is not there yet; the copy is read once and checked.

    link: hard links instead of copies of sealed files where the disk is the same. A damaged file is copied and named.
    Raises StoreFailed; then there is no `target`.
    """
    _require_log(folder)
    return _copied(folder, target, progress, link, on_step)


def restore(source: Path, folder: Path, progress: Progress) -> Copied:
    """Make a data folder from a backup. Raises Misconfigured when either is not fit for it, and changes nothing."""
    _require_log(source)
    if (who := holder(source)) is not None:
        raise Misconfigured(f"{source}: process {who.get('pid', '?')} writes this folder; a backup is at rest")
    with closing(LogReader(source)) as reader:
        damaged = damage(reader, lambda share: progress(share / 2))
    if damaged:
        raise StoreFailed(
            f"{source}: {len(damaged)} places are not as they were written, the first: {damaged[0]}; "
            "take another backup, or run on a copy of this one: reads name what is damaged"
        )
    return _copied(source, folder, lambda share: progress(0.5 + share / 2), False, lambda _: None)


def _require_log(folder: Path) -> None:
    if not (folder / LOG).exists():
        raise Misconfigured(f"{folder}: no data here (no {LOG}); name the folder of a run")


def _copied(folder: Path, target: Path, progress: Progress, link: bool, on_step: Callable[[str], None]) -> Copied:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Misconfigured(f"{target}: is there already; name a folder that is not")
    if target.resolve().is_relative_to(folder.resolve()):
        raise Misconfigured(f"{target}: lies within the data folder; name a folder outside of it")
    partial = target.with_name(target.name + PARTIAL)
    try:
        found = _filled(folder, partial, progress, link, on_step)
        if target.exists():
            target.rmdir()
        partial.rename(target)
        sync_folder(target.parent)
    except (OSError, sqlite3.Error, StoreFailed) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise StoreFailed(f"{target}: {error}; there is no copy") from error
    on_step("named")
    return found


def _filled(folder: Path, partial: Path, progress: Progress, link: bool, on_step: Callable[[str], None]) -> Copied:
    for _ in range(TRIES - 1):
        with suppress(Vanished):
            return _fill(folder, partial, progress, link, on_step)
    return _fill(folder, partial, progress, link, on_step)


def _fill(folder: Path, partial: Path, progress: Progress, link: bool, on_step: Callable[[str], None]) -> Copied:
    shutil.rmtree(partial, ignore_errors=True)  # of a try before, or of a backup that was killed
    partial.mkdir(parents=True)
    listed = set(_listed(folder))
    for path in _others(folder, listed):
        _copy_other(folder / path, partial / path)
    on_step("others copied")
    copy_database(folder / LOG, partial / LOG, lambda share: progress(0.2 * share))
    on_step("log copied")
    with closing(LogReader(partial)) as reader:
        paths = [path for path, _ in everything_listed(reader)]
        for done, path in enumerate(paths):
            progress(0.2 + 0.4 * done / len(paths))
            _copy_sealed(folder / path, partial / path, link)
        on_step("files copied")
        damaged = damage(reader, lambda share: progress(0.6 + 0.4 * share))
        counts, last = reader.counts(), reader.last()
    for leftover in (f"{LOG}-wal", f"{LOG}-shm"):
        (partial / leftover).unlink(missing_ok=True)
    for one in (partial, *(path for path in partial.rglob("*") if path.is_dir())):
        sync_folder(one)
    on_step("synced")
    size = sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())
    return Copied(len(paths), size, counts["samples"], counts["events"], last, tuple(damaged))


def _listed(folder: Path) -> Iterator[str]:
    with closing(LogReader(folder)) as reader:
        yield from (path for path, _ in everything_listed(reader))


def _others(folder: Path, listed: set[str]) -> list[Path]:
    """Everything else a data folder holds: certificates, the outlets' cursors. Not the log, nor what files leave."""
    roots = {path.split("/", 1)[0] for path in listed} | {"history", "outline", "rollup"}
    found = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    return [
        path
        for path in found
        if path.parts[0] not in roots and path.name not in _OF_THE_WRITER
        if not path.name.startswith(LOG) and not path.name.endswith(("-wal", "-shm", ".tmp"))
    ]


def _copy_other(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".db":
        copy_database(source, target, lambda _share: None)
    else:
        shutil.copy2(source, target)
        sync(target)


def copy_database(source: Path, target: Path, progress: Progress) -> None:
    """Copy a SQLite database as of one moment, beside whoever writes it. Raises sqlite3.Error, OSError."""
    uri = f"{source.resolve().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as from_,
        closing(sqlite3.connect(target)) as to,
    ):
        from_.execute("PRAGMA busy_timeout = 10000")
        # A read transaction of its own: else each commit of the writer would make the copy begin from the start.
        from_.execute("BEGIN")
        from_.execute("SELECT count(*) FROM sqlite_master").fetchone()
        from_.backup(to, pages=PAGES, progress=lambda _status, left, all_: progress(1 - left / max(all_, 1)))
        from_.execute("COMMIT")
    sync(target)


def _copy_sealed(source: Path, target: Path, link: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if link and _linked(source, target):
            return
        shutil.copyfile(source, target)
    except FileNotFoundError as error:
        raise Vanished(f"{source}: {error.strerror}; restore it from a backup") from error
    sync(target)


def _linked(source: Path, target: Path) -> bool:
    """Hard links need one disk, and a file system that has them."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        return False
    return True
