"""Rows/s from columns to an InfluxDB, each piece confirmed before the next, by our outlet and by others.

The bytes are the same for our outlet and for bare urllib3, with and without the making of the lines; the client's
default batching gets a Point a row and says nothing of what it lost. The sink reads and answers 204, so that what sends
is measured; influxd makes each request durable. Points are too slow to be asked for as many rows.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import urllib3

from benchmarks.command import Effort, main
from benchmarks.missing import Missing
from benchmarks.process import ROOT
from benchmarks.rivals import influx_client
from benchmarks.rivals.influx import influx
from benchmarks.row import Row
from benchmarks.workload import Workload
from connectors.influx import PLUGIN
from connectors.influx.lines import Lines
from twin.core.batch import Batch
from twin.core.history import Slice
from twin.core.plugin import OutletSpec
from twin.core.rows import samples_of
from twin.core.tags import TagTable

PIECES = 20
POINT_PIECES = 4
RIVAL = "urllib3, same bytes"


class Load:
    """Pieces of 10,000 rows as the log gives them, and their tags."""

    def __init__(self) -> None:
        workload = Workload(days=1)
        self.names = workload.names
        self.table = TagTable()
        self.table.ids_of(self.names)
        self.batches = [one for _, one in islice(workload.batches(), PIECES)]
        self.pieces = [Slice(samples_of([(at, one)]), []) for at, one in enumerate(self.batches, start=1)]
        self.lines = Lines("linetwin", self.table)

    @property
    def with_values(self) -> list[Batch]:
        """Batches for a Point a row: rows without a value left out."""
        return [one.take(~np.isnan(one.value)) for one in self.batches[:POINT_PIECES]]


async def ours(load: Load, url: str, bucket: str, seconds: float) -> float:
    """Rows/s through our outlet."""
    spec = OutletSpec("bench", "influx", url, {"bucket": bucket, "version": "1"})
    async with PLUGIN.build(spec, load.table).open() as sender:
        await sender.send(load.pieces[0])
        begun, rows = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds:
            for piece in load.pieces:
                if await sender.send(piece):
                    raise RuntimeError("the server refused rows of a plain workload")
                rows += len(piece.samples)
        return rows / (time.perf_counter() - begun)


def bare(bodies: Sequence[Callable[[], bytes]], rows: int, url: str, bucket: str, seconds: float) -> float:
    """Rows/s through urllib3 alone."""
    with urllib3.PoolManager() as http:
        begun, sent = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds:
            for body in bodies:
                answer = http.request("POST", f"{url}/write?db={bucket}&precision=ns", body=body(), retries=False)
                if answer.status != 204:
                    raise RuntimeError(f"{answer.status}: {answer.data!r}")
            sent += rows
        return sent / (time.perf_counter() - begun)


@contextmanager
def sink() -> Generator[str]:
    """The URL of the sink while the block runs."""
    command = [sys.executable, "-m", "benchmarks.sources.http_sink"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.kill()


def figures(load: Load, where: str, url: str, bucket: str, seconds: float) -> list[Row]:
    """Ours beside urllib3, which makes the same lines, and which has them ready."""
    rows = sum(len(piece.samples) for piece in load.pieces)
    made = [lambda piece=piece: load.lines.of(piece.samples) for piece in load.pieces]
    bodies = [make() for make in made]
    ready = [lambda body=body: body for body in bodies]
    we = asyncio.run(ours(load, url, bucket, seconds))
    return [
        Row(
            f"forwarding to {where}", we, "rows/s", f"{RIVAL}, made on the way", bare(made, rows, url, bucket, seconds)
        ),
        Row(f"forwarding to {where}", we, "rows/s", f"{RIVAL}, made before", bare(ready, rows, url, bucket, seconds)),
    ]


def run(effort: Effort) -> list[Row]:
    """Against the sink, where the default client is measured too, and against influxd where it is installed."""
    load, seconds = Load(), effort.window_s / 3
    with sink() as url:
        found = figures(load, "a sink", url, "plant", seconds)
        points = influx_client.rows_per_s(url, load.names, load.with_values)
        found.append(Row("forwarding to a sink", found[0].ours, "rows/s", "influxdb-client, batching Points", points))
    with tempfile.TemporaryDirectory(prefix="linetwin-bench-", dir=Path.cwd()) as name:
        try:
            with influx(Path(name)) as server:
                found += figures(load, "InfluxDB 1.x", server.url, "bench", seconds)
        except Missing as error:
            print(f"without InfluxDB 1.x: {error}", file=sys.stderr)
    return found


if __name__ == "__main__":
    sys.exit(main([run]))
