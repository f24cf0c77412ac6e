"""What the store benchmark asks of an engine, and how it is asked of all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from benchmarks.workload import Workload
from twin.core.batch import Batch
from twin.core.instant import DAY

READS = 7
HOURLY_TAGS = 50
GLANCE_S = 0.5
MOST_S = 600.0


class Engine(Protocol):
    """A store with the same samples as the others. What day and hourly return is read in full, not parsed."""

    def prepare(self, batches: Sequence[tuple[int, Batch]]) -> Sequence[Any]:
        """The batches in the form it takes them: the client's work is not the engine's."""
        ...

    def put(self, prepared: Any) -> None:
        """Store one batch; returns when the engine says that it has it."""
        ...

    def settled(self) -> int:
        """Wait until nothing is left to flush, merge or compact; bytes of its whole folder then."""
        ...

    def day(self, tag: int, start: int, end: int) -> object:
        """All rows of a tag."""
        ...

    def hourly(self, tags: Sequence[int], start: int, end: int) -> object:
        """The mean of each hour of some tags."""
        ...


@dataclass(frozen=True, slots=True)
class Figures:
    """rows/s acknowledged, bytes a sample after all merging, ms of the reads."""

    ingest: float
    bytes: float
    day_ms: float
    hourly_ms: float


def measured(engine: Engine, workload: Workload) -> Figures:
    """Load it day by day, let it settle, ask it."""
    took = 0.0
    for _, day in groupby(workload.batches(), lambda one: one[0] // DAY):
        prepared = engine.prepare(list(day))
        begun = time.perf_counter()
        for one in prepared:
            engine.put(one)
        took += time.perf_counter() - begun
    size = engine.settled()
    start, end = workload.span
    slow = range(workload.quick, workload.quick + HOURLY_TAGS)
    return Figures(
        workload.rows / took,
        size / workload.rows,
        took_ms(lambda: engine.day(workload.quick - 1, start, start + DAY)),
        took_ms(lambda: engine.hourly(slow, start, end)),
    )


def took_ms(read: Callable[[], object]) -> float:
    """Median time of some reads after a first one."""
    read()
    times: list[float] = []
    for _ in range(READS):
        begun = time.perf_counter()
        read()
        times.append(1e3 * (time.perf_counter() - begun))
    return median(times)


def folder_bytes(folder: Path) -> int:
    """Bytes on disk of all files below a folder; holes in files take none."""
    found = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a server goes on
            stat = path.lstat()
            found += getattr(stat, "st_blocks", 0) * 512 or stat.st_size
    return found


def until_still(folder: Path, is_busy: Callable[[], bool], still: int) -> int:
    """Bytes of a folder of a server once it has nothing to do and they have not changed for so many glances."""
    deadline = time.monotonic() + MOST_S
    sizes: list[int] = []
    while len(sizes) < still or len(set(sizes[-still:])) > 1 or is_busy():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{folder}: still changing after {MOST_S:.0f} s")
        time.sleep(GLANCE_S)
        sizes.append(folder_bytes(folder))
    return sizes[-1]
