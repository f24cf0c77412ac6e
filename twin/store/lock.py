"""One writer per data folder: a lock that the system lets go when its holder dies, and that says who holds it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from twin.core.errors import Locked, StoreFailed


@contextmanager
def writer_lock(folder: Path, url: str = "") -> Generator[None]:
    """Hold the folder for writing. url: where the holder's API answers, for those who find it locked.

    Raises Locked with the holder's process and URL, StoreFailed where nothing can be written. The lock is the system's
    (flock, or LockFile on Windows), so a killed process leaves none behind; the file beside it only tells who.
    """
    who = folder / "writer.json"
    with _opened(folder) as file:
        if not _try_lock(file):
            raise Locked(f"{folder}: {_told(folder)}; stop it, or use its API")
        try:
            who.write_text(json.dumps({"pid": os.getpid(), "url": url}), encoding="utf-8")
        except OSError as error:
            raise _not_writable(folder, error) from error
        try:
            yield
        finally:
            with suppress(OSError):  # a disk that is read-only meanwhile: the next holder writes its own
                who.unlink(missing_ok=True)


def _opened(folder: Path) -> IO[bytes]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "writer.lock").open("a+b")
    except OSError as error:
        raise _not_writable(folder, error) from error


def _not_writable(folder: Path, error: OSError) -> StoreFailed:
    return StoreFailed(f"{folder}: {error.strerror}; name a folder we may write to with --data DIR")


def holder(folder: Path) -> dict[str, object] | None:
    """Who holds the folder now (pid, url), or None when nobody does."""
    path = folder / "writer.lock"
    if not path.exists():
        return None
    with path.open("rb") as file:  # also where nothing can be written
        return None if _try_lock(file) else _read_who(folder)


def address(folder: Path) -> str:
    """Where the twin that runs on the folder answers; "" when none does, or none by HTTP."""
    who = holder(folder)
    return "" if who is None else str(who.get("url") or "")


def _told(folder: Path) -> str:
    who = _read_who(folder)
    at = f" at {who['url']}" if who.get("url") else ""
    return f"process {who.get('pid', '?')} writes this data folder{at}"


def _read_who(folder: Path) -> dict[str, object]:
    try:
        return dict(json.loads((folder / "writer.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - exists elsewhere only

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
