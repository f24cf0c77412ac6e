"""The store beside others with the same samples in one run: ingest, size, reads, and reads while it is written to.

A week of 2,000 tags, 22,538,880 samples in batches of 10,000 in the order they arrive (`benchmarks/workload.py`); with
--short a day of 100 tags. Every engine gets them one request at a time, and is flushed, merged and compacted before
it is weighed and asked. What a client does before it sends is not counted.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

from benchmarks.beside import Beside, beside
from benchmarks.command import Effort, main
from benchmarks.engine import Engine, Figures, measured, took_ms
from benchmarks.missing import Missing
from benchmarks.own_store import OwnStore
from benchmarks.rivals.influx_store import influx_store
from benchmarks.rivals.sqlite_rows import SqliteRows
from benchmarks.rivals.victoria import victoria
from benchmarks.row import Row
from benchmarks.workload import Workload
from twin.core.instant import DAY

SHORT = Workload(tags=100, quick=2, days=1)
Opened = Callable[[Path], AbstractContextManager[Engine]]
RIVALS: dict[str, Opened] = {
    "InfluxDB 1.x": influx_store,
    "VictoriaMetrics": victoria,
    "SQLite rows": lambda folder: closing(SqliteRows(folder)),
}
NOT_DURABLE = {"VictoriaMetrics": "VictoriaMetrics, acknowledged before it is durable"}


def run(effort: Effort) -> list[Row]:
    """Ours first, then each rival that is installed."""
    workload = SHORT if effort.short else Workload()
    with tempfile.TemporaryDirectory(prefix="linetwin-bench-", dir=Path.cwd()) as name:
        folder = Path(name)
        we, day_ms, stored = _ours(folder / "own", workload)
        busy = beside(folder / "own", workload, effort.window_s / (2 if effort.short else 1))
        rivals = {rival: one for rival, opened in RIVALS.items() if (one := _rival(folder, rival, opened, workload))}
    if stored != workload.rows:
        raise RuntimeError(f"{workload.rows} samples acknowledged, {stored} stored")
    return [*_compared(we, day_ms, rivals, workload), *_busy(busy)]


def _ours(folder: Path, workload: Workload) -> tuple[Figures, float, int]:
    """(figures, ms of a day as columns, samples that are there)."""
    with closing(OwnStore(folder, workload)) as engine:
        figures = measured(engine, workload)
        start = workload.span[0]
        day_ms = took_ms(lambda: engine.columns(workload.quick - 1, start, start + DAY))
        return figures, day_ms, engine.stored()


def _rival(folder: Path, name: str, opened: Opened, workload: Workload) -> Figures | None:
    mine = folder / name.replace(" ", "-")
    mine.mkdir()
    try:
        with opened(mine) as engine:
            return measured(engine, workload)
    except Missing as error:
        print(f"not run: {name}: {error}", file=sys.stderr)
        return None


def _compared(we: Figures, day_ms: float, rivals: dict[str, Figures], workload: Workload) -> list[Row]:
    """A row a figure and rival; without any rival ours alone."""
    hourly = f"store: 50 tags, {workload.days} d by the hour, API"
    found: list[Row] = []
    for rival, they in rivals.items() or [("", None)]:
        durable = NOT_DURABLE.get(rival, rival)
        found += [
            Row("store: ingest in 10k batches", we.ingest, "rows/s", durable, they and they.ingest),
            Row("store: on disk, merged", we.bytes, "B/sample", rival, they and they.bytes),
            Row("store: one tag, one day raw, columns", day_ms, "ms", rival, they and they.day_ms),
            Row("store: one tag, one day raw, API", we.day_ms, "ms", rival, they and they.day_ms),
            Row(hourly, we.hourly_ms, "ms", rival, they and they.hourly_ms),
        ]
    return found


def _busy(found: Beside) -> list[Row]:
    write, sync, same = "store: acknowledgement at 200k rows/s", "one fdatasync", "one fdatasync of the same bytes"
    return [
        Row("store: read of 1,440 rows beside 200k rows/s, p50", found.busy_ms[0], "ms", "idle", found.idle_ms[0]),
        Row("store: read of 1,440 rows beside 200k rows/s, p99", found.busy_ms[1], "ms", "idle", found.idle_ms[1]),
        Row(f"{write}, p50", found.acknowledged_ms[0], "ms", f"{sync}, p50", found.page_ms[0]),
        Row(f"{write}, p50", found.acknowledged_ms[0], "ms", f"{same}, p50", found.synced_ms[0]),
        Row(f"{write}, p99", found.acknowledged_ms[1], "ms", f"{sync}, p50", found.page_ms[0]),
        Row(f"{write}, p99", found.acknowledged_ms[1], "ms", f"{same}, p50", found.synced_ms[0]),
        Row(f"{write}, p99", found.acknowledged_ms[1], "ms", f"{same}, p99", found.synced_ms[1]),
        Row("store: rate kept", found.kept_rows_s, "rows/s", "asked for", found.asked_rows_s),
    ]


if __name__ == "__main__":
    sys.exit(main([run]))
