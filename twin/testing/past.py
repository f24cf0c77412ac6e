"""Puts what a simulated line has lived through into the log of a new data folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.batch import Batch, batch
from twin.core.instant import MINUTE
from twin.core.ports import Clock
from twin.core.tags import TagTable
from twin.store.lock import writer_lock
from twin.store.log import SqliteLog

Columns = tuple[Sequence[str], Any, Any, Any, Any]
"""What a simulated run's `step` gives."""


def keep_past(plant: str, folder: Path, clock: Clock, lived: Columns) -> None:
    """Write the samples, below the path of the plant; a folder that has entries keeps its own past."""
    with writer_lock(folder):
        log = SqliteLog(folder, clock)
        try:
            if log.last == 0:
                done = [log.submit(one) for one in _batches(plant, log.tags, lived)]
                for one in done:
                    one.result()
        finally:
            log.close()


def _batches(plant: str, tags: TagTable, lived: Columns) -> Iterator[Batch]:
    """The samples a minute at a time."""
    names, times, index, values, statuses = lived
    time, name = np.asarray(times, dtype=np.int64), np.asarray(index)
    ids = tags.ids_of([f"{plant}/{one}" if plant else one for one in names])
    edges = [*np.searchsorted(time, np.arange(time[0], time[-1] + MINUTE, MINUTE)).tolist(), len(time)]
    for first, last in pairwise(edges):
        if last > first:
            part = slice(first, last)
            yield batch("history", ids[name[part]], time[part], np.asarray(values)[part], np.asarray(statuses)[part])
