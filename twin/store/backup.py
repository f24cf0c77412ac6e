"""Backup and restore: a copy of a data folder that is a data folder itself, made while a twin writes on.

The databases first, each as of one moment, the log last of them: no cursor of an outlet stands behind what the copy of
the log has. Then the files that this copy lists; sealed files never change, and one that is merged away meanwhile stays
long enough. The copy gets its name when all of it is on disk: what has the name is whole.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
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
        found = _filled(folder, partial, _only_on(progress), link, on_step)
        if target.exists():
            target.rmdir()
        partial.rename(target)
        sync_folder(target.parent)
    except (OSError, sqlite3.Error, StoreFailed) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise StoreFailed(f"{target}: {error}; there is no copy") from error
    on_step("named")
    return replace(found, damage=tuple(line.replace(str(partial), str(target)) for line in found.damage))


def _only_on(progress: Progress) -> Progress:
    """A bar that never goes back."""
    reached = 0.0

    def shown(share: float) -> None:
        nonlocal reached
        reached = max(reached, share)
        progress(reached)

    return shown


def _filled(folder: Path, partial: Path, progress: Progress, link: bool, on_step: Callable[[str], None]) -> Copied:
    shutil.rmtree(partial, ignore_errors=True)  # of a backup that was killed
    partial.mkdir(parents=True)
    listed = set(_listed(folder))
    for path in _others(folder, listed):
        _copy_other(folder / path, partial / path)
    on_step("others copied")
    paths = _copy_history(folder, partial, lambda share: progress(0.6 * share), link, on_step)
    on_step("files copied")
    with closing(LogReader(partial)) as reader:
        damaged = damage(reader, lambda share: progress(0.6 + 0.4 * share))
        counts, last = reader.counts(), reader.last()
    _remove_log(partial, beside_it=True)
    for one in (partial, *(path for path in partial.rglob("*") if path.is_dir())):
        sync_folder(one)
    on_step("synced")
    size = sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())
    return Copied(len(paths), size, counts["samples"], counts["events"], last, tuple(damaged))


def _copy_history(
    folder: Path, partial: Path, progress: Progress, link: bool, on_step: Callable[[str], None]
) -> set[str]:
    """The log and the files that it lists, whose paths are returned.

    A file may be merged away and unlinked before its turn comes. Then the log is copied again, with the file that has
    its rows now, and what was copied stays: so it comes to an end however long the copying takes. What is missing
    twice is lost.
    """
    gone = ""
    while True:
        _remove_log(partial, beside_it=False)
        copy_database(folder / LOG, partial / LOG, lambda share: progress(0.3 * share))
        on_step("log copied")
        with closing(LogReader(partial)) as reader:
            paths = [path for path, _ in everything_listed(reader)]
        missing = _copy_missing(folder, partial, paths, lambda share: progress(0.3 + 0.7 * share), link)
        if missing and missing == gone:
            raise Vanished(f"{folder / missing}: is not there; restore it from a backup")
        gone = missing
        if not missing:
            for root in {path.split("/", 1)[0] for path in paths}:
                _keep_only(partial, root, set(paths))
            return set(paths)


def _copy_missing(folder: Path, partial: Path, paths: Sequence[str], progress: Progress, link: bool) -> str:
    """Copy files that are not copied yet; the first that is not there any more, '' when all were."""
    for done, path in enumerate(paths):
        progress(done / len(paths))
        if not (partial / path).exists() and not _copy_sealed(folder / path, partial / path, link):
            return path
    return ""


def _remove_log(partial: Path, beside_it: bool) -> None:
    """The log of a copy, or what reading it has left beside it."""
    for name in (f"{LOG}-wal", f"{LOG}-shm", *(() if beside_it else (LOG,))):
        (partial / name).unlink(missing_ok=True)


def _keep_only(partial: Path, root: str, paths: set[str]) -> None:
    for path in (partial / root).rglob("*"):
        if path.is_file() and path.relative_to(partial).as_posix() not in paths:
            path.unlink()


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
        if not path.parts[0].startswith(".")  # what somebody just takes out
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


def _copy_sealed(source: Path, target: Path, link: bool) -> bool:
    """False: it is not there any more."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if link and _linked(source, target):
            return True
        shutil.copyfile(source, target)
    except FileNotFoundError:
        return False
    sync(target)
    return True


def _linked(source: Path, target: Path) -> bool:
    """Hard links need one disk, and a file system that has them."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        return False
    return True
