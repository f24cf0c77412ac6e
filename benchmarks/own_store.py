"""Our own store as an engine: log, sealing and merging in their own threads as a run has them, reads by the API."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

from benchmarks.engine import folder_bytes
from benchmarks.workload import Workload
from twin.api.access import Access
from twin.api.app import create_app
from twin.core.batch import Batch
from twin.core.instant import FAR_FUTURE, HOUR, to_text
from twin.core.rows import in_order
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.runtime.sealing import Sealing
from twin.runtime.twin import open_twin
from twin.store.compact import compact
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.seal import Bounds

PLANT = """
linetwin: 1
plant: bench
connections: {c: {mqtt: "mqtt://127.0.0.1:1"}}
types: {m: {tags: {t: {topic: "x"}}}}
lines: {l: {machines: {m: {type: m, from: c}}}}
"""
BOUNDS = Bounds(pause_s=0.2)
"""As in a run, but looking more often: a week passes in half a minute."""


class ArrivalClock:
    """Shows when the last row of a batch came."""

    instant = 0

    def now(self) -> int:
        """The instant it was set to."""
        return self.instant


class OwnStore:
    """A data folder. Reads begin after `settled`."""

    def __init__(self, folder: Path, workload: Workload) -> None:
        self.folder = folder
        self.workload = workload
        self._names = workload.names
        self._clock = ArrivalClock()
        self._log, self._reader = SqliteLog(folder, self._clock), LogReader(folder)
        self._log.tags.ids_of(self._names)
        self._sealing = Sealing(self._log, self._reader, self._clock, BOUNDS)
        self._sealing.start()
        self._runner = asyncio.Runner()
        self._open = AsyncExitStack()

    def prepare(self, batches: Sequence[tuple[int, Batch]]) -> Sequence[tuple[int, Batch]]:
        """As a connector gives them."""
        return batches

    def put(self, prepared: Any) -> None:
        """One entry; answered when durable."""
        self._clock.instant, one = prepared
        self._log.submit(one).result()

    def settled(self) -> int:
        """As `twin store compact` leaves it; then a twin is opened on it."""
        self._sealing.close()
        if self._sealing.failures:
            raise RuntimeError(self._sealing.failure)
        self._reader.close()
        self._log.close()
        compact(self.folder, self._clock, lambda _share: None)
        size = folder_bytes(self.folder)
        self._runner.run(self._serve())
        return size

    async def _serve(self) -> None:
        self._clock.instant = self.workload.span[1] + HOUR
        plant = load(PLANT, "bench", connectors(), {})
        twin = await self._open.enter_async_context(open_twin(plant, self.folder, self._clock, connect=False))
        transport = httpx2.ASGITransport(app=create_app(twin, Access()), client=("127.0.0.1", 50000))
        client = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=600)
        self._client = await self._open.enter_async_context(client)
        self._twin = twin

    def day(self, tag: int, start: int, end: int) -> bytes:
        """JSON of the API."""
        return self._get({"tag": self._names[tag], "from": to_text(start), "to": to_text(end)})

    def columns(self, tag: int, start: int, end: int) -> int:
        """The same as columns, as folds and Python have it; how many rows."""
        found = self._twin.reader.read_tags(np.array([tag], dtype=np.int32), start, end, FAR_FUTURE)
        return len(in_order(found.samples))

    def hourly(self, tags: Sequence[int], start: int, end: int) -> bytes:
        """JSON of the API."""
        names = [self._names[tag] for tag in tags]
        hours = {"aggregate": "mean", "interval": "1h"}
        return self._get({"tag": names, "from": to_text(start), "to": to_text(end)} | hours)

    def stored(self) -> int:
        """Samples that are there."""
        return self._twin.reader.counts()["samples"]

    def _get(self, query: dict[str, object]) -> bytes:
        answer = self._runner.run(self._client.get("/api/v1/samples", params=query))
        return answer.raise_for_status().content

    def close(self) -> None:
        """Stop serving."""
        self._runner.run(self._open.aclose())
        self._runner.close()
