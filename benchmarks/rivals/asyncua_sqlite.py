"""`python -m benchmarks.rivals.asyncua_sqlite URL FILE`: asyncua's documented handler, a commit a second to SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from typing import Any

from asyncua import ua
from asyncua.client.client import Client

from benchmarks.plant import NAMES


class Handler:
    """Called for every value."""

    def __init__(self, tag_of: dict[Any, int]) -> None:
        self.tag_of = tag_of
        self.rows: list[tuple[int, float, float, int]] = []

    def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        """One value: its tag, source time, number and status."""
        change = data.monitored_item.Value
        self.rows.append((self.tag_of[node], change.SourceTimestamp.timestamp(), value, change.StatusCode.value))

    def status_change_notification(self, status: Any) -> None:
        """The subscription ended."""


def store(file: sqlite3.Connection, rows: list[tuple[int, float, float, int]]) -> None:
    with file:
        file.executemany("INSERT INTO sample VALUES (?, ?, ?, ?)", rows)


async def main(url: str, path: str) -> None:
    file = sqlite3.connect(path, check_same_thread=False)
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = FULL")
    file.execute("CREATE TABLE IF NOT EXISTS sample (tag INTEGER, time REAL, value REAL, status INTEGER)")
    async with Client(url) as client:
        namespace = await client.get_namespace_index("urn:bench:plc")
        nodes = [client.get_node(f"ns={namespace};s={name.replace('/', '.')}") for name in NAMES]
        handler = Handler({node: tag for tag, node in enumerate(nodes)})
        subscription = await client.create_subscription(100, handler)
        await subscription.subscribe_data_change(nodes, queuesize=50, sampling_interval=ua.Duration(0.0))
        while True:
            await asyncio.sleep(1)
            rows, handler.rows = handler.rows, []
            await asyncio.to_thread(store, file, rows)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
