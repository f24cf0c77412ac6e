"""Carries the log to one outlet: piece by piece, in order, the cursor behind what the other side has for good."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from twin.core.errors import Corrupt, Misconfigured, StoreFailed, Unreachable
from twin.core.event import OUTLET_DROPPED, Event
from twin.core.history import Slice
from twin.core.instant import FAR_PAST, MINUTE, SECOND
from twin.core.ports import Clock, Outlet, Refusal, Sender
from twin.core.tags import TagTable
from twin.model.globs import takes
from twin.model.plant import Feed, Plant
from twin.runtime.live import Meaning
from twin.runtime.outlets.bound import Bound
from twin.runtime.outlets.report import OutletReport
from twin.runtime.outlets.retry import Again
from twin.runtime.outlets.stretch import PIECE, STRETCH, Piece, Wanted, pieces, stretch
from twin.store.log import SqliteLog
from twin.store.outbox import Held, Outbox
from twin.store.reader import LogReader

T = TypeVar("T")

_log = logging.getLogger("linetwin")


@dataclass(frozen=True, slots=True)
class Pace:
    """How quick a carrier is. first_s, longest_s: pauses after failures. linger_s: live rows are gathered for so long.

    stalled_s: a `send` that takes longer is given up. look_s: how often the bound is looked at while nothing goes.
    piece, stretch: rows of one `send`, of one read.
    """

    first_s: float = 0.2
    longest_s: float = 30.0
    linger_s: float = 0.25
    stalled_s: float = 300.0
    look_s: float = 60.0
    piece: int = PIECE
    stretch: int = STRETCH


@dataclass(frozen=True, slots=True)
class Source:
    """What all carriers of a twin share. worker: one thread for their reads and their cursors, so that however many
    drain, live data has the machine to itself but for that one. mend: puts damaged entries of the log aside; whether
    there were any.
    """

    plant: Plant
    tags: TagTable
    meaning: Meaning
    log: SqliteLog
    reader: LogReader
    outbox: Outbox
    clock: Clock
    worker: Executor
    pace: Pace
    keep: int | None
    mend: Callable[[], bool]


class Carrier:
    """Runs one outlet until it is told to stop. It alone retries; outlets never do.

    Unreachable: again, after a pause that doubles up to 30 s, with jitter, and not before the other side asked for it.
    Misconfigured: stopped until somebody asks for a retry or the twin starts anew; the bound of what waits still holds.
    """

    def __init__(self, feed: Feed, build: Callable[[], Outlet], source: Source) -> None:
        self._feed = feed
        self._id = feed.spec.id
        self._build = build
        self._of = source
        self._meaning = None if feed.wire else source.meaning
        self._wanted = Wanted(source.tags, takes(feed.tags, source.plant.path))
        self._bound = Bound(feed, source.keep, source.outbox, source.reader, source.clock)
        self._again = Again(self._id, source, self._meaning)
        self.report = OutletReport(self._id, feed.spec.protocol, feed.spec.url, source.clock)
        self.cursor = source.outbox.standings()[self._id].cursor
        self._outlet: Outlet | None = None
        self._failures = 0
        self._refused_told = FAR_PAST
        self._wake = asyncio.Event()
        self._nudged = asyncio.Event()
        self._closing = False

    def heard(self) -> None:
        """The log has more."""
        self._wake.set()

    def retry(self) -> None:
        """Do not wait any longer: try now."""
        self._nudged.set()
        self._wake.set()

    def stop(self) -> None:
        """Come to an end after the piece that is on its way."""
        self._closing = True
        self.retry()

    async def run(self) -> None:
        """Carry until stopped or cancelled."""
        while not self._closing:
            after = 0.0
            try:
                await self._session()
                continue
            except Misconfigured as error:
                self._turned("stopped", str(error))
                await self._stand_by()
                continue
            except TimeoutError:
                self._turned("down", f"no answer in {self._of.pace.stalled_s:g} s")
            except Unreachable as error:
                after = error.retry_after
                self._turned("down", str(error))
            except Corrupt as error:
                self._turned("down", str(error))
                if await self._mended():
                    continue
            except StoreFailed as error:
                self._turned("down", str(error))
            except Exception as error:  # the one place: a fault in an outlet must not take its neighbours down
                _log.exception("outlet %s: fault in it", self._id)
                self._turned("down", f"fault in the outlet: {error!r}")
            await self._pause(after)

    async def _session(self) -> None:
        self.report.attempts += 1
        await self._enforce()
        if self._outlet is None:
            self._outlet = self._build()
        async with self._outlet.open() as sender:
            await self._carry(sender)

    async def _carry(self, sender: Sender) -> None:
        while not self._closing:
            self._wake.clear()
            if await self._in_thread(self._again.look):
                await self._again.send(sender, self._sent_in_time)
            await self._enforce()
            found = await self._in_thread(self._next)
            if found is None:
                self._up()
                await self._wake.wait()
                with suppress(TimeoutError):  # what comes in a moment goes along
                    await asyncio.wait_for(self._nudged.wait(), self._of.pace.linger_s)
                self._nudged.clear()
                continue
            for piece in pieces(*found, self._of.pace.piece):
                if self._closing:
                    return
                await self._send(sender, piece)

    def _next(self) -> tuple[int, Slice] | None:
        """What is durable behind the cursor. The log's own `last` may be of a commit that is still under way."""
        last = self._of.reader.last()
        if last <= self.cursor:
            return None
        return stretch(self._of.reader, self.cursor, last, self._wanted, self._of.pace.stretch)

    async def _send(self, sender: Sender, piece: Piece) -> None:
        refused: Sequence[Held] = ()
        if len(piece.rows) or piece.events:
            answer = await self._sent_in_time(sender, piece)
            refused = held(piece, answer, self._of.clock.now())
        before = self.cursor
        lost = await self._in_thread(lambda: self._of.outbox.moved(self._id, piece.until, piece.rows, refused))
        self.cursor = piece.until
        if lost:
            body = {"from": before, "to": self.cursor, "rows": lost, "cause": "refused, and the quarantine is full"}
            await self._of.log.note(Event(self._of.clock.now(), OUTLET_DROPPED, self._id, body))
        self.report.sent(len(piece.rows) - len(refused))
        self._up()
        self._tell_refused(refused)

    async def _sent_in_time(self, sender: Sender, piece: Piece) -> Sequence[Refusal]:
        async with asyncio.timeout(self._of.pace.stalled_s):
            return await sender.send(piece.given(self._meaning))

    async def _enforce(self) -> None:
        """The bound of what waits; an event for what is left out, at most one for each look."""
        self.cursor = await self._in_thread(lambda: self._bound.enforce(self.cursor, self._wanted))
        standing = (await self._in_thread(self._of.outbox.standings))[self._id]
        rows = standing.dropped - standing.told
        if rows:
            bounded = self._feed.most_rows or self._feed.most_age
            cause = "more waited than `most` allows" if bounded else "waited until retention went on without it"
            body = {"from": standing.gap, "to": standing.cursor, "rows": rows, "cause": cause}
            await self._of.log.note(Event(self._of.clock.now(), OUTLET_DROPPED, self._id, body))
            await self._in_thread(lambda: self._of.outbox.told(self._id, rows))
            _log.warning("outlet %s: %d rows dropped: %s", self._id, rows, cause)

    async def _mended(self) -> bool:
        """Whether the log had damaged entries, which are out of the way now."""
        with suppress(StoreFailed):  # a full disk, or somebody else is at it: after the pause
            return await self._in_thread(self._of.mend)
        return False

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._of.worker, call)

    # --- the link ------------------------------------------------------------------------------------------------

    def _up(self) -> None:
        self._failures = 0
        self.report.next_attempt = None
        if self.report.turned("up"):
            _log.info("outlet %s: up (%s)", self._id, self.report.protocol)

    def _tell_refused(self, refused: Sequence[Held]) -> None:
        """A line in the log, at most one a minute: a link that is up and takes nothing looks well."""
        now = self._of.clock.now()
        if refused and now - self._refused_told >= MINUTE:
            self._refused_told = now
            cause = refused[0].cause
            _log.warning("outlet %s: rows are refused, see twin outlet quarantine %s: %s", self._id, self._id, cause)

    def _turned(self, state: str, cause: str) -> None:
        cause = cause.removeprefix(f"outlet {self._id}: ")
        if self.report.turned(state, cause):
            _log.warning("outlet %s: %s", self._id, cause)

    async def _pause(self, asked_s: float) -> None:
        """Until the next attempt. The bound is looked at first thing then."""
        pace = self._of.pace
        pause = min(pace.first_s * 2**self._failures, pace.longest_s) * random.uniform(0.7, 1.3)  # noqa: S311 - jitter
        pause = max(pause, asked_s)
        self._failures = min(self._failures + 1, 10)
        self.report.next_attempt = self._of.clock.now() + int(pause * SECOND)
        await self._nudge_within(pause)

    async def _stand_by(self) -> None:
        """Nothing is tried until somebody asks for it; what waits stays within its bound."""
        self.report.next_attempt = None
        self._outlet = None
        while not await self._nudge_within(self._of.pace.look_s):
            with suppress(StoreFailed):  # a full disk: the next look
                await self._enforce()

    async def _nudge_within(self, pause: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._nudged.wait(), pause)
        found = self._nudged.is_set()
        self._nudged.clear()
        return found


def held(piece: Piece, refused: Sequence[Refusal], now: int) -> list[Held]:
    """The rows that were refused, as the log has them. Raises Unreachable for one that was never sent."""
    if not refused:
        return []
    s = piece.rows
    place = {key: i for i, key in enumerate(zip(s.recorded.tolist(), s.tag.tolist(), s.time.tolist(), strict=True))}
    found: list[Held] = []
    for one in refused:
        i = place.get((one.recorded, one.tag, one.time))
        if i is None:
            raise Unreachable(f"refused a row that it did not get: tag {one.tag} at {one.time}")
        text = None if s.text is None else s.text[i]
        row = (one.recorded, one.tag, one.time, float(s.value[i]), int(s.status[i]), text, one.cause, now)
        found.append(Held(0, *row))
    return found
