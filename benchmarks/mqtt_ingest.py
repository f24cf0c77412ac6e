"""1,000 MQTT topics at 10 Hz, QoS 1, through mosquitto into the durable log, folds on. Bar: 0 lost, 50 % of a core."""

from __future__ import annotations

import getpass
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.command import Effort, main
from benchmarks.ingest import Figures, in_sqlite, measure, rows
from benchmarks.missing import tool
from benchmarks.plant import HZ, mqtt_plant
from benchmarks.process import free_port, measured, ticking, wait_for_port
from benchmarks.product import first_commit, in_log, running
from benchmarks.row import Row

RIVAL = "bare paho + SQLite"
CONFIGURATION = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
max_inflight_messages 0
user {user}
log_type error
"""


@contextmanager
def broker(port: int, folder: Path) -> Generator[None]:
    """A mosquitto of our own. Raises Missing."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "mosquitto.conf"
    file.write_text(CONFIGURATION.format(port=port, user=getpass.getuser()))
    process = subprocess.Popen([tool("mosquitto"), "-c", str(file)])
    try:
        wait_for_port(port)
        yield
    finally:
        process.kill()
        process.wait()


def source(port: int) -> tuple[str, ...]:
    """The command of the publisher."""
    return (sys.executable, "-m", "benchmarks.sources.mqtt_ticks", str(port), str(HZ))


def ours(effort: Effort, folder: Path) -> Figures:
    """`twin run` on the broker."""
    port, data = free_port(), folder / "data"
    with (
        broker(port, folder),
        ticking(*source(port)) as ticks,
        running(mqtt_plant(f"mqtt://127.0.0.1:{port}"), data) as twin,
    ):
        return measure(twin, ticks, lambda: in_log(data), effort, lambda: first_commit(data))


def rival(effort: Effort, folder: Path) -> Figures:
    """The bare client."""
    port, file = free_port(), folder / "rival.db"
    with (
        broker(port, folder),
        ticking(*source(port)) as ticks,
        measured("benchmarks.rivals.paho_sqlite", str(port), str(file)) as process,
    ):
        return measure(process, ticks, lambda: in_sqlite(file), effort, None)


def run(effort: Effort) -> list[Row]:
    """Both, one after the other."""
    with tempfile.TemporaryDirectory(prefix="linetwin-bench-") as folder:
        we, they = ours(effort, Path(folder) / "ours"), rival(effort, Path(folder) / "rival")
    return rows("mqtt 1000 x 10 Hz", we, they, RIVAL)


if __name__ == "__main__":
    sys.exit(main([run]))
