"""Does sealing and merging delay acknowledgements? The load of `append`, alone and beside a sealer. Bar: 50 ms."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.append import CONNECTORS, ROWS, load
from benchmarks.command import Effort, main
from benchmarks.row import Row
from twin.core.instant import DAY, SECOND
from twin.runtime.clock import WallClock
from twin.runtime.sealing import Sealing
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.seal import Bounds

BOUNDS = Bounds(age=SECOND, leave=0, settle=-2 * DAY, grace=0, pause_s=1.0)
"""Every second or two a file, and all of today's files merged: in ten seconds more than a plant does in a day."""
RIVAL = "the same without sealing"


def acknowledged_s(folder: Path, seconds: float, seals: bool) -> tuple[np.ndarray, dict[str, float]]:
    """(seconds that each acknowledgement took, what was sealed)."""
    clock = WallClock()
    log, reader = SqliteLog(folder, clock), LogReader(folder)
    sealing = Sealing(log, reader, clock, BOUNDS)
    log.tags.ids_of([f"bench/t{number}" for number in range(CONNECTORS * ROWS)])
    try:
        if seals:
            sealing.start()
        _, _, waited_s = asyncio.run(load(log, seconds))
    finally:
        sealing.close()
        reader.close()
        log.close()
    return waited_s, sealing.figures()


def run(effort: Effort) -> list[Row]:
    """First alone, then beside the sealer."""
    with tempfile.TemporaryDirectory(prefix="linetwin-bench-", dir=Path.cwd()) as name:
        alone, _ = acknowledged_s(Path(name) / "alone", effort.window_s, seals=False)
        beside, sealed = acknowledged_s(Path(name) / "beside", effort.window_s, seals=True)
    if not sealed.get("history_rows"):
        raise RuntimeError("nothing was sealed: the load was too light")
    of = "sealing: acknowledgement"
    return [
        *(Row(f"{of}, p{q}", _ms(beside, q / 100), "ms", RIVAL, _ms(alone, q / 100)) for q in (50, 99)),
        Row(f"{of}, longest", _ms(beside, 1), "ms", RIVAL, _ms(alone, 1)),
        Row(f"{of}, longest more than without", _ms(beside, 1) - _ms(alone, 1), "ms"),
        Row("sealing: rows in files at the end", sealed["history_rows"], "rows"),
        Row("sealing: files merged away", sealed["history_merged_files_total"], "files"),
    ]


def _ms(seconds: np.ndarray, quantile: float) -> float:
    return 1e3 * float(np.quantile(seconds, quantile))


if __name__ == "__main__":
    sys.exit(main([run]))
