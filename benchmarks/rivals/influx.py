"""InfluxDB 1.x from Debian's package, in a folder of its own on free loopback ports."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from benchmarks.missing import tool
from benchmarks.process import free_port

_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  index-version = "tsi1"
  query-log-enabled = false
  max-series-per-database = 0
{data}
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
  max-body-size = 0
[logging]
  level = "error"
"""
STARTS_S = 30.0


class Influx:
    """A running server with one database."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def answers(self) -> bool:
        """Whether it is there."""
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def write(self, lines: Iterable[bytes]) -> None:
        """Bodies of line protocol, one request each; 204 means durable."""
        for body in lines:
            with urllib.request.urlopen(f"{self.url}/write?db=bench&precision=ns", data=body, timeout=300):
                pass

    def query(self, text: str) -> bytes:
        """The body of an answer, times in ns."""
        given = urllib.parse.urlencode({"db": "bench", "epoch": "ns", "q": text})
        with urllib.request.urlopen(f"{self.url}/query?{given}", timeout=300) as answer:
            return answer.read()

    def create(self) -> None:
        """Make the database."""
        body = urllib.parse.urlencode({"q": "CREATE DATABASE bench"}).encode()
        with urllib.request.urlopen(f"{self.url}/query", data=body, timeout=60):
            pass


@contextmanager
def influx(folder: Path, data: str = "") -> Generator[Influx]:
    """A server while the block runs. data: more lines for its section [data]. Raises Missing without influxd."""
    program = tool("influxd", "influxdb")
    port, config = free_port(), folder / "influxdb.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port, rpc=free_port(), data=data), encoding="utf-8")
    process = subprocess.Popen(
        [program, "run", "-config", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        one = Influx(port)
        deadline = time.monotonic() + STARTS_S
        while not one.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("influxd did not start")
            time.sleep(0.1)
        one.create()
        yield one
    finally:
        process.terminate()
        process.wait(30)
