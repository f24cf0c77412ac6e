"""An InfluxDB that is killed, stopped and away, and a twin that is killed, under load: then every row is there once.

    python -m tests.faults.outlet_outage --minutes 10

The twin writes its rows itself, `rate` a second, and forwards them to a real influxd. In the end both are left alone,
and the rows of the log are compared with those of the database: count and sum by tag, where no two rows are alike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.batch import batch
from twin.core.instant import FAR_FUTURE, HOUR, SECOND
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connectors, outlets
from twin.runtime.ports import free_ports
from twin.runtime.twin import open_twin
from twin.store.reader import LogReader

TAGS = 8
BATCHES_S = 20
DATABASE = "plant"
WAITS_S = 120.0
_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[logging]
  level = "error"
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """logged: rows of the log; acknowledged: that the twin said were durable. lost, invented: of the database.

    outages: what was done, each. drain_rows_s: rows a second while the last outage's backlog was sent.
    """

    seed: int
    outages: dict[str, int]
    acknowledged: int
    logged: int
    lost: int
    invented: int
    refused: int
    dropped: int
    drain_rows_s: float


class Server:
    """influxd on one port and one folder, which can be killed, stopped and begun again."""

    def __init__(self, folder: Path) -> None:
        self.port, rpc = free_ports(2)
        folder.mkdir()
        self._config = folder / "influxdb.conf"
        self._config.write_text(_CONFIG.format(folder=folder, port=self.port, rpc=rpc), encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        program = shutil.which("influxd")
        assert program is not None, "no influxd on PATH (apt install influxdb)"
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen([program, "run", "-config", str(self._config)], stdout=quiet, stderr=quiet)
        until(self._answers, "influxd did not answer")
        self.ask(f"CREATE DATABASE {DATABASE}")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()

    def ask(self, query: str) -> dict[str, Any]:
        given = urllib.parse.urlencode({"db": DATABASE, "epoch": "ns", "q": query}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/query", given, timeout=60) as answer:
            return json.load(answer)

    def rows(self) -> dict[str, tuple[int, float]]:
        """Tag -> how many rows, and the sum of their values."""
        found = self.ask('SELECT count("v"), sum("v") FROM "linetwin" GROUP BY "tag"')["results"][0].get("series", [])
        return {one["tags"]["tag"]: (int(one["values"][0][1]), float(one["values"][0][2])) for one in found}


def plant(port: int) -> Plant:
    tags = "".join(f"  t{n}: {{from: gw, topic: t{n}}}\n" for n in range(TAGS))
    text = (
        f"linetwin: 1\nconnections:\n  gw: {{mqtt: 'mqtt://127.0.0.1:1'}}\ntags:\n{tags}outlets:\n"
        f"  historian: {{influx: 'http://127.0.0.1:{port}', bucket: {DATABASE}, version: '1', timeout: 2s}}\n"
    )
    return load(text, "plant.yaml", connectors(), {}, outlets())


async def work(folder: Path, port: int, rate: int) -> None:
    """The twin that is killed: makes rows for ever, and says how many it was told were durable."""
    async with open_twin(plant(port), folder, WallClock()) as twin:
        tags = twin.tags.ids_of([f"t{n}" for n in range(TAGS)])
        loop, n, acknowledged = asyncio.get_running_loop(), rate // BATCHES_S, 0
        begun, last = loop.time(), 0
        while True:
            now = max(time.time_ns(), last + n)
            last = now + n
            value = (now // 1000 % 10**9 + np.arange(n)).astype(float)
            await twin.append(batch("load", tags[np.arange(n) % TAGS], now + np.arange(n), value))
            acknowledged += n
            print(acknowledged, flush=True)
            await asyncio.sleep(max(0.0, begun + acknowledged / rate - loop.time()))


class Victim:
    """The process of `work`."""

    def __init__(self, folder: Path, port: int, rate: int) -> None:
        self._command = [
            sys.executable,
            "-m",
            "tests.faults.outlet_outage",
            "--work",
            str(folder),
            str(port),
            str(rate),
        ]
        self._told = folder.parent / "acknowledged.txt"
        self.acknowledged = 0

    def begin(self) -> None:
        with self._told.open("wb") as file:
            self._process = subprocess.Popen(self._command, stdout=file, stderr=subprocess.DEVNULL)
        until(lambda: self._now() > 0, "the twin did not begin")

    def _now(self) -> int:
        whole = self._told.read_text().rpartition("\n")[0]
        return int(whole.rpartition("\n")[2] or 0)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self.acknowledged += self._now()


def until(condition: Callable[[], bool], told: str) -> None:
    deadline = time.monotonic() + WAITS_S
    while not condition():
        assert time.monotonic() < deadline, told
        time.sleep(0.05)


def run(folder: Path, *, seed: int, outages: int, length_s: float, rate: int) -> Outcome:
    """So many outages, each of about `length_s`, in a drawn order; then what the log and the database hold."""
    draw = random.Random(seed)
    kinds = [("killed", "stopped", "twin killed")[n % 3] for n in range(outages)]
    draw.shuffle(kinds)
    server = Server(folder / "influx")
    victim = Victim(folder / "data", server.port, rate)
    server.begin()
    try:
        victim.begin()
        for kind in kinds:
            time.sleep(length_s * draw.uniform(0.2, 0.6))
            _outage(kind, server, victim, length_s)
        server.signal(signal.SIGKILL)  # the last: it is away while rows come, then the backlog is measured
        time.sleep(length_s)
        victim.kill()
        server.begin()
        refused, dropped, speed = asyncio.run(_drained(folder / "data", server.port))
        with_log = logged(folder / "data")
        counted = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
        lost, invented = compared(with_log, server.rows())
        rows = sum(count for count, _ in with_log.values())
        return Outcome(seed, counted, victim.acknowledged, rows, lost, invented, refused, dropped, speed)
    finally:
        if server.process is not None:
            server.process.send_signal(signal.SIGCONT)
            server.process.kill()
            server.process.wait()


def _outage(kind: str, server: Server, victim: Victim, length_s: float) -> None:
    if kind == "twin killed":
        victim.kill()
        victim.begin()
    elif kind == "killed":
        server.signal(signal.SIGKILL)
        time.sleep(length_s)
        server.begin()
    else:
        server.signal(signal.SIGSTOP)
        time.sleep(length_s)
        server.signal(signal.SIGCONT)


async def _drained(folder: Path, port: int) -> tuple[int, int, float]:
    """Run the twin until its outlet has everything: rows refused, rows dropped, rows a second."""
    loop = asyncio.get_running_loop()
    async with open_twin(plant(port), folder, WallClock()) as twin:
        before, begun = twin.forwarding.standing("historian").sent, loop.time()
        async with asyncio.timeout(20 * WAITS_S):
            while twin.forwarding.behind("historian")[0]:  # noqa: ASYNC110 - the cursor tells nobody
                await asyncio.sleep(0.05)
        standing = twin.forwarding.standing("historian")
        return standing.refused, standing.dropped, (standing.sent - before) / (loop.time() - begun)


def logged(folder: Path) -> dict[str, tuple[int, float]]:
    """Tag -> how many rows the log has, and the sum of their values."""
    reader = LogReader(folder)
    try:
        names, found = reader.tags().names(), dict[str, tuple[int, float]]()
        for start, end in reader.stretches(0, time.time_ns() + HOUR, 60 * SECOND):
            s = reader.read(start, end, FAR_FUTURE).samples
            for tag in np.unique(s.tag).tolist():
                mine = s.value[s.tag == tag]
                count, total = found.get(names[tag], (0, 0.0))
                found[names[tag]] = count + len(mine), total + float(mine.sum())
        return found
    finally:
        reader.close()


def compared(log: dict[str, tuple[int, float]], other: dict[str, tuple[int, float]]) -> tuple[int, int]:
    """Rows that the database lacks, and that it has too many; another sum of the right number is one lost."""
    lost = invented = 0
    for tag in {*log, *other}:
        (have, total), (there, sum_there) = log.get(tag, (0, 0.0)), other.get(tag, (0, 0.0))
        lost += max(0, have - there) + (have == there and total != sum_there)
        invented += max(0, there - have)
    return lost, invented


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="length of each outage")
    parser.add_argument("--outages", type=int, default=3, help="how many before the last")
    parser.add_argument("--rate", type=int, default=10_000, help="rows a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", nargs=3, metavar=("FOLDER", "PORT", "RATE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        asyncio.run(work(Path(given.work[0]), int(given.work[1]), int(given.work[2])))
        return
    with tempfile.TemporaryDirectory(prefix="outlet-outage-") as folder:
        length = given.minutes * 60
        found = run(Path(folder), seed=given.seed, outages=given.outages, length_s=length, rate=given.rate)
    print(json.dumps(asdict(found)))
    if found.lost or found.invented or found.dropped or found.refused or found.logged < found.acknowledged:
        sys.exit(1)


if __name__ == "__main__":
    main()
