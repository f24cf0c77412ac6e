"""`python -m benchmarks.opcua_reader URL FOLDER ITEMS SECONDS [user password]`: our connector, into batches.
`python -m benchmarks.opcua_reader URL FOLDER browse`: what it finds, and how long that takes.

Counts what comes for so many seconds after all items had a value, and says it as one line of JSON: values, CPU and wall
seconds, lag from source to batch in ms, resident memory at the begin and the end.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from connectors.opcua import PLUGIN
from connectors.opcua.security.trust import CertificateFolder
from twin.core.errors import LinetwinError
from twin.core.event import Event
from twin.core.plugin import ConnectionSpec, Surroundings, TagAddress
from twin.core.tags import TagTable
from twin.runtime.clock import WallClock

SETTLE_S = 1.0
ATTEMPTS = 10


class Quiet:
    """A reporter that counts."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def event(self, event: Event) -> None:
        """Nothing to keep."""

    def count(self, what: str, n: int = 1) -> None:
        """So many more."""
        self.counts[what] += n

    def dead_letter(self, cause: str, place: str, payload: bytes) -> None:
        """One more of a cause."""
        self.counts[f"dead letter: {cause}"] += 1

    def problem(self, tag: str, text: str) -> None:
        """One more of a kind."""
        self.counts[f"problem: {text}"] += bool(text)

    def notice(self, about: str, text: str) -> None:
        """Nothing to keep."""

    def gauge(self, what: str, value: float) -> None:
        """Nothing to keep."""

    def alive(self) -> None:
        """Nothing to keep."""


def connector(url: str, folder: Path, items: int, reporter: Quiet, user: str = "", password: str = ""):
    """As the shell builds it."""
    settings = {key.name: key.default for key in PLUGIN.connection_keys}
    settings |= {"ns": "urn:bench:plc", "publishing": 100_000_000, "sampling": 0, "queue": 10}
    settings |= {"user": user, "password": password, "security": "Basic256Sha256" if user else "none"}
    addresses = [TagAddress(f"n{n}", {"node": f"n{n}"}, place="bench") for n in range(items)]
    spec = ConnectionSpec("bench", "opcua", url, settings, time="source", place="bench")
    return PLUGIN.build(spec, addresses, Surroundings(TagTable(), WallClock(), reporter, folder))


async def read(url: str, folder: Path, items: int, seconds: float, *user: str) -> dict[str, object]:
    """The figures."""
    reporter = Quiet()
    one = connector(url, folder, items, reporter, *user)
    trust = CertificateFolder(folder)
    for _ in range(ATTEMPTS):
        try:
            async with one.open() as batches:
                return await counted(batches, items, seconds) | {"counts": dict(reporter.counts)}
        except LinetwinError as error:
            print(error, file=sys.stderr)
            for certificate in trust.waiting():
                trust.trust(certificate.fingerprint)
            await asyncio.sleep(1)  # a server that has just begun may have no certificate yet
    raise SystemExit("no link")


async def counted(batches, items: int, seconds: float) -> dict[str, object]:
    """Take batches; the window begins a moment after all items had a value."""
    seen, values, lags = np.zeros(items, dtype=bool), 0, []
    begun = end = cpu = 0.0
    taken = 0
    memory: list[float] = []
    async for batch in batches:
        now = time.monotonic()
        if not end:
            seen[batch.tag] = True
            if seen.all():
                begun, end = now + SETTLE_S, now + SETTLE_S + seconds
            continue
        if now < begun:
            cpu, values = time.process_time(), 0
            memory = [resident_mb()]
            continue
        values += len(batch)
        taken += 1
        if taken % 10 == 0 and len(lags) < 5000:
            lags.append((time.time_ns() - batch.time) / 1e6)
        if now >= end:
            break
    lag = np.concatenate(lags)
    return {
        "values": values,
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.monotonic() - begun,
        "lag_ms": [float(np.quantile(lag, q)) for q in (0.5, 0.99)],
        "memory_mb": [*memory, resident_mb()],
    }


def resident_mb() -> float:
    """Of this process."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) * 1024 / 1e6


async def browsed(url: str, folder: Path) -> dict[str, object]:
    """Seconds to list 10,000 variables with type, value and unit, in a session of its own."""
    begun = time.monotonic()
    nodes = await connector(url, folder, 0, Quiet()).browse("*", 20_000)
    return {"nodes": len(nodes), "wall_s": time.monotonic() - begun}


if __name__ == "__main__":
    if sys.argv[3] == "browse":
        print(json.dumps(asyncio.run(browsed(sys.argv[1], Path(sys.argv[2])))))
        sys.exit(0)
    url, folder, items, seconds, *user = sys.argv[1:]
    print(json.dumps(asyncio.run(read(url, Path(folder), int(items), float(seconds), *user))))
