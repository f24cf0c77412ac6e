"""VictoriaMetrics as an engine of the store benchmark. Its times are ms; what it acknowledges is in memory."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.engine import until_still
from benchmarks.missing import tool
from benchmarks.process import free_port
from benchmarks.rivals.lines import bodies
from twin.core.batch import Batch
from twin.core.instant import MILLISECOND, SECOND

STARTS_S = 30.0


class Victoria:
    """Through its HTTP API; bodies are read and not parsed."""

    def __init__(self, port: int, folder: Path) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._folder = folder

    def answers(self) -> bool:
        """Whether it is there."""
        try:
            return bool(self._get("/health"))
        except (urllib.error.URLError, OSError):
            return False

    def _get(self, path: str, **given: object) -> bytes:
        with urllib.request.urlopen(f"{self._url}{path}?{urllib.parse.urlencode(given)}", timeout=300) as answer:
            return answer.read()

    def prepare(self, batches: Sequence[tuple[int, Batch]]) -> list[bytes]:
        """Line protocol: a field is a series of its own, s_v and s_q."""
        return bodies(batches)

    def put(self, prepared: Any) -> None:
        """One request; 204 means in memory."""
        with urllib.request.urlopen(f"{self._url}/write?precision=ns", data=prepared, timeout=300):
            pass

    def settled(self) -> int:
        """All parts of a month one."""
        self._get("/internal/force_flush")
        self._get("/internal/force_merge")
        return until_still(self._folder, self._merges, still=3)

    def _merges(self) -> bool:
        lines = self._get("/metrics").decode().splitlines()
        return any(line.startswith("vm_active_merges") and not line.endswith(" 0") for line in lines)

    def day(self, tag: int, start: int, end: int) -> bytes:
        """Both series, a JSON line each."""
        return self._get(
            "/api/v1/export",
            **{
                "match[]": f'{{tag="t{tag}"}}',
                "start": start // MILLISECOND / 1e3,
                "end": (end - 1) // MILLISECOND / 1e3,
            },
        )

    def hourly(self, tags: Sequence[int], start: int, end: int) -> bytes:
        """A mean over the hour before each full hour."""
        some = "|".join(f"t{tag}" for tag in tags)
        query = f'avg_over_time(s_v{{tag=~"{some}"}}[1h])'
        return self._get(
            "/api/v1/query_range", query=query, start=start // SECOND + 3600, end=end // SECOND, step=3600, nocache=1
        )


@contextmanager
def victoria(folder: Path) -> Generator[Victoria]:
    """A server while the block runs. Raises Missing when it is not installed."""
    program, port = tool("victoria-metrics"), free_port()
    command = [
        program, f"-storageDataPath={folder / 'data'}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y",
        "-loggerLevel=ERROR", "-search.maxPointsPerTimeseries=1000000",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        one = Victoria(port, folder / "data")
        deadline = time.monotonic() + STARTS_S
        while not one.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("victoria-metrics did not start")
            time.sleep(0.1)
        yield one
    finally:
        process.terminate()
        process.wait(60)
