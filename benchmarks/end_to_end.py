"""From the wire to results: 1,000 tags as fast as they come, by OPC UA into log, folds and live view. Bar: 1 M/s."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import tempfile
import time
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.command import Effort, main
from benchmarks.plant import PATHS, opcua_plant
from benchmarks.process import free_port, measured, ticking
from benchmarks.row import Row
from twin.core.errors import StoreFailed
from twin.store.reader import LogReader

WARM_S = 5.0


@dataclass(frozen=True, slots=True)
class Through:
    """What came through in a window. per_s: samples made durable. cpu, source: cores that twin and source took.

    lag_s: how far the folds were behind the clock at its end; the second that they wait, and a tick, are in it.
    """

    per_s: float
    cpu: float
    source: float
    lag_s: float


def poured(folder: Path, window_s: float) -> Through:
    """`twin run` at a server that answers every Publish at once, with a new sample of each tag."""
    port, page = free_port(), free_port()
    command = sys.executable, "-m", "benchmarks.sources.firehose", str(port), "plant"
    plant, data = folder / "plant.yaml", folder / "data"
    plant.write_text(opcua_plant(f"opc.tcp://127.0.0.1:{port}"), encoding="utf-8")
    run = "twin.cli.main", "run", str(plant), "--data", str(data), "--port", str(page)
    with ticking(*command, names=()) as source, measured(*run) as twin:
        twin.until(lambda: _stored(data) > len(PATHS), "every tag stored")
        time.sleep(WARM_S)
        begun, first, busy, busy_source = time.perf_counter(), _stored(data), twin.cpu_s(), _cpu_s(source.child.pid)
        time.sleep(window_s)
        took = time.perf_counter() - begun
        stored, busy, busy_source = _stored(data) - first, twin.cpu_s() - busy, _cpu_s(source.child.pid) - busy_source
        return Through(stored / took, busy / took, busy_source / took, _lag_s(page))


def _stored(data: Path) -> int:
    """Samples that are durable."""
    if not (data / "log.db").exists():
        return 0
    with closing(LogReader(data)) as reader:
        try:
            return reader.counts()["samples"]
        except (StoreFailed, sqlite3.OperationalError):  # the process is just making its tables
            return 0


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _lag_s(page: int) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{page}/metrics", timeout=60) as answer:
        told = answer.read().decode()
    found = re.search(r"^\w*fold_frontier_lag_seconds(?:\{[^}]*\})? (\S+)", told, re.MULTILINE)
    if found is None:
        raise RuntimeError("/metrics does not tell how far the folds are behind")
    return float(found[1])


def run(effort: Effort) -> list[Row]:
    """One window at full speed. The twin is bound where it is busy for a whole core, else the source or the disk is."""
    with tempfile.TemporaryDirectory(prefix="linetwin-bench-") as folder:
        found = poured(Path(folder), effort.window_s)
    name = "wire to result, 1000 tags over OPC UA"
    return [
        Row(name, found.per_s / 1e6, "M samples/s"),
        Row(f"{name}: for each core of CPU", found.per_s / found.cpu / 1e6, "M samples/s"),
        Row(f"{name}: the twin is busy for", found.cpu, "cores"),
        Row(f"{name}: the source is busy for", found.source, "cores"),
        Row(f"{name}: folds behind the clock", found.lag_s, "s"),
    ]


if __name__ == "__main__":
    sys.exit(main([run]))
