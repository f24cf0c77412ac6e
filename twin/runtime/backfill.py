"""Gaps are filled from a source's own history, beside the live values and never in their way.

One gap at a time, one piece in flight, each a batch like any other: late data heals by itself. What is stored stays;
a history only adds. A fault here ends an attempt, never the connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace

import numpy as np

from twin.core.batch import FROM_HISTORY, Batch
from twin.core.errors import LinetwinError, Misconfigured, StoreFailed, Unreachable
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, GAP, GAP_FILLED, RUN_STARTED, RUN_STOPPED, Event
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.ports import Backfillable, Clock, Log, Recovered
from twin.core.routing import HORIZON
from twin.runtime.gaps import Gaps, OpenGap, down_since, gap_of, left_open
from twin.runtime.intake import Intake
from twin.runtime.report import ConnectionReport
from twin.state.coverage import NOT_RUNNING
from twin.store.reader import LogReader

SETTLE_S = 1.0
"""A gap that has just ended is left alone for so long: the source's historian is about to write, too."""
FIRST_WAIT_S, LONGEST_WAIT_S, MOST_WAITS = 30.0, 600.0, 8
"""Pauses for a history that is behind; then what there is counts as all (about 40 min)."""
FIRST_RETRY_S, LONGEST_RETRY_S = 5.0, 300.0
"""Pauses after a link that failed; tried as long as late values count."""
MOST_FAULTS = 3
_OF_RUNS = (CONNECTION_UP, CONNECTION_LOST, RUN_STARTED, RUN_STOPPED)
MOST_EVENTS = 10_000
BEHIND = "the source's history ends before the gap does"
UNSAID = "the source said nothing of its history"
TOO_OLD = "older than the seven days in which late values count"

_log = logging.getLogger("linetwin")


@dataclass(slots=True)
class Gained:
    """What one attempt gave. rows: new ones; first: the least of their times, ns."""

    rows: int = 0
    first: int = FAR_FUTURE
    whole: set[int] = field(default_factory=set[int])
    refused: dict[int, str] = field(default_factory=dict[int, str])
    behind: dict[int, int] = field(default_factory=dict[int, int])

    def add(self, piece: Recovered) -> None:
        """What a piece says of tags."""
        self.whole.update(piece.complete)
        self.refused.update(piece.refused)
        self.behind.update(piece.behind)

    def by_cause(self) -> dict[str, list[int]]:
        """Refused tags by cause, in order."""
        return {cause: sorted(t for t, c in self.refused.items() if c == cause) for cause in set(self.refused.values())}


