"""A twin of 2,000 tags that get a new value 5 times a second, behind its HTTP server: `python -m ... PORT FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import numpy as np
import uvicorn

from twin.api.access import Access
from twin.api.app import create_app
from twin.api.server import server_config
from twin.core.batch import batch
from twin.model.load import load
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin

MACHINES = 20
TAGS = 100
"""Of each machine."""
EVERY_S = 0.2

PLANT = f"""
linetwin: 1
plant: bench/plant
connections:
  gw: {{mqtt: "mqtt://127.0.0.1:1", wait: 0s}}
types:
  machine:
    tags:
      a[1..{TAGS}]: {{topic: "b/{{machine}}/{{i}}", value: $.v, unit: mm/s}}
lines:
  area/line1:
    machines:
      m[1..{MACHINES}]: {{type: machine, from: gw}}
"""


async def tick(twin: Twin) -> None:
    """A new value of every tag, five times a second."""
    paths = list(twin.plant.tags)
    ids = np.array([twin.tags.get(path) for path in paths], np.int32)
    value = np.random.default_rng(1).normal(20, 3, len(ids)).round(3)
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        value = (value + 0.001 * (np.arange(len(ids)) % 7 - 3)).round(3)
        await twin.append(batch("bench", ids, np.full(len(ids), twin.clock.now(), np.int64), value))
        due += EVERY_S
        await asyncio.sleep(max(0.0, due - loop.time()))


async def main(port: int, folder: Path) -> None:
    """Serve until Ctrl-C."""
    async with open_twin(load(PLANT, "bench", connectors(), {}), folder, WallClock(), connect=False) as twin:
        server = uvicorn.Server(server_config(create_app(twin, Access()), "127.0.0.1", port))
        ticking = asyncio.create_task(tick(twin))
        await server.serve()
        ticking.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
