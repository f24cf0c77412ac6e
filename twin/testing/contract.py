"""A contract as sentences: a kit runs its clauses one by one and names the one that is broken."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any

from twin.core.errors import LinetwinError

PATIENCE_S = 20.0
"""How long a kit waits for what must come; a busy machine is no breach."""


class ContractBroken(AssertionError):
    """A clause does not hold. The text is the clause, then what was seen."""


@contextmanager
def clause(sentence: str) -> Generator[None]:
    """What must hold inside. Whatever is raised there breaks this clause."""
    try:
        yield
    except ContractBroken:
        raise
    except TimeoutError as error:
        raise ContractBroken(f"{sentence}: {error or f'nothing came for {PATIENCE_S:g} s'}") from error
    except (AssertionError, LinetwinError) as error:
        raise ContractBroken(f"{sentence}: {error}") from error
    except Exception as error:  # whatever it is: what a third party wrote broke this clause, and is told so
        raise ContractBroken(f"{sentence}: {type(error).__name__}: {error}") from error


def require(holds: object, seen: str) -> None:
    """Break the clause around, with what was seen."""
    if not holds:
        raise AssertionError(seen)


def shown(items: object, most: int = 160) -> str:
    """A value for people, cut when it is long."""
    text = repr(items)
    return text if len(text) <= most else f"{text[:most]}..."


_WATCHED: ContextVar[bool] = ContextVar("_WATCHED", default=False)
"""Inherited by every task that a watched one begins, and not by those of a source that began before."""


@asynccontextmanager
async def nothing_left() -> AsyncGenerator[None]:
    """Tasks and threads that began inside have ended when the block ends, or soon after.

    A source in the same loop may go on: what counts is what was begun by the block, not beside it.
    """
    loop, threads = asyncio.get_running_loop(), set(threading.enumerate())
    begun: set[asyncio.Task[Any]] = set()

    def begin(loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> asyncio.Task[Any]:
        task = asyncio.Task(work, loop=loop, **more)
        if _WATCHED.get():
            begun.add(task)
        return task

    before, watched = loop.get_task_factory(), _WATCHED.set(True)
    loop.set_task_factory(begin)
    try:
        yield
    finally:
        loop.set_task_factory(before)
        _WATCHED.reset(watched)
    left: list[str] = []
    for _ in range(200):
        left = [f"task {one.get_name()} ({one.get_coro()})" for one in begun if not one.done()]
        left += [f"thread {one.name}" for one in threading.enumerate() if one not in threads and not _pooled(one)]
        if not left:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"still there: {', '.join(left)}")


def _pooled(thread: threading.Thread) -> bool:
    """A worker of the loop's own pool, which lives as long as the loop."""
    return thread.name.startswith("asyncio_")
