"""How much costly work runs at once: reads of long spans and of past states wait for each other, live ones do not."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Literal, TypeVar, cast

from fastapi import Depends
from starlette.requests import HTTPConnection, Request
from starlette.types import Receive

from twin.api.problem import Problem, too_much

AT_ONCE = 2
MOST_WAITING = 50
"""So many costly reads may wait for their turn."""
LONGEST_S = 60.0
"""A costly read may take so long."""

Found = TypeVar("Found")


class Turns(asyncio.Semaphore):
    """Costly reads one after the other, some at once; one too many is told to come again."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        super().__init__(at_once)
        self._most_waiting = most_waiting
        self._waiting = 0

    async def acquire(self) -> Literal[True]:
        """Wait for a turn. Raises a problem (503) where too many wait already."""
        if self._waiting >= self._most_waiting:
            raise busy(f"{self._waiting} costly reads wait for their turn already; try again in 5 s", 5)
        self._waiting += 1
        try:
            return await super().acquire()
        finally:
            self._waiting -= 1


def busy(detail: str, retry_after_s: int) -> Problem:
    """So much is done already that this must wait."""
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": str(retry_after_s)})


class Gone(Exception):
    """Nobody waits for the answer any more."""


class Work:
    """A costly read in a thread of its own, that looks from time to time whether it should go on."""

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._longest_s = longest_s
        self._until = time.monotonic() + longest_s
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Nobody waits any more. For any thread."""
        self._stopped.set()

    def look(self) -> None:
        """Called between pieces. Raises Gone, or a problem when it took too long."""
        if self._stopped.is_set():
            raise Gone
        if time.monotonic() > self._until:
            raise too_much(
                f"it took longer than {self._longest_s:.0f} s; ask for a shorter span or fewer tags, "
                "or for format=csv, parquet or arrow, which have no limit"
            )


async def worked(request: Request, turns: Turns, do: Callable[[Work], Found]) -> Found:
    """What a costly read gives, done in its turn and in a thread. When the client goes away it stops at its next look.

    Raises what it raises, and Gone.
    """
    gone = asyncio.ensure_future(disconnected(request.receive))
    done = asyncio.ensure_future(_in_turn(turns, do, gone))
    try:
        await asyncio.wait({done, gone}, return_when=asyncio.FIRST_COMPLETED)
        return await done
    finally:
        gone.cancel()


async def _in_turn(turns: Turns, do: Callable[[Work], Found], gone: asyncio.Future[None]) -> Found:
    async with turns:
        work = Work()
        gone.add_done_callback(lambda _: work.stop())
        return await asyncio.to_thread(do, work)


async def disconnected(receive: Receive) -> None:
    """Returns when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _heavy(connection: HTTPConnection) -> Turns:
    return cast(Turns, connection.app.state.heavy)


Heavy = Annotated[Turns, Depends(_heavy)]
"""Hold it while a costly read runs."""
