"""Real brokers for tests, each a process of its own on a free port of the loopback."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iotcore import Broker


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for_port(port: int, process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"broker ended with code {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"no broker on port {port}")


@contextmanager
def mosquitto(folder: Path, port: int, extra: str = "allow_anonymous true") -> Iterator[subprocess.Popen[bytes]]:
    """A mosquitto on 127.0.0.1:port; its sessions end with it."""
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\npersistence false\nmax_queued_messages 0\nmax_inflight_messages 0\n"
        f"user {getpass.getuser()}\nlog_type error\n{extra}\n"
    )
    process = subprocess.Popen([shutil.which("mosquitto") or "mosquitto", "-c", str(config)])
    try:
        wait_for_port(port, process)
        yield process
    finally:
        process.kill()
        process.wait(5)


RUMQTTD = """
id = 0
[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 200
max_segment_size = 1048576
max_segment_count = 10
[v5.1]
name = "v5-1"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 500
"""


@contextmanager
def iotcore(folder: Path, port: int) -> Iterator[None]:
    """The embedded broker, its MQTT 5 listener on 127.0.0.1:port."""
    config = folder / "rumqttd.toml"
    config.write_text(RUMQTTD.format(port=port))
    with Broker(config_path=str(config)):
        yield
