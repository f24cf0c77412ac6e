"""`line.on_the_wire()`: the same line over real OPC UA and MQTT, with a running twin and its API."""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
import urllib.request
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import uvicorn

from twin.api.access import Access
from twin.api.app import create_app
from twin.api.server import server_config
from twin.core.errors import Misconfigured, Unreachable
from twin.core.instant import MINUTE, SECOND, to_text
from twin.core.simulated import SimulatedRun
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime import plugins
from twin.runtime.broker import embedded_broker
from twin.runtime.clock import ScaledClock
from twin.runtime.twin import Twin, open_twin
from twin.testing.loop_thread import LoopThread
from twin.testing.past import Columns, keep_past

LOCAL = "127.0.0.1"
WIRE_ROWS_PER_S = 400
"""What we reckon that one asyncua server and one publisher carry beside the twin in the process of a test: an estimate,
not a measurement; real servers carry far more."""
FASTEST = 20.0
"""Beyond this a time-out of a protocol (wall time) spans minutes of the plant."""
MEASURED = 10 * MINUTE
"""The row rate is that of so much of the line's life before now."""
LONGEST_START_S = 30.0


@dataclass(frozen=True)
class OnTheWire:
    """A line that is served, and the twin connected to it.

    opcua_url: of the first server; opcua_urls: of all, by the name that the line gives them. mqtt_url: of the broker.
    api_url: of the twin; its routes stand below /api/v1. speed: plant-seconds a second; why: how that was found.
    """

    opcua_url: str
    mqtt_url: str
    api_url: str
    speed: float
    why: str
    opcua_urls: Mapping[str, str]
    plant: Plant = field(repr=False)
    _clock: ScaledClock = field(repr=False)

    @property
    def now(self) -> str:
        """The instant of the plant, RFC 3339."""
        return to_text(self._clock.now())

    def get(self, path: str) -> Any:
        """What the API answers to a path below /api/v1: `get("/states?from=now-10m")`."""
        with urllib.request.urlopen(f"{self.api_url}/api/v1{path}", timeout=30) as answer:  # noqa: S310 - our own
            return json.load(answer)


@contextmanager
def on_the_wire(
    simulator: str, run: SimulatedRun, plant: Plant, lived: Columns, now: int, speed: float | None = None
) -> Generator[OnTheWire]:
    """Serve a run that has lived until `now` while the block runs. Everything has ended when the block has.

    plant: what the twin is to know; its connections are those of the line's own plant file. lived: all samples of the
    run so far. speed: None for one that the wire can carry. Raises Misconfigured, Unreachable.
    """
    chosen, why = speed_of(lived, now) if speed is None else (speed, "asked for")
    if chosen <= 0:
        raise Misconfigured(f"on_the_wire: speed {chosen:g} must be greater than 0")
    with (
        tempfile.TemporaryDirectory(prefix="linetwin-wire-", ignore_cleanup_errors=True) as folder,
        embedded_broker(Path(folder)) as broker,
        LoopThread("on-the-wire") as loop,
        loop.inside(_served(simulator, run, plant, lived, ScaledClock(now, chosen), Path(folder), broker, why)) as wire,
    ):
        yield wire


def speed_of(lived: Columns, now: int) -> tuple[float, str]:
    """(speed, why): as many plant-seconds a second as the rows of the last minutes let through."""
    times = lived[1]
    span = min(MEASURED, now - int(times[0])) if len(times) else 0
    rate = int((times >= now - span).sum()) * SECOND / span if span else 0.0
    carried = WIRE_ROWS_PER_S / rate if rate else FASTEST
    speed = min(FASTEST, round(carried, 1 if carried < 10 else None))
    figures = (
        f"{rate:.0f} rows a plant-second in the last {span / MINUTE:.0f} min, {WIRE_ROWS_PER_S} rows/s on the wire"
    )
    bound = f"at most {FASTEST:g}, for the sake of the protocols' time-outs"
    return max(0.1, speed), f"{figures}: {carried:.1f} times real time{'; ' + bound if carried > FASTEST else ''}"


@asynccontextmanager
async def _served(
    simulator: str,
    run: SimulatedRun,
    plant: Plant,
    lived: Columns,
    clock: ScaledClock,
    folder: Path,
    broker: str,
    why: str,
) -> AsyncGenerator[OnTheWire]:
    data = folder / "data"
    data.mkdir()
    await asyncio.to_thread(keep_past, plant.path, data, clock, lived)
    with socket.create_server((LOCAL, 0)) as listening:
        url = f"http://{LOCAL}:{listening.getsockname()[1]}"
        async with run.serve(clock, mqtt=broker) as addresses:
            led = led_to(plant, simulator, addresses, clock.speed)
            async with open_twin(led, data, clock, url=url) as twin, _api(twin, listening):
                await _connected(twin)
                clock.release()  # the line goes on where its past ends, once all its values are watched
                servers = {name: str(to) for name, to in addresses.items() if str(to).startswith("opc.tcp")}
                first = next(iter(servers.values()), "")
                mqtt = str(addresses.get("mqtt", f"mqtt://{broker}"))
                yield OnTheWire(first, mqtt, url, clock.speed, why, servers, led, clock)


def led_to(plant: Plant, simulator: str, addresses: dict[str, Any], speed: float) -> Plant:
    """The plant with the addresses that were opened in place of those that the line's own plant file names."""
    known = plugins.connectors()
    line = plugins.line(simulator)
    usual = load(line.plant_file({}), simulator, known, {}).connections
    opened = load(line.plant_file(addresses), simulator, known, {}).connections
    moved = {spec.url: opened[id_].url for id_, spec in usual.items()}
    wait = int(max(1.0, speed) * SECOND)
    strangers = [f"{id_} ({spec.url})" for id_, spec in plant.connections.items() if spec.url not in moved]
    if strangers:
        raise Misconfigured(
            f"on_the_wire: {simulator} does not serve {', '.join(strangers)}; the plant file reaches it at "
            f"{', '.join(moved)}"
        )
    led = {i: replace(s, url=moved[s.url], wait=max(s.wait, wait)) for i, s in plant.connections.items()}
    return replace(plant, connections=led)


@asynccontextmanager
async def _api(twin: Twin, listening: socket.socket) -> AsyncGenerator[None]:
    """The twin's API on a socket that is ours already."""
    server = uvicorn.Server(server_config(create_app(twin, Access()), LOCAL, 0))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        if serving.done():
            serving.result()
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await serving


async def _connected(twin: Twin) -> None:
    view = twin.live()
    try:
        async with asyncio.timeout(LONGEST_START_S):
            while not all(report.state == "up" for report in twin.reports.values()):
                view = await twin.next_view(view.number)
    except TimeoutError:
        told = ", ".join(f"{one.id} {one.state} {one.cause}" for one in twin.reports.values())
        raise Unreachable(f"on_the_wire: the twin did not connect within {LONGEST_START_S:g} s: {told}") from None
