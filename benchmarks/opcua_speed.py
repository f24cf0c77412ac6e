"""Our OPC UA connector beside node-opcua's client and asyncua's documented handler, each alone with the same server.

The ceiling is a server that answers every Publish at once (sources/firehose.py): values a second of the client's CPU.
The rest is a node-opcua server whose 5,000 Doubles change ten times a second. `python -m benchmarks.opcua_speed --long
3600` watches memory for an hour.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.command import Effort, main
from benchmarks.missing import Missing, tool
from benchmarks.process import LONGEST_WAIT_S, ROOT, free_port, ticking
from benchmarks.row import Row

MODULES = ROOT / "tests/wire/node"
ITEMS, FAST = 5000, 1000
NODES = 10_000
NODE, HANDLER = "node-opcua client", "asyncua handler"
Figures = dict[str, Any]


def client(*command: str, window_s: float) -> Figures:
    """What a client says of itself: the last line, JSON. Raises RuntimeError with its last words."""
    done = subprocess.run(  # noqa: PLW1510 - what went wrong is told below
        command, cwd=ROOT, capture_output=True, text=True, timeout=window_s + 2 * LONGEST_WAIT_S
    )
    lines = [line.removeprefix("> ") for line in done.stdout.splitlines() if line.removeprefix("> ").startswith("{")]
    if done.returncode or not lines:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return json.loads(lines[-1])


def ours(url: str, folder: Path, items: int, window_s: float, *user: str) -> Figures:
    """Our connector."""
    reader = sys.executable, "-m", "benchmarks.opcua_reader", url, str(folder)
    return client(*reader, str(items), str(window_s), *user, window_s=window_s)


def node(url: str, items: int, window_s: float) -> Figures:
    """node-opcua's client."""
    script = str(ROOT / "benchmarks/rivals/node_client.cjs")
    return client(tool("node"), script, url, str(items), str(window_s), str(MODULES), window_s=window_s)


def handler(url: str, items: int, window_s: float) -> Figures:
    """The documented handler of asyncua."""
    rival = sys.executable, "-m", "benchmarks.rivals.asyncua_handler", url
    return client(*rival, str(items), str(window_s), window_s=window_s)


@contextmanager
def firehose(which: str) -> Generator[str]:
    """The ceiling server while the block runs; gives its address."""
    port = free_port()
    command = sys.executable, "-m", "benchmarks.sources.firehose", str(port), which
    with ticking(*command, names=()):
        yield f"opc.tcp://127.0.0.1:{port}"


@contextmanager
def ticks(folder: Path, items: int, *secure: str) -> Generator[str]:
    """The ticking node-opcua server; gives its address."""
    port = free_port()
    folder.mkdir(exist_ok=True)
    script = str(ROOT / "benchmarks/sources/opcua_ticks.cjs")
    names = [f"n{number}" for number in range(items)]
    with ticking(tool("node"), script, str(port), "10", str(folder), str(MODULES), *secure, names=names):
        yield f"opc.tcp://127.0.0.1:{port}"


def ceiling(which: str, told: str, effort: Effort, folder: Path) -> list[Row]:
    """Values a second of CPU."""
    with firehose(which) as url:
        we = ours(url, folder, FAST, effort.window_s)
        they = [(NODE, node(url, FAST, effort.window_s)), (HANDLER, handler(url, FAST, effort.window_s))]
    return [
        Row(f"opcua ceiling, {told}", a_cpu_second(we), "values/CPU s", name, a_cpu_second(one)) for name, one in they
    ]


def a_cpu_second(one: Figures) -> float:
    """Values by CPU."""
    return one["values"] / one["cpu_s"]


def live(effort: Effort, folder: Path) -> list[Row]:
    """50,000 values/s from a real server: CPU a value, lag, values that came."""
    with ticks(folder / "plain", ITEMS) as url:
        we = ours(url, folder, ITEMS, effort.window_s)
        they = [(NODE, node(url, ITEMS, effort.window_s)), (HANDLER, handler(url, ITEMS, effort.window_s))]
        long_s = effort.long_s or effort.window_s
        memory = ours(url, folder, ITEMS, long_s)["memory_mb"]
    rows: list[Row] = []
    for name, one in they:
        rows.append(Row("opcua 5000 x 10 Hz: CPU", 1e6 / a_cpu_second(we), "us/value", name, 1e6 / a_cpu_second(one)))
        rows += [
            Row(f"opcua 5000 x 10 Hz: lag p{p}", we["lag_ms"][at], "ms", name, one["lag_ms"][at])
            for at, p in enumerate((50, 99))
        ]
        rows.append(Row("opcua 5000 x 10 Hz: came", rate(we), "values/s", name, rate(one)))
    rows.append(Row(f"opcua 5000 x 10 Hz: memory at the end of {long_s:.0f} s", memory[-1], "MB"))
    return [*rows, Row(f"opcua 5000 x 10 Hz: memory won in {long_s:.0f} s", memory[-1] - memory[0], "MB")]


def rate(one: Figures) -> float:
    """Values a second of wall time."""
    return one["values"] / one["wall_s"]


def secure(effort: Effort, folder: Path) -> list[Row]:
    """The same signed and encrypted, with a user's name."""
    with ticks(folder / "secure", ITEMS, "secure") as url:
        we = ours(url, folder, ITEMS, effort.window_s, "twin", "right")
    return [
        Row("opcua 5000 x 10 Hz, Basic256Sha256: CPU", 100 * we["cpu_s"] / we["wall_s"], "% of a core"),
        Row("opcua 5000 x 10 Hz, Basic256Sha256: came", rate(we), "values/s"),
    ]


def browse(folder: Path) -> list[Row]:
    """10,000 variables with type and value."""
    with ticks(folder / "browse", NODES) as url:
        reader = sys.executable, "-m", "benchmarks.opcua_reader", url, str(folder), "browse"
        found = client(*reader, window_s=LONGEST_WAIT_S)
    if found["nodes"] < NODES:
        raise RuntimeError(f"browse found {found['nodes']} of {NODES} variables")
    return [Row("opcua browse of 10,000 variables with type and value", found["wall_s"], "s")]


def run(effort: Effort) -> list[Row]:
    """All, one after the other."""
    if not (MODULES / "node_modules/node-opcua").exists():
        raise Missing(f"node-opcua is not installed: npm ci in {MODULES.relative_to(ROOT)}")
    with tempfile.TemporaryDirectory(prefix="linetwin-bench-") as temporary:
        folder = Path(temporary)
        rows = ceiling("doubles", "Doubles", effort, folder) + ceiling(
            "mixed", "five types, a fifth texts", effort, folder
        )
        return rows + live(effort, folder) + secure(effort, folder) + browse(folder)


if __name__ == "__main__":
    sys.exit(main([run]))