class Backfill:
    """Fills the gaps of one connection. run_ended: ns, the last sign of the run before, None for the first run.

    tags: the ids of the connection's tags as they are now.
    """

    def __init__(
        self,
        connector: Backfillable,
        tags: Callable[[], frozenset[int]],
        log: Log,
        reader: LogReader,
        report: ConnectionReport,
        clock: Clock,
        run_ended: int | None,
    ) -> None:
        self._connector = connector
        self._tags = tags
        self._log = log
        self._reader = reader
        self._report = report
        self._clock = clock
        self._run_ended = run_ended
        self._intake = Intake(report.id, clock)
        self._gaps = Gaps()
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def heard(self, event: Event) -> None:
        """An event of the connection; any thread."""
        if event.kind == GAP:
            with suppress(RuntimeError):  # the loop is closed: the log remembers it
                self._loop.call_soon_threadsafe(self._add, gap_of(event))

    def succeed(self, connector: Backfillable) -> None:
        """Ask another connector from now on; an attempt that is under way ends with the one it asked."""
        self._connector = connector

    def came_up(self) -> None:
        """The connection is up."""
        self._changed.set()

    async def run(self) -> None:
        """Fill gaps until cancelled."""
        while self._report.state != "up":
            await self._turned()
        await self._surely(self._tell_pause)
        await self._surely(self._remember)
        while True:
            gap = await self._due()
            try:
                await self._fill(gap)
            except StoreFailed:  # nothing was told; the source still has it
                self._again(gap)

    async def _surely(self, look: Callable[[], Awaitable[None]]) -> None:
        """Look into the log; when it cannot be read for long, gaps of now are filled all the same."""
        for pause in (FIRST_RETRY_S, LONGEST_RETRY_S, 0.0):
            try:
                return await look()
            except LinetwinError as error:
                _log.error("connection %s: gaps of the runs before are not known: %s", self._report.id, error)
            await asyncio.sleep(pause)

    def _add(self, gap: OpenGap) -> None:
        gap.due = self._loop.time() + SETTLE_S
        self._gaps.add(gap)
        self._changed.set()

    async def _turned(self, seconds: float | None = None) -> None:
        """Wait until something happens, or so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()

    async def _due(self) -> OpenGap:
        """The next gap to fill, once it is due and the connection is up."""
        while True:
            gap = self._gaps.next()
            if gap is None or self._report.state != "up":
                await self._turned()
            elif gap.due > self._loop.time():
                await self._turned(gap.due - self._loop.time())
            else:
                return gap

    async def _tell_pause(self) -> None:
        """The time in which the twin did not run is a gap of a source that keeps nothing for us."""
        if self._run_ended is None:
            return
        before = await asyncio.to_thread(self._reader.events, FAR_PAST, self._run_ended, _OF_RUNS, MOST_EVENTS)
        since = down_since((event for _, event in before), self._report.id, self._run_ended)
        if since is not None:
            now = self._clock.now()
            self._report.event(Event(now, GAP, self._report.id, {"from": since, "to": now, "cause": NOT_RUNNING}))

    async def _remember(self) -> None:
        """Gaps of the runs before that nobody has filled."""
        now = self._clock.now()
        found = await asyncio.to_thread(self._reader.events, now - HORIZON, now, (GAP, GAP_FILLED), MOST_EVENTS)
        told = [event for _, event in found]
        for gap in await asyncio.to_thread(left_open, told, self._report.id, self._tags()):
            self._add(gap)

    async def _fill(self, gap: OpenGap) -> None:
        """One attempt; then what is whole, and what there is no history of, is told."""
        wanted = self._tags() if gap.tags is None else gap.tags
        gained = Gained()
        start = min(max(gap.start, self._clock.now() - HORIZON), gap.end)
        if start < gap.end and wanted:
            await self._ask(gap, start, sorted(wanted), gained)
        settled = gained.whole | gained.refused.keys() if start < gap.end else wanted
        left = wanted - settled
        if gap.waits >= MOST_WAITS:
            settled = settled | gained.behind.keys()
            await self._tell_behind(gap, start, gained)
            left -= gained.behind.keys()
        elif settled and start < gap.end:
            # Histories are asked from a little before the gap: what a source had taken and not sent yet is missing too.
            await self._tell(min(start, gained.first), gap.end, gained.whole, gained.rows, gained.by_cause())
        if settled and gap.start < start:
            await self._tell(gap.start, start, set(), 0, {TOO_OLD: sorted(settled)})
        self._notice(gained)
        if not left:
            self._gaps.close(gap)
        elif settled:
            gap.tags = left

    async def _ask(self, gap: OpenGap, start: int, tags: list[int], gained: Gained) -> None:
        """Everything that the source has from `start` on goes into the log; when that fails, it is due again later."""
        try:
            async with aclosing(self._connector.recover(start, gap.end, tags)) as pieces:
                async for piece in pieces:
                    kept = None if piece.batch is None else await self._keep(piece.batch)
                    if kept is not None:
                        gained.rows += len(kept)
                        gained.first = min(gained.first, int(kept.time.min()))
                    gained.add(piece)
        except Unreachable as error:
            _log.info("connection %s: back-fill: %s; tried again", self._report.id, error)
            self._again(gap)
            return
        except StoreFailed:
            raise
        except Misconfigured as error:
            gained.refused |= dict.fromkeys(set(tags) - gained.whole, str(error))
            return
        except Exception as error:  # a fault in a connector's back-fill must not take its live values down
            _log.exception("connection %s: fault in its back-fill", self._report.id)
            self._again(gap)
            if gap.failures >= MOST_FAULTS:
                gained.refused |= dict.fromkeys(set(tags) - gained.whole, f"fault in the back-fill: {error!r}")
            return
        gap.failures = 0
        unsaid = set(tags) - gained.whole - gained.refused.keys() - gained.behind.keys()
        gained.refused |= dict.fromkeys(unsaid, UNSAID)  # else it would be asked again at once, for ever
        if gained.behind:
            gap.due = self._loop.time() + min(FIRST_WAIT_S * 2**gap.waits, LONGEST_WAIT_S)
            gap.waits += 1

    def _again(self, gap: OpenGap) -> None:
        gap.due = self._loop.time() + min(FIRST_RETRY_S * 2 ** min(gap.failures, 10), LONGEST_RETRY_S)
        gap.failures += 1

    async def _keep(self, piece: Batch) -> Batch | None:
        """Make the rows durable of which the log has none of that tag and time; gives those."""
        known = await asyncio.to_thread(self._is_stored, piece)
        if known.all():
            return None
        new = replace(piece.take(~known), source=f"{self._report.id}{FROM_HISTORY}")
        admitted, _ = self._intake.admit(new)
        await self._log.append(admitted)
        self._report.count("filled", len(admitted))
        return admitted

    def _is_stored(self, piece: Batch) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which rows of a piece have their tag and time in the log."""
        tags = np.unique(piece.tag)
        start, end = int(piece.time.min()), int(piece.time.max()) + 1
        stored = self._reader.read_tags(tags, start, end, self._reader.last()).samples
        there = set(zip(stored.tag.tolist(), stored.time.tolist(), strict=True))
        rows = zip(piece.tag.tolist(), piece.time.tolist(), strict=True)
        return np.fromiter((row in there for row in rows), np.bool_, len(piece))

    async def _tell(self, start: int, end: int, whole: set[int], rows: int, refused: Mapping[str, list[int]]) -> None:
        body = {"from": start, "to": end, "tags": sorted(whole), "rows": rows, "refused": dict(refused)}
        await self._log.note(Event(self._clock.now(), GAP_FILLED, self._report.id, body))

    async def _tell_behind(self, gap: OpenGap, start: int, gained: Gained) -> None:
        """The history does not come on: tags are whole up to where it ends, and the rest of the gap stays."""
        for end in sorted({end for end in gained.behind.values() if start < end < gap.end}):
            await self._tell(start, end, {tag for tag, at in gained.behind.items() if at == end}, 0, {})
        gained.refused |= dict.fromkeys(gained.behind, BEHIND)
        await self._tell(start, gap.end, gained.whole, gained.rows, gained.by_cause())

    def _notice(self, gained: Gained) -> None:
        """A source without any history is told of once, and when that is over."""
        if gained.whole or gained.rows:
            self._report.notice("history", "")
        elif gained.refused and not gained.behind:
            causes = sorted(set(gained.refused.values()))
            self._report.notice("history", f"a gap stays: {causes[0]}")
