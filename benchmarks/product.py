"""`twin run` as a process under measurement, and what its log holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from benchmarks.ingest import Stored
from benchmarks.plant import PATHS
from benchmarks.process import Measured, free_port, measured
from twin.core.errors import StoreFailed
from twin.store.reader import LogReader

END_OF_TIME = 2**62


@contextmanager
def running(plant: str, folder: Path) -> Generator[Measured]:
    """`twin run` on a plant given as text, its data in a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "plant.yaml"
    file.write_text(plant, encoding="utf-8")
    with measured("twin.cli.main", "run", str(file), "--data", str(folder), "--port", str(free_port())) as one:
        yield one


def in_log(folder: Path) -> Stored:
    """What the log holds so far."""
    place = {path: number for number, path in enumerate(PATHS)}
    with closing(LogReader(folder)) as reader:
        try:
            tags = np.array([place[name] for name in reader.tags().names()], dtype=np.int64)
            samples = reader.since(0, END_OF_TIME).samples
        except (StoreFailed, sqlite3.OperationalError):  # the process is just making its tables
            return np.empty(0, np.int64), np.empty(0, np.int64)
    known = ~np.isnan(samples.value)
    return tags[samples.tag[known]], samples.value[known].astype(np.int64)


def first_commit(folder: Path) -> int:
    """The `recorded` of the first sample, ns since 1970."""
    with closing(LogReader(folder)) as reader:
        return int(reader.since(0, END_OF_TIME).samples.recorded.min())
