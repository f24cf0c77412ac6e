"""The composition root: a data folder, a plant, its connectors and its folds, running together."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from twin.core.batch import Batch
from twin.core.errors import StoreFailed
from twin.core.event import CONNECTION_LOST, RUN_STARTED, RUN_STOPPED, Event
from twin.core.history import Correction
from twin.core.instant import FAR_FUTURE, FAR_PAST, to_text
from twin.core.ports import Clock
from twin.core.tags import TagTable
from twin.model.plant import Plant
from twin.runtime.folding import Folding, Folds
from twin.runtime.intake import Intake
from twin.runtime.learning import keep_learning
from twin.runtime.live import LiveView
from twin.runtime.loading import ModelInForce, in_force, tell_if_new, tell_loaded, try_load
from twin.runtime.models import Models
from twin.runtime.outlets.forwarding import Forwarding, Means
from twin.runtime.outward import Outward
from twin.runtime.plugins import outlets
from twin.runtime.renaming import check_types
from twin.runtime.report import ConnectionReport
from twin.runtime.retention import groups_of
from twin.runtime.sealing import Sealing, put_aside
from twin.runtime.thinning import thinning_rules
from twin.runtime.writing import Writing
from twin.state.coverage import NOT_RUNNING
from twin.store.lock import writer_lock
from twin.store.log import Entry, SqliteLog
from twin.store.reader import LogReader

_log = logging.getLogger("linetwin")


class Twin:
    """One running plant. Everything outside (API, commands) goes through this."""

    def __init__(
        self,
        model: ModelInForce,
        clock: Clock,
        log: SqliteLog,
        reader: LogReader,
        folding: Folding,
        sealing: Sealing,
        outward: Outward,
    ) -> None:
        self._take(model)
        self.clock = clock
        self.folder = log.folder
        self.reader = reader
        self.pasts = [model.past]
        """Reads of the past of every model since the start: somebody may still be reading by one of them."""
        self.reports: Mapping[str, ConnectionReport] = {}
        """What is known of each connection."""
        self._outward = outward
        self.models = Models(self)
        self._log = log
        self._folding = folding
        self._sealing = sealing
        self._intake = Intake("api", clock)
        self._viewed = asyncio.Event()
        self._loads = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        folding.on_view = lambda: _call_soon(self._loop, self._on_view)

    def _take(self, model: ModelInForce) -> None:
        self.since, self.catalog = model.since, model.catalog
        self.plant, self.results, self.meaning, self.past = model.plant, model.results, model.meaning, model.past

    @property
    def forwarding(self) -> Forwarding:
        """The outlets."""
        return self._outward.forwarding

    @property
    def writing(self) -> Writing:
        """Writes to the plant."""
        return self._outward.writing

    @property
    def owners(self) -> dict[str, str]:
        """Tag -> connection; those that connectors name themselves too."""
        return self._outward.links.owners

    async def load(self, plant: Plant, who: str = "", why: str = "") -> int:
        """Go on under another model, which counts from now on; returns since when, ns. Nothing is missed meanwhile.

        The model that runs already counts as loaded. Raises Misconfigured (nothing has changed then), StoreFailed.
        """
        async with self._loads:
            if plant.digest == self.plant.digest:
                return self.since
            await asyncio.to_thread(try_load, plant, self.plant, self._log, self.reader, self.clock)
            made: list[ModelInForce] = []

            def load() -> Folds:
                told = asyncio.run_coroutine_threadsafe(tell_loaded(plant, self._log, self.clock, who, why), self._loop)
                told.result()
                made.append(in_force(plant, self._log, self.reader, self.clock))
                return made[0].folds

            await asyncio.wrap_future(self._folding.turn(load))
            self._take(made[0])
            self.pasts.append(self.past)
            await self._outward.turn(made[0])
            self.reports = self._outward.links.reports
            _log.info("plant model: %s counts since %s", plant.digest[:12], to_text(self.since))
            return self.since

    async def settle(self) -> None:
        """Wait for a load that is under way."""
        async with self._loads:
            pass

    @property
    def tags(self) -> TagTable:
        """Every tag of the log, those of the plant file among them."""
        return self._log.tags

    @property
    def corrections(self) -> deque[Correction]:
        """The last results that late data changed, newest last."""
        return self._folding.correcting.newest

    def live(self) -> LiveView:
        """The plant now, as of the last tick."""
        view = self._folding.view
        if view is None:
            raise RuntimeError("the folds have not been resumed")
        return view

    async def next_view(self, number: int) -> LiveView:
        """The first view with a number greater than this one."""
        while self.live().number <= number:
            await self._viewed.wait()
        return self.live()

    async def at(self, time: int, known: int, told: bool = True) -> LiveView:
        """The plant at a past instant, as it was known at `known`. told: with all its provisional records; who does not
        read them need not wait for them.
        """
        model = await asyncio.to_thread(self.models.at, time, known)
        return await asyncio.wrap_future(self._folding.at(time, known, model.meaning, told))

    def as_known(self, known: int) -> Twin:
        """The same for reads: numbers read as it was known at `known`, before a dated scale that came later."""
        scales = self._folding.scales(known)
        other = copy.copy(self)
        other.meaning, other.past = self.meaning.reading(scales), self.past.reading(scales)
        return other

    async def append(self, batch: Batch) -> int:
        """Make samples durable that came by the API or a file; returns their `recorded`."""
        admitted, event = self._intake.admit(batch)
        if event is not None:
            await self._log.note(event)
        return await self._log.append(admitted)

    async def note(self, event: Event) -> int:
        """Make an event durable; returns its `recorded`."""
        return await self._log.note(event)

    def ready(self) -> tuple[bool, str]:
        """Whether the folds are at the present and every connection was tried; the text says what is missing."""
        for failure in (self._log.failure, self._folding.failure):
            if failure:
                return False, failure
        waiting = [report.id for report in self.reports.values() if report.state == "connecting"]
        if waiting:
            return False, f"connecting: {', '.join(waiting)}"
        return True, "ready"

    def compact(self) -> None:
        """Merge sealed files now that would be merged later; beside everything else, this returns at once."""
        self._sealing.compact()

    def health(self) -> dict[str, float]:
        """Figures for /metrics."""
        wal = self.folder / "log.db-wal"
        return {
            "log_recorded": self._log.last,
            "log_commits_total": self._log.commits,
            "log_bytes": (self.folder / "log.db").stat().st_size + (wal.stat().st_size if wal.exists() else 0),
            "fold_frontier_lag_seconds": self._folding.lag_s(),
            "fold_heals_total": self._folding.heals,
            "fold_late_entries_total": self._folding.late,
            "fold_standing_still": float(bool(self._folding.failure)),
            **self._sealing.figures(),
            "alarm_activations_total": self._folding.alarms,
        }

    def _on_view(self) -> None:
        self._viewed.set()
        self._viewed = asyncio.Event()


@asynccontextmanager
async def open_twin(
    plant: Plant,
    folder: Path,
    clock: Clock,
    *,
    url: str = "",
    connect: bool = True,
    keep: int | None = None,
    sealing: Callable[[SqliteLog, LogReader], Sealing] | None = None,
    means: Means | None = None,
) -> AsyncGenerator[Twin]:
    """Run the twin of a plant on a data folder while the block runs.

    url: where the API answers, for others who find the folder locked. connect False: serve what is stored. keep: age
    in ns past which entries are forgotten, None as the plant file says. sealing: of other bounds, means: of other
    outlets, for tests. Raises Locked, StoreFailed, Misconfigured.
    """
    with writer_lock(folder, url):
        log = SqliteLog(folder, clock)
        reader = LogReader(folder)
        groups = groups_of(plant.keeping)
        seals = Sealing(log, reader, clock, groups=groups) if sealing is None else sealing(log, reader)
        try:
            async with _running(plant, clock, log, reader, seals, connect, keep, means) as twin:
                yield twin
        finally:
            await asyncio.to_thread(log.close)


@asynccontextmanager
async def _running(
    plant: Plant,
    clock: Clock,
    log: SqliteLog,
    reader: LogReader,
    sealing: Sealing,
    connect: bool,
    keep: int | None,
    means: Means | None,
) -> AsyncGenerator[Twin]:
    check_types(plant, log.tags)
    body = await _tell_pause(plant, reader, log, clock)
    await log.note(Event(clock.now(), RUN_STARTED, plant.path, body))
    await tell_if_new(plant, log, reader, clock)
    model = await asyncio.to_thread(in_force, plant, log, reader, clock)
    folding = Folding(model.folds, clock, lambda: len(log.tags))

    def mend() -> bool:
        return put_aside(log, reader, clock)

    outward = Outward(
        model, log, reader, clock, means or Means(outlets()), keep=keep, connect=connect, run_ended=body.get("last"),
        mend=mend,
    )  # fmt: skip
    twin = Twin(model, clock, log, reader, folding, sealing, outward)
    sealing.rules, sealing.taken = lambda: thinning_rules(twin.plant, log.tags), outward.needed_from

    def committed(entries: Sequence[Entry]) -> None:
        folding.accept(entries)
        outward.forwarding.heard()

    log.on_commit = committed
    folding.mend = mend
    await asyncio.to_thread(folding.resume, log.last)
    folding.start()
    sealing.start()
    learning = asyncio.create_task(keep_learning(twin), name="learning")
    try:
        await outward.start(model)
        twin.reports = outward.links.reports
        yield twin
    finally:
        await twin.settle()
        learning.cancel()
        await asyncio.gather(learning, return_exceptions=True)
        await outward.close()
        with contextlib.suppress(StoreFailed):  # a full disk; what is durable stays so without it
            await log.note(Event(clock.now(), RUN_STOPPED, plant.path))
        await asyncio.to_thread(sealing.close)
        await asyncio.to_thread(folding.close)
        for past in twin.pasts:
            past.close()
        reader.close()


async def _tell_pause(plant: Plant, reader: LogReader, log: SqliteLog, clock: Clock) -> Mapping[str, int]:
    """Since the last entry of the run before nobody listened: what was last known is not known any more.

    Samples that a broker kept meanwhile say what was, as after any outage. Returns what the run says as it starts.
    """
    ran_before = await asyncio.to_thread(reader.events, FAR_PAST, FAR_FUTURE, (RUN_STARTED,), 1)
    if not ran_before:
        return {}
    since = min(log.last, clock.now())
    for connection in plant.connections:
        await log.note(Event(since, CONNECTION_LOST, connection, {"cause": NOT_RUNNING}))
    return {"last": since}


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody looks any more
        loop.call_soon_threadsafe(callback)
