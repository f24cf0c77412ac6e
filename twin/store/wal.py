"""The write-ahead log of SQLite as bytes: its length, and whether commits lie behind a place where they cannot be read.

SQLite reads it up to the first frame that does not match its checksum and takes the rest for what a crash left behind.
That is right for a torn tail, which was never acknowledged; but a flipped bit in the middle would hide every commit
behind it without a word. The checksum of a frame goes on from that of the frame before it
(https://www.sqlite.org/fileformat2.html#walformat), so each frame can be judged by itself.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.store.sync import sync

HEADER, FRAME = 32, 24
PAGE = 8192
"""Of our databases (twin.store.schema)."""
_BIG_ENDIAN = 0x377F0683
_AT_ONCE = 512
"""Frames looked at at once: 4 MB."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Commits that SQLite will not read. start: first byte that is not as it was written."""

    path: Path
    start: int
    commits: int

    @property
    def told(self) -> str:
        """For people."""
        return (
            f"{self.path}: byte {self.start} and on do not match their checksum, and at least {self.commits} commits "
            "lie behind; they cannot be read; restore it from a backup"
        )


def damage_of_wal(path: Path) -> Unread | None:
    """What SQLite will pass over although it was once whole, None where there is no such thing.

    One commit behind the first bad frame may be what a power cut tore, and was not acknowledged then; two cannot be:
    the second was begun when the first was on disk.
    """
    if not path.exists() or path.stat().st_size < HEADER + FRAME + PAGE:
        return None
    data = np.fromfile(path, dtype=np.uint8)
    magic, _, page, _, salt_1, salt_2, *sums = struct.unpack(">8I", data[:HEADER].tobytes())
    words = ">u4" if magic == _BIG_ENDIAN else "<u4"
    headed = (
        page == PAGE and _sums(data[None, : HEADER - 8], np.zeros((1, 2), dtype=np.uint32), words)[0].tolist() == sums
    )
    count = (len(data) - HEADER) // (FRAME + PAGE)
    frames = data[HEADER : HEADER + count * (FRAME + PAGE)].reshape(count, FRAME + PAGE)
    heads = np.ascontiguousarray(frames[:, :FRAME]).view(">u4").astype(np.uint32)
    salts = [salt_1, salt_2] if headed else heads[0, 2:4]
    before = np.vstack([np.array([sums], dtype=np.uint32), heads[:-1, 4:6]])
    good = (heads[:, 2:4] == salts).all(axis=1)
    of_this_round = np.flatnonzero(good)
    for at in range(0, len(of_this_round), _AT_ONCE):
        mine = of_this_round[at : at + _AT_ONCE]
        piece = frames[mine]
        summed = np.concatenate([piece[:, :8], piece[:, FRAME:]], axis=1)
        good[mine] = (_sums(summed, before[mine], words) == heads[mine, 4:6]).all(axis=1)
    if headed and good.all():
        return None
    first = int(np.argmin(good)) if headed else 0
    behind = int((good[first:] & (heads[first:, 1] != 0)).sum())
    return Unread(path, HEADER + first * (FRAME + PAGE) if headed else 0, behind) if behind > 1 else None


def make_room(path: Path, size: int) -> None:
    """Make a write-ahead log so long, with zeros behind what is there. For its writer, between commits.

    A commit that makes a file longer waits for the journal of the file system, and so for what everybody else is just
    writing; one that writes over what is there waits for its own bytes. SQLite takes the zeros for what a crash left
    behind, writes over them, and leaves the file as long as it is.
    """
    with suppress(OSError):
        before = path.stat().st_size
        try:
            with path.open("ab") as file:
                file.write(bytes(max(0, size - before)))
            sync(path)
        except OSError:  # a full disk needs the little there is for other things; SQLite makes it longer by itself
            os.truncate(path, before)


def _sums(pieces: NDArray[np.uint8], before: NDArray[np.uint32], words: str) -> NDArray[np.uint32]:
    """Checksums of equally long pieces, each going on from `before`.

    A step is (a, b) -> (a + x + b, b + y + a + x + b) modulo 2^32 over pairs of words (x, y): linear, so it is two sums
    of the words by powers of one matrix.
    """
    of_x, of_y, of_before = _weights(pieces.shape[1] // 8)
    numbers = pieces.view(words).astype(np.uint32)
    x, y = numbers[:, 0::2], numbers[:, 1::2]
    found = np.empty((len(pieces), 2), dtype=np.uint32)
    for row in (0, 1):
        found[:, row] = (x * of_x[row]).sum(axis=1, dtype=np.uint32) + (y * of_y[row]).sum(axis=1, dtype=np.uint32)
        found[:, row] += (before * of_before[row]).sum(axis=1, dtype=np.uint32)
    return found


def _weights(pairs: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]:
    """What each x, each y and the checksum before add to the two sums."""
    x, y = np.empty((2, pairs), dtype=np.uint32), np.empty((2, pairs), dtype=np.uint32)
    power = (1, 0, 0, 1)  # of the step ((1, 1), (1, 2)), row by row
    for place in range(pairs - 1, -1, -1):
        a, b, c, d = power
        x[:, place] = (a + b) % 2**32, (c + d) % 2**32  # x goes into both
        y[:, place] = b, d
        power = tuple(n % 2**32 for n in (a + b, a + 2 * b, c + d, c + 2 * d))
    return x, y, np.array(power, dtype=np.uint32).reshape(2, 2)
