"""A process that forwards and is killed: `python -m tests.wire.influx.forwarder URL BUCKET CURSOR LAST`.

It does with pieces what the runtime does: send, and when that returned make the cursor durable; begin at the cursor.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.wire.influx.sides import outlet_to
from twin.core.tags import TagTable
from twin.testing.outlets import OUTLET_TAGS, numbers

STEP = 20
"""Entries in a piece."""


def entries_before(cursor: Path) -> int:
    """Entries that the other side has for good, as far as this process knows."""
    return int(cursor.read_text()) if cursor.exists() else 0


def remember(cursor: Path, entries: int) -> None:
    with cursor.with_suffix(".new").open("w", encoding="utf-8") as file:
        file.write(str(entries))
        file.flush()
        os.fsync(file.fileno())
    cursor.with_suffix(".new").replace(cursor)


async def forward(url: str, bucket: str, cursor: Path, last: int) -> None:
    table = TagTable()
    table.ids_of(OUTLET_TAGS)
    async with outlet_to(url, table, bucket=bucket).open() as sender:
        for first in range(entries_before(cursor), last, STEP):
            assert await sender.send(numbers(first, first + STEP)) == []
            remember(cursor, first + STEP)


if __name__ == "__main__":
    asyncio.run(forward(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
