"""Keeps one connection alive: opens it, carries its batches into the log, waits longer after each failure."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from twin.core.batch import Batch
from twin.core.errors import Misconfigured, StoreFailed, Unreachable
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.instant import SECOND
from twin.core.ports import Clock, Connector, Log
from twin.runtime.intake import Intake
from twin.runtime.report import ConnectionReport

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 30.0
QUICK_FOR_S, QUICK_PAUSE_S = 60.0, 1.0
"""A peer that was up a moment ago is probably restarting: for a minute it is tried about once a second."""
UP_AFTER_S = 1.0
"""A connection that opened counts as up when its first batch is durable, or after this when there is nothing new."""

_log = logging.getLogger("linetwin")


class Supervisor:
    """Runs one connector until cancelled. It alone retries; connectors never do.

    Unreachable: again, after a pause that doubles up to 30 s (1 s in the minute after it was up), with jitter.
    Misconfigured: stopped, the setting shown.
    StoreFailed: nothing was acknowledged, so the source keeps it; again like Unreachable.
    """

    def __init__(
        self,
        connector: Connector,
        log: Log,
        report: ConnectionReport,
        clock: Clock,
        on_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._connector = connector
        self._on_up = on_up
        self._log = log
        self._report = report
        self._clock = clock
        self._intake = Intake(report.id, clock)
        self._failures = 0
        self._lost_at: float | None = None
        self._entered = False
        """Whether the connector was open since the last loss that was told: it may have said what it covers."""
        self._untold: list[Event] = []
        """The first and the last loss that a full disk kept out of the log; they are told before the return is."""
        self._turning = asyncio.Lock()
        self._tried = asyncio.Event()
        self._is_leaving = False

    def leave(self) -> None:
        """Another connector takes this link over: what ends this one from now on is no loss."""
        self._is_leaving = True

    async def opened(self, most_s: float) -> bool:
        """Wait until the connector was open once or failed to, at most so long; whether it is open."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._tried.wait(), most_s)
        return self._entered

    async def run(self) -> None:
        """Carry batches until cancelled, or until a setting must be changed."""
        while not self._is_leaving:
            try:
                await self._session()
            except Misconfigured as error:
                await self._lost(str(error), "stopped")
                return
            except (Unreachable, StoreFailed) as error:
                await self._lost(str(error), "down")
            except Exception as error:  # the one place: a fault in a connector must not take its neighbours down
                _log.exception("connection %s: fault in its connector", self._report.id)
                await self._lost(f"fault in the connector: {error!r}", "down")
            _end_if_cancelled()
            if not self._is_leaving:
                await self._pause()

    async def _session(self) -> None:
        self._report.attempts += 1
        async with self._connector.open() as batches:
            self._entered = True
            self._tried.set()
            self._report.alive()
            up = asyncio.create_task(self._up_soon())
            try:
                await self._forward(batches)
            finally:
                up.cancel()

    async def _forward(self, batches: AsyncIterator[Batch]) -> None:
        async for batch in batches:
            self._report.arrived(batch.time)
            admitted, event = self._intake.admit(batch)
            if event is not None:
                self._report.event(event)
            await self._log.append(admitted)
            self._report.flowed(admitted.time)
            self._report.counters.update(self._intake.counters)
            self._intake.counters.clear()
            await self._up()
        raise Unreachable("the source ended")

    async def _up_soon(self) -> None:
        await asyncio.sleep(UP_AFTER_S)
        with suppress(StoreFailed):  # the next batch meets the same disk and is not acknowledged
            await self._up()

    async def _up(self) -> None:
        async with self._turning:
            if self._report.state == "up":
                return
            await self._tell_loss()
            up = Event(self._clock.now(), CONNECTION_UP, self._report.id, {"attempt": self._report.attempts})
            self._report.alive_at = max(self._report.alive_at, up.time)  # a loss is never dated before it
            await self._log.note(up)
            self._failures = 0
            self._report.next_attempt = None
            if self._lost_at is not None:
                self._report.count("reconnects")
            self._report.turned("up")
            self._on_up()
            _log.info("connection %s: up (%s)", self._report.id, self._report.url)

    async def _lost(self, cause: str, state: str) -> None:
        """Log once when lost, and once when it is not tried any more; else only the counter of attempts moves.

        The log is told of a link too that was lost before it counted as up: what it covered for a moment ends.
        """
        self._tried.set()
        if self._is_leaving:
            return
        cause = cause.removeprefix(f"connection {self._report.id}: ")  # said by whoever shows it
        first = self._report.state in {"up", "connecting"}
        if self._report.state == "up":
            self._lost_at = asyncio.get_running_loop().time()
        entered, self._entered = self._entered, False
        self._report.cause = cause
        if first or state == "stopped":
            self._report.turned(state, cause)
            _log.warning("connection %s: %s", self._report.id, cause)
        if not (first or entered):
            return
        time = self._report.alive_at if entered else self._clock.now()
        self._untold = [*self._untold[:1], Event(time, CONNECTION_LOST, self._report.id, {"cause": cause})]
        with suppress(StoreFailed):
            await self._tell_loss()

    async def _tell_loss(self) -> None:
        while self._untold:
            await self._log.note(self._untold[0])
            self._untold = self._untold[1:]

    def _longest_s(self) -> float:
        """The longest pause of now."""
        since_s = None if self._lost_at is None else asyncio.get_running_loop().time() - self._lost_at
        return LONGEST_PAUSE_S if since_s is None or since_s > QUICK_FOR_S else QUICK_PAUSE_S

    async def _pause(self) -> None:
        pause = min(FIRST_PAUSE_S * 2**self._failures, self._longest_s()) * random.uniform(0.7, 1.3)  # noqa: S311 - jitter
        self._failures = min(self._failures + 1, 10)
        self._report.next_attempt = self._clock.now() + int(pause * SECOND)
        await asyncio.sleep(pause)


def _end_if_cancelled() -> None:
    """A link that fails just as its task is told to end may swallow the order: then the pause would never end."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
