"""`twin run` as its users start it: a process of its own, reached over HTTP."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from twin.runtime.ports import free_ports

LONGEST_START_S = 30


@contextmanager
def running_twin(plant: Path, data: Path, *more: str) -> Generator[str]:
    """`twin run PLANT --data DATA` on a free port while the block runs; gives its URL once it answers."""
    (port,) = free_ports(1)
    command = [
        sys.executable,
        "-m",
        "twin.cli.main",
        "run",
        str(plant),
        "--data",
        str(data),
        "--port",
        str(port),
        *more,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{url}/healthz", process)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    """Until the URL answers; fails with what the process said when it ends first."""
    deadline = time.monotonic() + LONGEST_START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"{url} did not answer within {LONGEST_START_S} s")


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a condition that a process or a thread brings about and announces to nobody."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.05)
