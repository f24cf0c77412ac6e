"""LoopThread: an event loop in a thread of its own, for tests that have none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Self, TypeVar

Found = TypeVar("Found")


class LoopThread:
    """`with LoopThread() as loop: loop.call(work())`. Leaving cancels what still runs and closes the loop."""

    def __init__(self, name: str = "twin-testing") -> None:
        self._name = name

    def __enter__(self) -> Self:
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name=self._name, daemon=True)
        self._thread.start()
        started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def call(self, work: Coroutine[Any, Any, Found]) -> Found:
        """Run a coroutine there, and wait for what it gives or raises."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    @contextmanager
    def inside(self, block: AbstractAsyncContextManager[Found]) -> Generator[Found]:
        """An async block held open while the sync one runs. It is entered and left by one task, as many demand."""
        leave = asyncio.Event()
        entered: asyncio.Future[Found] = self.call(_future())
        holding = asyncio.run_coroutine_threadsafe(_hold(block, entered, leave), self._loop)
        try:
            yield self.call(_awaited(entered))
        finally:
            self._loop.call_soon_threadsafe(leave.set)
            holding.result()

    def _run(self, started: threading.Event) -> None:
        asyncio.run(self._stay(started))

    async def _stay(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        started.set()
        await self._end.wait()


async def _future() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


async def _awaited(future: asyncio.Future[Found]) -> Found:
    return await future


async def _hold(
    block: AbstractAsyncContextManager[Found], entered: asyncio.Future[Found], leave: asyncio.Event
) -> None:
    """Raises what leaving raises; what entering raises goes to who waits for it."""
    try:
        found = await block.__aenter__()
    except BaseException as error:
        entered.set_exception(error)
        return
    entered.set_result(found)
    try:
        await leave.wait()
    finally:
        await block.__aexit__(None, None, None)
