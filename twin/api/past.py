"""The plant at a past instant, for routes."""

from __future__ import annotations

import asyncio

from twin.api.problem import not_found
from twin.core.instant import to_text
from twin.runtime.live import LiveView
from twin.runtime.twin import Twin


async def seen_at(twin: Twin, heavy: asyncio.Semaphore, instant: int, known: int) -> LiveView:
    """The view of an instant, as it was known at `known`. Raises a problem when the log begins later."""
    first = await asyncio.to_thread(twin.reader.first)
    if first is None or instant < first:
        raise not_found(
            f"at {to_text(instant)}: the log begins at {'no time: it is empty' if first is None else to_text(first)}"
        )
    async with heavy:
        return await twin.at(instant, known)
