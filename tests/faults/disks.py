"""Small file systems that can be cut off, filled and made read-only. Linux, root."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.victim import eventually

_SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN."""
_AS_IT_IS = 2
"""Neither data nor journal are written first; 0 would write everything, 1 the journal."""


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


class LoopDisk:
    """An ext4 in a file, mounted at `path`."""

    def __init__(self, folder: Path, megabytes: int = 256) -> None:
        self.path = folder / "disk"
        self._image = folder / "disk.img"
        self.path.mkdir()
        with self._image.open("wb") as file:
            file.truncate(megabytes * 2**20)
        _run("mkfs.ext4", "-q", "-F", str(self._image))

    def mount(self) -> None:
        """Mount it; the journal is replayed, as after a power cut."""
        _run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.path))

    def cut(self) -> None:
        """Power off within microseconds: what is not on disk yet never comes there, every call from now on fails."""
        import fcntl  # noqa: PLC0415 - Windows has none

        root = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(root, _SHUTDOWN, struct.pack("I", _AS_IT_IS))
        finally:
            os.close(root)

    def fail(self) -> None:
        """As the kernel answers an error of the device: from now on it can be read only."""
        _run("mount", "-o", "remount,abort", str(self.path))

    def read_only(self) -> None:
        """As an administrator does it, while nobody writes."""
        _run("mount", "-o", "remount,ro", str(self.path))

    def unmount(self) -> None:
        """Once nobody holds it."""

        def is_free() -> bool:
            return subprocess.run(["umount", str(self.path)], capture_output=True, check=False).returncode == 0

        eventually(is_free, 20, f"{self.path} unmounted")


@contextmanager
def loop_disk(folder: Path, megabytes: int = 256) -> Iterator[LoopDisk]:
    """Mounted while the block runs."""
    disk = LoopDisk(folder, megabytes)
    disk.mount()
    try:
        yield disk
    finally:
        if os.path.ismount(disk.path):
            disk.unmount()


@contextmanager
def memory_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A tmpfs of this size."""
    path = folder / "tmpfs"
    path.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path))
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], capture_output=True, check=False)
