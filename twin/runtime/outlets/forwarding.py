"""All outlets of a twin: begun with their cursors, woken by commits, and asked after by people."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from twin.core.event import OUTLET_DISCARDED, OUTLET_DROPPED, OUTLET_RETRIED, Event
from twin.core.instant import FAR_FUTURE, SECOND
from twin.core.plugin import OutletPlugin
from twin.core.ports import Clock, Outlet
from twin.core.tags import TagTable
from twin.model.outlets import matching_nothing
from twin.model.plant import Feed, Plant
from twin.runtime.live import Meaning
from twin.runtime.outlets.carrier import Carrier, Pace, Source
from twin.runtime.outlets.report import OutletReport
from twin.store.following import waiting
from twin.store.log import SqliteLog
from twin.store.outbox import FILE, Outbox, Standing
from twin.store.reader import LogReader

GRACE_S = 5.0
"""So long a piece that is on its way may take when the twin stops; then it comes again at the next start."""


@dataclass(frozen=True, slots=True)
class Means:
    """The plug-ins that outlets are built with, and how quick their carriers are."""

    plugins: Mapping[str, OutletPlugin]
    pace: Pace = field(default_factory=Pace)


class Forwarding:
    """The outlets of a plant file, each in a task of its own.

    An outlet that is new begins where its `from` says. One that is no more in the plant file keeps its cursor and holds
    nothing up; when it is there again, it goes on, and what the log forgot meanwhile is told.
    """

    def __init__(
        self,
        plant: Plant,
        log: SqliteLog,
        reader: LogReader,
        meaning: Meaning,
        clock: Clock,
        means: Means,
        keep: int | None = None,
        connect: bool = True,
        mend: Callable[[], bool] = lambda: False,
    ) -> None:
        feeds = plant.outlets if connect else {}
        self.plant = plant
        self.outbox = Outbox(log.folder, write=connect and (bool(feeds) or (log.folder / FILE).exists()))
        self._log = log
        self._reader = reader
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="outlets")
        self._back = self._begin() if connect and (log.folder / FILE).exists() else []
        source = Source(plant, log.tags, meaning, log, reader, self.outbox, clock, self._worker, means.pace, keep, mend)
        self._carriers = {
            id: Carrier(feed, partial(_built, means.plugins, feed, log.tags), source) for id, feed in feeds.items()
        }
        self._tasks: list[asyncio.Task[None]] = []

    def _begin(self) -> list[str]:
        """Cursors for all; outlets that were left out before and missed what the log has forgotten."""
        feeds = self.plant.outlets
        cursors = {id: self._log.last if feed.begin == "now" else 0 for id, feed in feeds.items()}
        back = self.outbox.begin({id: feed.was for id, feed in feeds.items()}, cursors)
        kept_from = self._reader.kept_from() or 0
        standings = self.outbox.standings()
        return [id for id, was_away in back.items() if was_away and standings[id].cursor < kept_from]

    async def start(self) -> None:
        """Begin to carry."""
        for id in self._back:
            body = {"from": self.outbox.standings()[id].cursor, "to": self._reader.kept_from(), "rows": None}
            cause = "it was not in the plant file when the log forgot them"
            await self._log.note(Event(self._clock.now(), OUTLET_DROPPED, id, {**body, "cause": cause}))
        for id, carrier in self._carriers.items():
            carrier.report.notices = matching_nothing(self.plant.outlets[id], self.plant, self._log.tags.names())
            self._tasks.append(asyncio.create_task(carrier.run(), name=f"outlet {id}"))

    def heard(self) -> None:
        """The log has more. For its writer's thread."""
        if self._carriers:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nothing is carried any more
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for carrier in self._carriers.values():
            carrier.heard()

    async def close(self) -> None:
        """Let what is on its way arrive, or give it up; the cursors are right either way."""
        for carrier in self._carriers.values():
            carrier.stop()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._worker.shutdown)
        self.outbox.close()

    # --- asked from outside ----------------------------------------------------------------------------------------

    def needed_from(self) -> int:
        """Entries recorded after this are still to be sent to somebody; FAR_FUTURE when nobody waits for anything.

        A twin that serves what is stored carries nothing, and forgets nothing that the next run will carry.
        """
        if self._carriers:
            return min(carrier.cursor for carrier in self._carriers.values())
        standings = self.outbox.standings()
        stored = [standings[id].cursor for id in self.plant.outlets if id in standings]
        return min(stored, default=FAR_FUTURE)

    def reports(self) -> Mapping[str, OutletReport]:
        """What is known of each link."""
        return {id: carrier.report for id, carrier in self._carriers.items()}

    def behind(self, id: str) -> tuple[int, float]:
        """Rows of the log that wait, about, and the age (s) of the oldest entry that does."""
        carrier = self._carriers.get(id)
        rows, first = waiting(self._reader, self.standing(id).cursor if carrier is None else carrier.cursor)
        return rows, 0.0 if first is None else max(0.0, (self._clock.now() - first) / SECOND)

    def standing(self, id: str) -> Standing:
        """Cursor and counters."""
        return self.outbox.standings().get(id, Standing(id, 0))

    async def retry(self, id: str, numbers: Sequence[int] | None, who: str) -> int:
        """Send refused rows again, all for None, and try a link that is down or stopped at once; how many rows."""
        rows = await self._changed(lambda: self.outbox.ask_again(id, numbers))
        if rows:
            await self._log.note(Event(self._clock.now(), OUTLET_RETRIED, id, {"rows": rows}, who))
        self._carriers[id].retry()
        return rows

    async def discard(self, id: str, numbers: Sequence[int] | None, who: str) -> int:
        """Give refused rows up, all for None; how many."""
        rows = await self._changed(lambda: self.outbox.forget(id, numbers))
        if rows:
            await self._log.note(Event(self._clock.now(), OUTLET_DISCARDED, id, {"rows": rows}, who))
        return rows

    async def _changed(self, change: Callable[[], int]) -> int:
        return await self._loop.run_in_executor(self._worker, change)


def _built(plugins: Mapping[str, OutletPlugin], feed: Feed, tags: TagTable) -> Outlet:
    return plugins[feed.spec.protocol].build(feed.spec, tags)
