"""Rollups beside sealed files: written once, read by tag, kept in memory a while for who asks again."""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import StoreFailed
from twin.core.rollup import STEPS, Rollups, no_rollups, rolled_up
from twin.core.rows import Samples
from twin.core.window import run_starts
from twin.store.files import Block, Checks, Vanished, rollup_path
from twin.store.rollup_bytes import Packed, packed, to_blocks, unpacked

IN_BLOCK = 192
"""Records of a block, about: of eight tags of a day. Who wants one tag inflates 37 KB."""
MOST_KEPT = 200_000
"""Records that are kept in memory: 30 MB."""


def rollup_of(ordered: Samples, worth: int) -> Rollups | None:
    """Of the rows of a file, which stand by tag (tags in any order), time and recorded; None below `worth` rows each.

    Of rows of one (tag, time) the last counts.
    """
    if worth * len(run_starts(ordered.tag, ordered.time // STEPS)) > len(ordered):
        return None
    beaten = np.zeros(len(ordered), np.bool_)
    beaten[:-1] = (ordered.time[1:] == ordered.time[:-1]) & (ordered.tag[1:] == ordered.tag[:-1])
    found = rolled_up(ordered.take(~beaten) if beaten.any() else ordered)
    return np.take(found, np.argsort(found["tag"], kind="stable"))


def write_rollups(path: Path, rollups: Rollups) -> list[Block]:
    """Write records by (tag, hour); returns the blocks, each of whole tags. Raises OSError."""
    starts = run_starts(rollups["tag"])
    cuts = starts[run_starts(starts // IN_BLOCK)].tolist()
    blocks: list[Block] = []
    with path.open("wb") as file:
        for first, end, body in zip(
            cuts, [*cuts[1:], len(rollups)], to_blocks(rollups, [*cuts, len(rollups)]), strict=True
        ):
            mine = rollups[first:end]
            tags = str(mine["tag"][0]), str(mine["tag"][-1])
            times = int(mine["first"].min()), int(mine["last"].max())
            blocks.append(Block(file.tell(), file.tell() + len(body), zlib.crc32(body), tags, times))
            file.write(body)
    return blocks


class RollupFiles:
    """Reads of the rollups of a folder. For any thread."""

    def __init__(self, folder: Path, checks: Checks) -> None:
        self._folder = folder
        self._checks = checks
        self._ends: dict[str, tuple[NDArray[np.int32], NDArray[np.int32]]] = {}
        """First and last tag of each block of a file."""
        self._kept: OrderedDict[tuple[str, int], Rollups] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def read(self, files: Mapping[str, Sequence[Block]], tags: NDArray[np.int32]) -> list[Rollups]:
        """The records of some tags (sorted), tag by tag. files: path of each sealed file, blocks of its rollup.

        Raises Corrupt naming the file, Vanished without it.
        """
        asked = [(path, tag) for tag in tags.tolist() for path in files]
        with self._lock:
            found = {key: self._kept[key] for key in asked if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
        missing: dict[str, list[int]] = {}
        for path, tag in asked:
            if (path, tag) not in found:
                missing.setdefault(path, []).append(tag)
        if missing:
            found |= self._fetch({path: (files[path], np.array(own, np.int32)) for path, own in missing.items()})
        return [found[key] for key in asked if len(found[key])]

    def _fetch(self, wanted: Mapping[str, tuple[Sequence[Block], NDArray[np.int32]]]) -> dict[tuple[str, int], Rollups]:
        parts: list[tuple[str, Packed]] = []
        for path, (blocks, tags) in wanted.items():
            needed = [blocks[number] for number in self._concerned(path, blocks, tags)]
            name = rollup_path(path)
            self._checks.check(name, needed)
            parts += [(path, packed(body).of(tags)) for body in self._bodies(self._folder / name, needed)]
        records = unpacked([part for _, part in parts])
        found = {(path, tag): no_rollups() for path, (_, tags) in wanted.items() for tag in tags.tolist()}
        at = 0
        for path, part in parts:
            for start, end in pairwise([*run_starts(part.tag).tolist(), len(part.tag)]):
                found[path, int(part.tag[start])] = np.take(records, np.arange(at + start, at + end))
            at += len(part.tag)
        self._keep(found)
        return found

    def _concerned(self, path: str, blocks: Sequence[Block], tags: NDArray[np.int32]) -> list[int]:
        if path not in self._ends:
            first, last = (np.array([int(block.tags[end]) for block in blocks], np.int32) for end in (0, 1))
            self._ends[path] = first, last
        first, last = self._ends[path]
        at = np.searchsorted(last, tags)
        inside = at < len(last)
        inside[inside] = first[at[inside]] <= tags[inside]
        return sorted(set(at[inside].tolist()))

    def _bodies(self, full: Path, blocks: Sequence[Block]) -> list[bytes]:
        try:
            with full.open("rb") as file:
                found: list[bytes] = []
                for block in blocks:
                    file.seek(block.start)
                    found.append(file.read(block.end - block.start))
                return found
        except FileNotFoundError as error:
            raise Vanished(f"{full}: {error.strerror}; restore it from a backup") from error
        except OSError as error:
            raise StoreFailed(f"{full}: {error.strerror}; is the disk there and readable?") from error

    def _keep(self, found: Mapping[tuple[str, int], Rollups]) -> None:
        with self._lock:
            for key, records in found.items():
                if key not in self._kept:
                    self._kept[key] = records
                    self._size += len(records) + 1
            while self._size > MOST_KEPT:
                _, records = self._kept.popitem(last=False)
                self._size -= len(records) + 1
