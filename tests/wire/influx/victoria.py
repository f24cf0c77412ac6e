"""VictoriaMetrics from Debian's package: a real /api/v2/write and /write of somebody else. It is no InfluxDB: its times
are ms, texts are dropped in silence, and what it acknowledged is in memory.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twin.runtime.ports import free_ports

STARTS_S = 60.0


class Victoria:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def answers(self) -> bool:
        try:
            return bool(self._get("/health"))
        except (urllib.error.URLError, OSError):
            return False

    def held(self, field: str) -> dict[tuple[str, int], list[float]]:
        """(tag, time in ms) -> what a field holds there, as often as it is held."""
        self._get("/internal/force_flush")
        found: dict[tuple[str, int], list[float]] = {}
        for line in self._get(f"/api/v1/export?match[]=linetwin_{field}&start=0").splitlines():
            series = json.loads(line)
            for at, value in zip(series["timestamps"], series["values"], strict=True):
                found.setdefault((series["metric"]["tag"], at), []).append(value)
        return found

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as answer:
            return answer.read()


@contextmanager
def victoria(folder: Path) -> Iterator[Victoria]:
    """A server while the block runs."""
    program = shutil.which("victoria-metrics")
    assert program is not None
    (port,) = free_ports(1)
    where = ["-storageDataPath", str(folder), "-httpListenAddr", f"127.0.0.1:{port}", "-retentionPeriod", "100y"]
    process = subprocess.Popen([program, *where], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = Victoria(port)
        deadline = time.monotonic() + STARTS_S
        while not server.answers():
            assert process.poll() is None, "victoria-metrics ended"
            assert time.monotonic() < deadline, "victoria-metrics did not answer"
            time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
