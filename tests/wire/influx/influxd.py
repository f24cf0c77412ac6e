"""InfluxDB 1.x from Debian's package, in a folder of its own on a free port of the loopback."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twin.runtime.ports import free_ports

STARTS_S = 60.0
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
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
  auth-enabled = {auth}
[logging]
  level = "error"
"""


class Influxd:
    """A running server; each test takes a `fresh` database."""

    def __init__(self, port: int, user: str = "", password: str = "") -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._as = {"u": user, "p": password} if user else {}
        self._made = 0

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def fresh(self) -> str:
        """The name of a new, empty database."""
        self._made += 1
        self.query(f'CREATE DATABASE "t{self._made}"')
        return f"t{self._made}"

    def write(self, database: str, lines: bytes) -> None:
        """204 means durable."""
        given = urllib.parse.urlencode({"db": database, "precision": "ns", **self._as})
        with urllib.request.urlopen(f"{self.url}/write?{given}", data=lines, timeout=60):
            pass

    def query(self, text: str, database: str = "") -> bytes:
        given = urllib.parse.urlencode({"db": database, "epoch": "ns", **self._as})
        body = urllib.parse.urlencode({"q": text}).encode()
        with urllib.request.urlopen(f"{self.url}/query?{given}", data=body, timeout=60) as answer:
            return answer.read()


def configured(folder: Path, port: int, rpc: int, *, auth: bool = False) -> str:
    """The configuration of a server that keeps everything in a folder."""
    return _CONFIG.format(folder=folder, port=port, rpc=rpc, auth=str(auth).lower())


@contextmanager
def influxd(folder: Path, *, auth: bool = False) -> Iterator[Influxd]:
    """A server while the block runs. auth: its one user is admin, password p'w d."""
    program = shutil.which("influxd")
    assert program is not None
    port, rpc = free_ports(2)
    config = folder / "influxdb.conf"
    config.write_text(configured(folder, port, rpc, auth=auth), encoding="utf-8")
    process = subprocess.Popen(
        [program, "run", "-config", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        server = Influxd(port)
        deadline = time.monotonic() + STARTS_S
        while not server.answers():
            assert process.poll() is None, "influxd ended"
            assert time.monotonic() < deadline, "influxd did not answer"
            time.sleep(0.05)
        if auth:
            server.query(r"CREATE USER admin WITH PASSWORD 'p\'w d' WITH ALL PRIVILEGES")
            server = Influxd(port, "admin", "p'w d")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
