"""2,000 tags at 5 Hz to 100 viewers. Bar: 10 % of a core for the viewers, p99 100 ms.

Ours is the whole twin; what the viewers cost is its CPU with 100 of them less its CPU with none. Latency: from the
instant that a message speaks of (`as_of`) until a viewer has all of it, on the loopback. The rival falls behind by
sending less often: its messages are young and few.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.command import Effort, main
from benchmarks.process import Measured, free_port, measured, wait_for_port
from benchmarks.row import Row
from twin.core.instant import from_text

VIEWERS = 100
RIVAL = "json.dumps for each viewer"
SUBSCRIBE = b'{"subscribe": {"tags": ["*"], "columns": true}}'
WARM_S = 2.0


@dataclass
class Watched:
    """What all viewers saw. late_ms: of each message."""

    late_ms: list[float] = field(default_factory=list[float])
    received: int = 0

    @property
    def p99_ms(self) -> float:
        """Of messages; nan when none came."""
        return float(np.percentile(self.late_ms, 99)) if self.late_ms else float("nan")


async def viewer(port: int, seen: Watched) -> None:
    """One WebSocket that reads frames and decodes of each only the instant it speaks of."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    key = base64.b64encode(os.urandom(16)).decode()
    head = f"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    writer.write(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.write(bytes([0x81, 0x80 | len(SUBSCRIBE), 0, 0, 0, 0]) + SUBSCRIBE)
    try:
        while True:
            length = (await reader.readexactly(2))[1]
            if length >= 126:
                length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8))
            body = await reader.readexactly(length)
            seen.received += length
            if body.startswith(b'{"type":"delta"') or body.startswith(b'{"type": "delta"'):
                as_of = body[:200].partition(b'"as_of":')[2].split(b'"', 2)[1].decode()
                seen.late_ms.append((time.time_ns() - from_text(as_of)) / 1e6)
    except asyncio.IncompleteReadError:
        pass
    finally:
        writer.close()


async def watch(port: int, process: Measured, window_s: float) -> tuple[float, Watched]:
    """CPU of the process (percent of a core) while 100 viewers watch, and what they saw."""
    seen = Watched()
    tasks = [asyncio.create_task(viewer(port, seen)) for _ in range(VIEWERS)]
    await asyncio.sleep(WARM_S)
    seen.late_ms.clear()
    seen.received = 0
    cpu = await asyncio.to_thread(process.cpu_percent, window_s)
    for task in tasks:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
    return cpu, seen


def run(effort: Effort) -> list[Row]:
    """Ours without and with viewers, then the rival with them."""
    with tempfile.TemporaryDirectory(prefix="linetwin-bench-") as folder:
        port = free_port()
        with measured("benchmarks.sources.many_tags", str(port), str(Path(folder) / "data")) as process:
            wait_for_port(port)
            time.sleep(WARM_S)
            alone = process.cpu_percent(effort.window_s)
            cpu, ours = asyncio.run(watch(port, process, effort.window_s))
        port = free_port()
        with measured("benchmarks.rivals.json_per_viewer", str(port)) as process:
            wait_for_port(port)
            rival_cpu, rival = asyncio.run(watch(port, process, effort.window_s))
    name = "2,000 tags x 5 Hz to 100 viewers"
    a_second = VIEWERS * effort.window_s
    return [
        Row(f"{name}: CPU for the viewers", cpu - alone, "% of a core", RIVAL, rival_cpu),
        Row(f"{name}: CPU of all", cpu, "% of a core", RIVAL, rival_cpu),
        Row(f"{name}: latency p99", ours.p99_ms, "ms", RIVAL, rival.p99_ms),
        Row(f"{name}: messages/s a viewer", len(ours.late_ms) / a_second, "1/s", RIVAL, len(rival.late_ms) / a_second),
        Row(
            f"{name}: sent",
            ours.received / effort.window_s / 1e6,
            "MB/s",
            RIVAL,
            rival.received / effort.window_s / 1e6,
        ),
    ]


if __name__ == "__main__":
    sys.exit(main([run]))
