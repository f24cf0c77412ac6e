"""The embedded MQTT broker of the demo: iotcore behind one function (docs/decisions/0006-embedded-broker.md).

Loopback only; MQTT 5; its memory is bounded, so a reader that falls far behind loses messages: not for production.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from twin.runtime.ports import free_ports

TRIES = 5
"""Another process may take a free port before the broker does; then it gets another one."""

_SETTINGS = """
id = 0
[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 2
[v5.1]
name = "v5"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 1000
dynamic_filters = true
"""


@contextmanager
def embedded_broker(folder: Path) -> Generator[str]:
    """A broker in a process of its own while the block runs; gives its HOST:PORT. Nothing survives its end."""
    from iotcore import Broker  # noqa: PLC0415 - 14 MB that only the demo needs

    settings = folder / "broker.toml"
    with ExitStack() as running:

        def start(tries: int) -> int:
            (port,) = free_ports(1)
            settings.write_text(_SETTINGS.format(port=port), encoding="utf-8")
            try:
                running.enter_context(Broker(config_path=str(settings)))
            except OSError:
                if tries == 1:
                    raise
                return start(tries - 1)
            return port

        yield f"127.0.0.1:{start(TRIES)}"
