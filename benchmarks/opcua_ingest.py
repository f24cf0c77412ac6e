"""1,000 OPC UA tags at 10 Hz from a node-opcua server into the durable log, folds on. Bar: 0 lost, 35 % of a core."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.command import Effort, main
from benchmarks.ingest import Figures, in_sqlite, measure, rows
from benchmarks.missing import Missing, tool
from benchmarks.plant import HZ, opcua_plant
from benchmarks.process import ROOT, Ticking, free_port, measured, ticking
from benchmarks.product import first_commit, in_log, running
from benchmarks.row import Row

MODULES = ROOT / "tests/wire/node"
RIVAL = "asyncua handler + SQLite"


@contextmanager
def server(port: int, folder: Path) -> Generator[Ticking]:
    """The ticking server in a process of its own. Raises Missing."""
    node = tool("node")
    if not (MODULES / "node_modules/node-opcua").exists():
        raise Missing(f"node-opcua is not installed: npm ci in {MODULES.relative_to(ROOT)}")
    script = str(ROOT / "benchmarks/sources/opcua_ticks.cjs")
    with ticking(node, script, str(port), str(HZ), str(folder), str(MODULES)) as source:
        yield source


def ours(effort: Effort, folder: Path) -> Figures:
    """`twin run` on the server."""
    port = free_port()
    data = folder / "data"
    with server(port, folder) as source, running(opcua_plant(f"opc.tcp://127.0.0.1:{port}"), data) as twin:
        return measure(twin, source, lambda: in_log(data), effort, lambda: first_commit(data))


def rival(effort: Effort, folder: Path) -> Figures:
    """The documented handler on the server."""
    port, file = free_port(), folder / "rival.db"
    command = ("benchmarks.rivals.asyncua_sqlite", f"opc.tcp://127.0.0.1:{port}", str(file))
    with server(port, folder) as source, measured(*command) as process:
        return measure(process, source, lambda: in_sqlite(file), effort, None)


def run(effort: Effort) -> list[Row]:
    """Both, one after the other."""
    with tempfile.TemporaryDirectory(prefix="linetwin-bench-") as folder:
        we, they = ours(effort, Path(folder) / "ours"), rival(effort, Path(folder) / "rival")
    return rows("opcua 1000 x 10 Hz", we, they, RIVAL)


if __name__ == "__main__":
    sys.exit(main([run]))
