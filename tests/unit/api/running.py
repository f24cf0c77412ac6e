"""A real twin of a small plant on a folder, a clock moved by hand, and a client without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from twin.api.access import Access
from twin.api.app import create_app
from twin.core.instant import from_text, to_text
from twin.model.load import load
from twin.runtime.live import LiveView
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin

SECOND = 1_000_000_000
START = from_text("2026-11-22T12:00:00Z")

PLANT = """
linetwin: 1
plant: acme/brno
timezone: Europe/Prague
connections:
  s7: {opcua: "opc.tcp://127.0.0.1:4840", ns: "urn:a", every: 1s, wait: 0s}
  gw: {mqtt: "mqtt://127.0.0.1:1883", wait: 0s, stale: 10s}
types:
  filler:
    makes: bottle
    tags:
      st: {node: .st}
      total: {node: .total, counter: {wraps: 65536}}
      reject: {node: .reject, counter: {}}
      temp:
        node: .temp
        unit: degC
        alarms: [{high: 80, deadband: 5, priority: 2, text: "motor is hot"}, {high: 95, priority: 1}]
      raw_temp: {node: .raw, raw: [0, 1000], range: [0, 100], unit: degC, alarms: [{low: 10, delay: 10s}, {stale: 30s}]}
      recipe: {node: .recipe, type: text}
      code: {node: .code, type: bytes}
    counts: {total: total, reject: reject}
    state: {table: {1: running, 2: down, 3: idle}, value: st}
  packer:
    makes: {case: 12 bottle}
    tags:
      st: {topic: "p/st", value: $.v}
      total: {topic: "p/total", value: $.v, counter: {}}
    counts: {total: total}
    state: {table: {1: running, 2: down}, value: st}
lines:
  packaging/line1:
    flow: [filler, {buffer: 200 bottle}, packer]
    machines:
      filler: {type: filler, from: s7, node: A, display: "Füller <1>"}
      packer: {type: packer, from: gw}
"""
FILLER = "acme/brno/packaging/line1/filler"
PACKER = "acme/brno/packaging/line1/packer"


class HandClock:
    """Stands still until it is moved."""

    def __init__(self, start: int = START) -> None:
        self.time = start

    def now(self) -> int:
        return self.time

    def at(self, seconds: float) -> None:
        """Move to so many seconds after the start."""
        self.time = START + round(seconds * SECOND)


def instant(seconds: float) -> str:
    """RFC 3339 of so many seconds after the start."""
    return to_text(START + round(seconds * SECOND))


@asynccontextmanager
async def running(
    folder: Path, clock: HandClock | None = None, access: Access | None = None, plant_file: str = PLANT
) -> AsyncIterator[Api]:
    """The twin, and its API behind a client that needs no socket."""
    clock = clock or HandClock()
    plant = load(plant_file, "plant.yaml", connectors(), {})
    async with open_twin(plant, folder, clock, connect=False) as twin:
        app = create_app(twin, access or Access())
        transport = httpx2.ASGITransport(app=app, client=("127.0.0.1", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield Api(twin, clock, client, app)


class Api:
    """What a test talks to."""

    def __init__(self, twin: Twin, clock: HandClock, client: httpx2.AsyncClient, app: Any) -> None:
        self.twin = twin
        self.clock = clock
        self.client = client
        self.app = app

    async def get(self, path: str, status: int = 200, **query: Any) -> dict[str, Any]:
        """JSON of a GET below /api/v1; the status must be this one."""
        answer = await self.client.get(f"/api/v1{path}", params={k.rstrip("_"): v for k, v in query.items()})
        assert answer.status_code == status, answer.text
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
        else:
            assert "as_of" in answer.json()
        return answer.json()

    async def post(self, rows: Sequence[dict[str, Any]], status: int = 200) -> dict[str, Any]:
        """Send samples; what was kept is in the live view when this returns."""
        answer = await self.client.post("/api/v1/samples", json={"samples": list(rows)})
        assert answer.status_code == status, answer.text
        if status == 200:
            await self.seen(answer.json()["recorded"])
        return answer.json()

    async def seen(self, recorded: int) -> LiveView:
        """The first view that knows an entry, made at the clock's present time."""
        view, now = self.twin.live(), self.clock.now()
        while view.known < recorded or view.as_of < now:
            view = await self.twin.next_view(view.number)
        return view

    async def move(self, seconds: float) -> LiveView:
        """Move the clock and wait for a view of that instant."""
        self.clock.at(seconds)
        return await self.seen(0)


def row(tag: str, seconds: float, value: float | None = None, **more: Any) -> dict[str, Any]:
    """One sample of the small plant, so many seconds after the start."""
    found: dict[str, Any] = {"tag": tag, "time": instant(seconds)}
    return found | ({"value": value} if value is not None else {}) | more
