"""`python -m benchmarks.rivals.asyncua_handler URL ITEMS SECONDS`: asyncua's documented handler, which counts."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import numpy as np
from asyncua import ua
from asyncua.client.client import Client

SETTLE_S = 1.0
A_CALL = 1000


class Handler:
    """Called for every value."""

    def __init__(self) -> None:
        self.seen: set[Any] = set()
        self.values = 0
        self.lags: list[float] = []

    def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        """One value: each hundredth tells its lag."""
        self.values += 1
        if self.values % 100 == 0:
            self.lags.append(time.time() - data.monitored_item.Value.SourceTimestamp.timestamp())
        if len(self.seen) < 5000:
            self.seen.add(node)


async def main(url: str, items: int, seconds: float) -> None:
    async with Client(url) as client:
        namespace = await client.get_namespace_index("urn:bench:plc")
        nodes = [client.get_node(f"ns={namespace};s=n{number}") for number in range(items)]
        handler = Handler()
        subscription = await client.create_subscription(100, handler)
        for first in range(0, items, A_CALL):
            part = nodes[first : first + A_CALL]
            await subscription.subscribe_data_change(part, queuesize=10, sampling_interval=ua.Duration(0.0))
        while len(handler.seen) < items:  # noqa: ASYNC110 - as a user would
            await asyncio.sleep(0.1)
        await asyncio.sleep(SETTLE_S)
        handler.values, handler.lags = 0, []
        cpu, begun = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        told = {
            "values": handler.values,
            "cpu_s": time.process_time() - cpu,
            "wall_s": time.monotonic() - begun,
            "lag_ms": [float(np.quantile(handler.lags, q)) * 1e3 for q in (0.5, 0.99)],
        }
        print(json.dumps(told), flush=True)
        sys.exit(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
