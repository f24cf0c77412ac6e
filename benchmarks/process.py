"""A child process under measurement: its CPU time, its memory, its end.

CPU is user + system time of all its threads (utime + stime of /proc/PID/stat), peak memory VmHWM of /proc/PID/status:
so figures of processes need Linux; the rest of the benchmarks runs anywhere.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.missing import Missing
from benchmarks.plant import NAMES

ROOT = Path(__file__).resolve().parent.parent
LONGEST_WAIT_S = 60.0
GLANCE_S = 0.2
SAYS = "> "
"""How the answers of a source begin; libraries write what they like to stdout."""


class Measured:
    """A running child. started: ns since 1970, just before it was started."""

    def __init__(self, command: Sequence[str]) -> None:
        if not Path("/proc/self/stat").exists():
            raise Missing("CPU of a process is read from /proc: run this benchmark on Linux")
        self.started = time.time_ns()
        self.child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def cpu_s(self) -> float:
        """User and system time since it started."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> float:
        """The most memory it was resident with, MB."""
        return self._memory_mb("VmHWM")

    def resident_mb(self) -> float:
        """The memory it is resident with now, MB."""
        return self._memory_mb("VmRSS")

    def _memory_mb(self, which: str) -> float:
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith(which))
        return int(kilobytes) * 1024 / 1e6

    def cpu_percent(self, window_s: float) -> float:
        """CPU over a window from now, in percent of one core."""
        before, begun = self.cpu_s(), time.monotonic()
        time.sleep(window_s)
        return 100 * (self.cpu_s() - before) / (time.monotonic() - begun)

    def age_s(self) -> float:
        """Seconds since it was started."""
        return (time.time_ns() - self.started) / 1e9

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until it holds. Raises RuntimeError when the child ends first, or after a minute."""
        deadline = time.monotonic() + LONGEST_WAIT_S
        while not condition():
            if self.child.poll() is not None:
                raise RuntimeError(f"{what}: the process ended with code {self.child.returncode}: {self._last_words()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{what}: not within {LONGEST_WAIT_S:.0f} s")
            time.sleep(GLANCE_S)

    def _last_words(self) -> str:
        return (self.child.stderr.read() if self.child.stderr else "")[-2000:]

    def stop(self) -> None:
        """End it as a user would, by Ctrl-C; by force when it takes longer than 20 s."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        if self.child.stderr:
            self.child.stderr.close()


@contextmanager
def measured(*command: str) -> Generator[Measured]:
    """A program of ours or a rival's while the block runs."""
    one = Measured([sys.executable, "-m", *command])
    try:
        yield one
    finally:
        one.stop()


class Ticking:
    """A source in a process of its own, given the tags as its first line.

    It says `ready` when it ticks, and the number of its last tick when it is told to stop.
    """

    def __init__(self, command: Sequence[str], names: Sequence[str] = NAMES) -> None:
        self.child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._say(json.dumps(names))
        if self._line() != "ready":
            raise RuntimeError(f"source {command}: did not start")

    def last_tick(self) -> int:
        """Stop ticking; the number of the last tick, which every tag got."""
        self._say("stop")
        return int(self._line())

    def _say(self, line: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def _line(self) -> str:
        assert self.child.stdout is not None
        answers = (line.strip() for line in self.child.stdout if line.startswith(SAYS))
        return next(answers, "").removeprefix(SAYS)


@contextmanager
def ticking(*command: str, names: Sequence[str] = NAMES) -> Generator[Ticking]:
    """A source while the block runs."""
    one = Ticking(command, names)
    try:
        yield one
    finally:
        one.child.kill()
        one.child.communicate()


def free_port() -> int:
    """A port of the loopback that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for_port(port: int) -> None:
    """Until somebody listens there. Raises RuntimeError after a minute."""
    deadline = time.monotonic() + LONGEST_WAIT_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(GLANCE_S)
        else:
            return
    raise RuntimeError(f"nobody listens on port {port}")
