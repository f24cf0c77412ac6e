"""InfluxDB 1.x as an engine of the store benchmark; compacted in full before it is weighed and read."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.engine import until_still
from benchmarks.rivals.influx import Influx, influx
from benchmarks.rivals.lines import bodies
from twin.core.batch import Batch

COMPACTS = """
  cache-snapshot-write-cold-duration = "1s"
  compact-full-write-cold-duration = "1s"
"""
"""Seconds without a write after which the cache becomes a file and all files one; else it takes four hours."""


class InfluxStore:
    """Through its HTTP API; bodies are read and not parsed."""

    def __init__(self, server: Influx, folder: Path) -> None:
        self._server = server
        self._folder = folder

    def prepare(self, batches: Sequence[tuple[int, Batch]]) -> list[bytes]:
        """Line protocol."""
        return bodies(batches)

    def put(self, prepared: Any) -> None:
        """One request; 204 means durable."""
        self._server.write([prepared])

    def settled(self) -> int:
        """With nothing left in the write-ahead log."""
        return until_still(self._folder, self._has_log, still=6)

    def _has_log(self) -> bool:
        return any(path.stat().st_size for path in (self._folder / "wal" / "bench").rglob("*.wal"))

    def day(self, tag: int, start: int, end: int) -> bytes:
        """JSON, times in ns."""
        return self._server.query(f"SELECT v, q FROM s WHERE \"tag\" = 't{tag}' AND time >= {start} AND time < {end}")

    def hourly(self, tags: Sequence[int], start: int, end: int) -> bytes:
        """JSON, a series a tag."""
        some = "|".join(f"t{tag}" for tag in tags)
        return self._server.query(
            f'SELECT mean(v) FROM s WHERE "tag" =~ /^({some})$/ AND time >= {start} AND time < {end} '
            'GROUP BY "tag", time(1h)'
        )


@contextmanager
def influx_store(folder: Path) -> Generator[InfluxStore]:
    """A server while the block runs. Raises Missing when it is not installed."""
    with influx(folder, COMPACTS) as server:
        yield InfluxStore(server, folder)
