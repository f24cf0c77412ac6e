"""`twin demo` as one process: broker, simulated line, two hours of history, folds, page. Bar: 220 MB resident."""

from __future__ import annotations

import sys
import tempfile
import urllib.error
import urllib.request

from benchmarks.command import Effort, main
from benchmarks.process import free_port, measured
from benchmarks.row import Row


def is_ready(port: int) -> bool:
    """Whether the API says that every connection was tried and the folds are at the present."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def run(effort: Effort) -> list[Row]:
    """From the command to a ready page, then for a while."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="linetwin-bench-") as folder,
        measured("twin.cli.main", "demo", "--no-open", "--port", str(port), "--data", folder) as process,
    ):
        process.until(lambda: is_ready(port), "the demo ready")
        ready_s = process.age_s()
        cpu = process.cpu_percent(effort.window_s)
        return [
            Row("twin demo: start to ready", ready_s, "s"),
            Row("twin demo: CPU", cpu, "% of a core"),
            Row("twin demo: resident memory", process.resident_mb(), "MB"),
            Row("twin demo: peak memory", process.peak_mb(), "MB"),
        ]


if __name__ == "__main__":
    sys.exit(main([run]))
