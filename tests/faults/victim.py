"""`twin run` as a process of its own, to be killed and started again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.wire.mqtt.brokers import free_port
from twin.core.errors import StoreFailed
from twin.store.reader import LogReader

TWIN = (sys.executable, "-m", "twin.cli.main")


def eventually(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for a condition; RuntimeError names what did not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)


def twin(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A `twin` command run to its end."""
    return subprocess.run(
        [*TWIN, *arguments], capture_output=True, text=True, timeout=120, env=os.environ | environment, check=False
    )


class Victim:
    """A plant file and a data folder, and the process that runs them now."""

    def __init__(
        self,
        folder: Path,
        plant: str,
        before: Sequence[str] = (),
        command: Sequence[str] = (*TWIN, "run"),
        data: Path | None = None,
    ) -> None:
        self.data = data or folder / "data"
        self._command = command
        self.file = folder / "plant.yaml"
        self.file.write_text(plant, encoding="utf-8")
        self._output = folder / "output.txt"
        self._before = before
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._before_start = 0
        self._started = 0.0

    def start(self, *more: str) -> None:
        """Start it; returns at once."""
        self.port = free_port()
        self._before_start, self._started = self.last(), time.monotonic()
        arguments = (str(self.file), "--data", str(self.data), "--port", str(self.port), *more)
        with self._output.open("ab") as output:
            self._process = subprocess.Popen([*self._before, *self._command, *arguments], stdout=output, stderr=output)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running process; RuntimeError with its output when it has ended by itself."""
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"twin run is not running:\n{self._output.read_text()}")
        return self._process

    def has_ended(self) -> bool:
        """Whether it has ended by itself, by its own hand or not."""
        return self._process is None or self._process.poll() is not None

    def seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self._started

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self._process_ended()

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.process.terminate()
        return self._process_ended()

    def ended(self) -> int:
        """The exit code of what ended by itself."""
        return self._process_ended()

    def output(self) -> str:
        """The last of what it wrote."""
        return self._output.read_text()[-3000:]

    def end(self) -> None:
        """Whatever happened: nothing is left running."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)

    def _process_ended(self) -> int:
        process, self._process = self._process, None
        assert process is not None
        return process.wait(20)

    def get(self, path: str) -> bytes:
        """An answer of its API; empty while there is none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.read()
        except (urllib.error.URLError, OSError):
            return b""

    def answer(self, path: str) -> tuple[int, str]:
        """Status and text of an answer that may be an error; (0, '') without one."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self) -> bool:
        """Whether /readyz says so."""
        return bool(self.process) and self.get("/readyz") != b""

    def last(self) -> int:
        """The greatest `recorded` of its log, from outside; 0 while there is none."""
        try:
            reader = LogReader(self.data)
            try:
                return reader.last()
            finally:
                reader.close()
        except StoreFailed:
            return 0

    def until_stored(self, seconds: float = 30.0) -> float:
        """Wait for the first sample that this process made durable; seconds since its start."""
        eventually(lambda: bool(self.process) and self.has_stored(), seconds, "a value stored after a start")
        return self.seconds()

    def has_stored(self) -> bool:
        """Whether this process has made a sample durable."""
        reader = LogReader(self.data)
        try:
            newer = "SELECT 1 FROM entry WHERE recorded > ? AND kind = '' LIMIT 1"
            return reader.sealed_to() > self._before_start or bool(reader.rows(newer, (self._before_start,)))
        except StoreFailed:
            return False
        finally:
            reader.close()
