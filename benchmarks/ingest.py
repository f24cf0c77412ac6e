"""Ingest under load: the CPU of a process that stores 1,000 tags at 10 Hz, and the values that it lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.command import Effort
from benchmarks.plant import PATHS
from benchmarks.process import Measured, Ticking
from benchmarks.row import Row

SETTLE_S = 2.0
"""After the last tag's first value: what starting costs is over."""

Stored = tuple[NDArray[np.int64], NDArray[np.int64]]
"""(tag as its place in PATHS, tick) of everything in a store."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one process showed. first_s: from its start to its first stored value, None where that is not known."""

    cpu: float
    lost: int
    peak_mb: float
    first_s: float | None


def measure(
    process: Measured, source: Ticking, stored: Callable[[], Stored], effort: Effort, first: Callable[[], int] | None
) -> Figures:
    """Wait until every tag came, take CPU over the window, end the source, count. first: when the first was durable."""
    process.until(lambda: len(np.unique(stored()[0])) == len(PATHS), "every tag stored")
    process.cpu_percent(SETTLE_S)
    cpu = process.cpu_percent(effort.window_s)
    last = source.last_tick()
    with suppress(RuntimeError):  # the count below says how many never came
        process.until(lambda: missing(stored(), last) == 0, "every tick stored")
    first_s = None if first is None else (first() - process.started) / 1e9
    return Figures(cpu, missing(stored(), last), process.peak_mb(), first_s)


def missing(stored: Stored, last: int) -> int:
    """Ticks that are not there, from the first that every tag could have to the last that was written."""
    tag, tick = stored
    first = np.full(len(PATHS), last + 1)
    np.minimum.at(first, tag, tick)
    begin = int(first.max())
    counted = (tick >= begin) & (tick <= last)
    return len(PATHS) * (last - begin + 1) - len(np.unique(tag[counted] * (last + 1) + tick[counted]))


def in_sqlite(file: Path) -> Stored:
    """What a rival stored so far."""
    if not file.exists():
        return np.empty(0, np.int64), np.empty(0, np.int64)
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as opened:
        found = np.array(opened.execute("SELECT tag, value FROM sample").fetchall(), dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def rows(name: str, we: Figures, they: Figures, rival_name: str) -> list[Row]:
    """The figures of an ingest benchmark."""
    return [
        Row(f"{name}: CPU", we.cpu, "% of a core", rival_name, they.cpu),
        Row(f"{name}: values lost", we.lost, "lost", rival_name, they.lost),
        Row(f"{name}: peak memory", we.peak_mb, "MB", rival_name, they.peak_mb),
        Row(f"{name}: start to first stored value", we.first_s or 0.0, "s"),
    ]
