"""What a first script does: for each viewer, each time, encode all 2,000 tags and send: `python -m ... PORT`."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from benchmarks.sources.many_tags import EVERY_S, MACHINES, TAGS

PATHS = [f"bench/plant/area/line1/m{m + 1}/a{t + 1}" for m in range(MACHINES) for t in range(TAGS)]
values = {path: random.gauss(20, 3) for path in PATHS}


def message(seq: int) -> dict[str, Any]:
    """All tags as they are now."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    entries = {
        path: {"value": round(value, 3), "status": "Good", "quality": "good", "time": now, "stale": False}
        for path, value in values.items()
    }
    return {"type": "delta", "seq": seq, "as_of": now, "tags": entries}


async def viewer(socket: ServerConnection) -> None:
    """Send to one viewer until it goes."""
    await socket.recv()
    seq = 0
    while True:
        seq += 1
        for path in values:
            values[path] += 0.001
        await socket.send(json.dumps(message(seq)))
        await asyncio.sleep(EVERY_S)


async def main(port: int) -> None:
    """Serve until Ctrl-C."""
    async with serve(viewer, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
