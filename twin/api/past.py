"""The plant at a past instant, for routes: which instant may be asked for, and the view of it."""

from __future__ import annotations

import asyncio

from twin.api.moment import moment
from twin.api.problem import not_found, unprocessable
from twin.core.instant import FAR_FUTURE, to_text
from twin.runtime.live import LiveView
from twin.runtime.twin import Twin


async def seen(
    twin: Twin, heavy: asyncio.Semaphore, at: str | None, known_at: str | None, told: bool = True
) -> tuple[LiveView, int]:
    """(view, known) of a request: as of `at` or now, as it was known at `known_at` or is now. Raises a problem.

    told: with all its provisional records.
    """
    if at is None and known_at is None:
        return twin.live(), FAR_FUTURE
    known = FAR_FUTURE if known_at is None else moment("known_at", known_at, twin.clock.now())
    return await _seen_at(twin, heavy, _shown_instant(twin, at, known), known, told), known


def known_text(known: int) -> str | None:
    """What an answer says of the knowledge that it is made from; None: of all there is."""
    return None if known == FAR_FUTURE else to_text(known)


async def _seen_at(twin: Twin, heavy: asyncio.Semaphore, instant: int, known: int, told: bool) -> LiveView:
    """The view of an instant, as it was known at `known`. Raises a problem when the log begins later."""
    first = await asyncio.to_thread(twin.reader.first)
    if first is None or instant < first:
        raise not_found(
            f"at {to_text(instant)}: the log begins at {'no time: it is empty' if first is None else to_text(first)}"
        )
    async with heavy:
        return await twin.at(instant, known, told)


def _shown_instant(twin: Twin, at: str | None, known: int) -> int:
    """The instant to show: at most now, and nothing later than what was known."""
    now = twin.live().as_of
    instant = now if at is None else moment("at", at, twin.clock.now())
    if at is not None and instant > now and at.strip() != "now":
        raise unprocessable(f"at {at} lies ahead; the twin shows what was and is (as of {to_text(now)})")
    return min(instant, known, now)
