"""Simulated lines: a shift in process, a month to Parquet, 100 machines on the wire.

Bars: eight plant-hours of the packaging line simulated and folded by the twin in 8 s; thirty days of twenty assets
with truth, to Parquet, in 300 s (two processes); 100 machines at real time for half a core.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
from asyncua import Client, Node, ua

from benchmarks.command import Effort, main
from benchmarks.process import Measured, free_port, measured, wait_for_port
from benchmarks.row import Row
from twin.core.instant import DAY, HOUR
from twin.model.load import load
from twin.runtime.plugins import connectors, line
from twin.testing.source import Simulated
from twin.testing.times import monday_at_six
from twin.testing.virtual import VirtualTwin

LINE = "packaging"
START = monday_at_six("Europe/Prague")
SEEDS = ((1, 2), (3, 4))
"""Lines of five assets for each process: twenty assets."""
PIECE = 6 * HOUR
"""Written at once: a file each."""
OURS, RIVAL = "benchmarks.sources.hundred_machines", "benchmarks.rivals.asyncua_machines"
WARM_S = 5.0


def timed(work: Callable[[], object]) -> float:
    """Seconds that it took."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def simulated(hours: float) -> None:
    """The line alone."""
    line(LINE).build(1, START).step(START + round(hours * HOUR))


def folded(hours: float) -> None:
    """The line through the folds of the twin, until all is settled."""
    plan, end = line(LINE), START + round(hours * HOUR)
    plant = load(plan.plant_file({}), "demo plant", connectors(), os.environ)
    twin = VirtualTwin(plant, START)
    twin.advance(end, Simulated(lambda: plan.build(1, START), LINE, plant, twin.tags).samples(end))
    twin.settle()
    if not any(twin.records("state")):
        raise RuntimeError("the twin found no state of a machine")


def lived(seeds: Sequence[int], days: float, folder: str) -> int:
    """Some lines, one after the other, as Parquet and JSON lines; how many samples."""
    return sum(_lived(seed, days, Path(folder)) for seed in seeds)


def _lived(seed: int, days: float, folder: Path) -> int:
    run, end, samples = line(LINE).build(seed, START), START + round(days * DAY), 0
    with duckdb.connect() as database:
        database.execute("SET threads = 1")
        for at in range(START, end, PIECE):
            columns = run.step(min(at + PIECE, end))
            samples += len(columns[1])
            _write(database, columns, folder / f"{seed}-{(at - START) // PIECE:04}.parquet")
    with (folder / f"{seed}.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in run.truth())
    return samples


def _write(database: duckdb.DuckDBPyConnection, columns: tuple[Sequence[str], Any, Any, Any, Any], file: Path) -> None:
    _, time_, name, value, status = columns
    table = {"time": time_, "name": name, "value": value, "status": status}
    database.register("samples", table)
    database.execute(f"COPY (SELECT make_timestamp_ns(time) AS time, name, value, status FROM samples) TO '{file}'")
    database.unregister("samples")


@cache
def month(days: float) -> float:
    """Seconds for twenty assets in two processes; once a run of the benchmarks, for it takes minutes."""
    with tempfile.TemporaryDirectory(prefix="linetwin-bench-") as folder:

        def work() -> None:
            with ProcessPoolExecutor(len(SEEDS), get_context("spawn")) as pool:
                done = [pool.submit(lived, seeds, days, folder) for seeds in SEEDS]
                if not all(one.result() for one in done):
                    raise RuntimeError("a line made no samples")

        return timed(work)


class Counting:
    """Counts what a client is told."""

    def __init__(self) -> None:
        self.told = 0

    def datachange_notification(self, _node: Node, _value: object, _data: object) -> None:
        """One value."""
        self.told += 1


async def variables(node: Node) -> list[Node]:
    """All below a node but the standard's own."""
    found: list[Node] = []
    for child in await node.get_children():
        if child.nodeid.NamespaceIndex >= 1:
            is_variable = await child.read_node_class() is ua.NodeClass.Variable
            found += [child] if is_variable else await variables(child)
    return found


async def told_per_s(port: int, process: Measured, window_s: float) -> tuple[float, float]:
    """(CPU in percent of a core, values a second that one client of all values is told) of a server of machines."""
    counting = Counting()
    async with Client(f"opc.tcp://127.0.0.1:{port}") as client:
        subscription = await client.create_subscription(500, counting)
        await subscription.subscribe_data_change(await variables(client.nodes.objects), queuesize=100)
        await asyncio.sleep(WARM_S)
        before, begun = counting.told, time.monotonic()
        cpu = await asyncio.to_thread(process.cpu_percent, window_s)
        return cpu, (counting.told - before) / (time.monotonic() - begun)


def served(command: str, window_s: float) -> tuple[float, float]:
    """A server of machines, ours or the rival's, and one client of all its values."""
    port = free_port()
    with measured(command, str(port)) as process:
        wait_for_port(port)
        return asyncio.run(told_per_s(port, process, window_s))


def run(effort: Effort) -> list[Row]:
    """All three."""
    hours, days = (1.0, 0.25) if effort.short else (8.0, 30.0)
    of = f"{hours:g} plant-hours of the {LINE} line"
    ours, told = served(OURS, effort.window_s)
    theirs, told_by_them = served(RIVAL, effort.window_s)
    loop = "asyncua, write_value in a loop, made-up values"
    return [
        Row(f"{of}, simulated", timed(lambda: simulated(hours)), "s"),
        Row(f"{of}, simulated and folded", timed(lambda: folded(hours)), "s"),
        Row(f"{days:g} days of twenty assets with truth, to Parquet", month(days), "s"),
        Row("100 machines at real time on OPC UA, CPU", ours, "% of a core", loop, theirs),
        Row("the same, values told to one client", told, "1/s", loop, told_by_them),
    ]


if __name__ == "__main__":
    sys.exit(main([run]))
