"""Outages of an OPC UA link, counted: `python -m tests.faults.opcua_outages [--seconds 5 30] [--restart]`.

A server counts at 5 Hz; the link is cut (reset and refused) or held (half-open: nothing carried, nothing closed) for
so long; then every number must be there once. --restart: the server is killed and started again, and the time from its
port to the first value is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.wire.opcua.plant import Plc, Setup, free_port, opcua, setup
from tests.wire.opcua.test_node_opcua import FOLDER, node_server
from twin.core.instant import SECOND
from twin.runtime.clock import WallClock
from twin.runtime.report import ConnectionReport
from twin.runtime.supervise import Supervisor
from twin.testing import FaultProxy

RATE = 5
"""Samples a second."""
BEFORE, AFTER = 2 * RATE, 3 * RATE
"""Samples before the fault and after it."""
SERVERS, FAULTS = ("asyncua", "node-opcua"), ("cut", "held")


@dataclass(frozen=True)
class Counted:
    """What came of one outage. sent, received: samples; received counts each once."""

    server: str
    fault: str
    seconds: float
    sent: int
    received: int
    duplicates: int
    gaps: int

    @property
    def lost(self) -> int:
        return self.sent - self.received

    def __str__(self) -> str:
        figures = (self.seconds, self.sent, self.received, self.lost, self.duplicates, self.gaps)
        return f"{self.server:12}{self.fault:6}" + "".join(f"{n:>10g}" for n in figures)


COLUMNS = ("seconds", "sent", "received", "lost", "twice", "gaps")
HEAD = f"{'server':12}{'fault':6}" + "".join(f"{word:>10}" for word in COLUMNS)


class ListLog:
    """The log of the twin, as far as a supervisor needs it."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, float]] = []

    async def append(self, batch) -> int:
        self.rows += zip(batch.time.tolist(), batch.value.tolist(), strict=True)
        return len(self.rows)

    async def note(self, event) -> int:
        return len(self.rows)


@asynccontextmanager
async def counting(server: str, port: int, total: int, folder: Path) -> AsyncIterator[Callable[[], int]]:
    """A server that counts from 1 to `total`; gives how far it is."""
    if server == "asyncua":
        async with Plc(port).running() as plc:
            sent = 0

            async def count() -> None:
                nonlocal sent
                while sent < total:
                    await asyncio.sleep(1 / RATE)
                    await plc.write("n", float(sent + 1), at=datetime.now(UTC))
                    sent += 1

            writing = asyncio.create_task(count())
            yield lambda: sent
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        return
    async with node_server(folder / "pki", port) as node:
        begun = time.monotonic()
        node.tell(count="n", **{"from": 1, "to": total, "every_ms": 1000 // RATE})
        yield lambda: min(total, int((time.monotonic() - begun) * RATE))


async def outage(server: str, fault: str, seconds: float, folder: Path) -> Counted:
    """One outage under a supervisor as the twin has it."""
    total = BEFORE + int(seconds * RATE) + AFTER
    port = free_port()
    async with counting(server, port, total, folder) as sent, FaultProxy(port) as wire:
        test = setup(opcua(wire), folder, {"n": "Line.n"}, sampling=SECOND // 50, queue=1000)
        log = ListLog()
        running = supervise(test, log)
        try:
            await until(lambda: sent() >= BEFORE and len(log.rows) >= BEFORE // 2)
            wire.pull(seconds + 60) if fault == "cut" else wire.hold()
            begun = time.monotonic()
            await until(lambda: time.monotonic() - begun >= seconds)
            wire.mend()
            await until(lambda: any(value == total for _, value in log.rows), 90)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    values = [value for _, value in log.rows]
    first = int(min(values))
    wanted = {float(n) for n in range(first, total + 1)}
    gaps = len(test.record.gaps)
    return Counted(server, fault, seconds, len(wanted), len(wanted & set(values)), len(values) - len(set(values)), gaps)


async def restart(folder: Path) -> float:
    """Seconds from the moment at which the port of a server that was killed is open again to its first value."""
    port = free_port()
    log = ListLog()
    async with node_server(folder / "pki", port) as server:
        test = setup(server.url, folder, {"n": "Line.n"})
        running = supervise(test, log)
        await until(lambda: bool(log.rows))
        server.process.kill()
        await server.process.wait()
    had = len(log.rows)
    async with node_server(folder / "pki", port) as server:
        opened = time.monotonic()
        server.tell(set="n", value=7)
        await until(lambda: len(log.rows) > had)
        took = time.monotonic() - opened
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return took


def supervise(test: Setup, log: ListLog) -> asyncio.Task[None]:
    """The twin's own supervisor, which waits longer after each failure."""
    clock = WallClock()
    report = ConnectionReport("c1", "opcua", "opc.tcp://plc", clock, test.record.events.append)
    return asyncio.create_task(Supervisor(test.connector, log, report, clock).run())


async def until(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is watched has no event to wait for
            await asyncio.sleep(0.02)


async def table(seconds: list[float], restarts: bool) -> None:
    print(HEAD)
    servers = SERVERS if (FOLDER / "node_modules").is_dir() and shutil.which("node") else SERVERS[:1]
    for length in seconds:
        for server in servers:
            for fault in FAULTS:
                with tempfile.TemporaryDirectory() as folder:
                    print(await outage(server, fault, length, Path(folder)), flush=True)
    if restarts and len(servers) > 1:
        for _ in range(5):
            with tempfile.TemporaryDirectory() as folder:
                print(f"restart: first value {await restart(Path(folder)):.2f} s after the server listens", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, nargs="*", default=[5.0, 30.0])
    parser.add_argument("--restart", action="store_true")
    given = parser.parse_args()
    asyncio.run(table(given.seconds, given.restart))
