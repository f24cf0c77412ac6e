"""The composition root: a data folder, a plant, its connectors and its folds, running together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from twin.core.batch import Batch
from twin.core.errors import StoreFailed
from twin.core.event import CONNECTION_LOST, PLANT_LOADED, RUN_STARTED, RUN_STOPPED, Event
from twin.core.history import Correction
from twin.core.instant import FAR_FUTURE, FAR_PAST, HOUR
from twin.core.plugin import Surroundings, TagAddress
from twin.core.ports import Backfillable, Clock, Connector
from twin.core.tags import TagTable
from twin.model.plant import Plant
from twin.runtime.archive import past_of
from twin.runtime.assembly import Assembly, assemble_all
from twin.runtime.backfill import Backfill
from twin.runtime.editions import loads_of
from twin.runtime.folding import Folding
from twin.runtime.intake import Intake
from twin.runtime.learning import keep_learning
from twin.runtime.live import LiveView, Meaning
from twin.runtime.outlets.forwarding import Forwarding, Means
from twin.runtime.plugins import connector, outlets
from twin.runtime.renaming import check_types, rename_tags
from twin.runtime.report import ConnectionReport
from twin.runtime.retention import forget_old, groups_of
from twin.runtime.sealing import Sealing, put_aside
from twin.runtime.supervise import Supervisor
from twin.runtime.thinning import thinning_rules
from twin.runtime.writing import Writing
from twin.state.coverage import NOT_RUNNING
from twin.store.lock import writer_lock
from twin.store.log import Entry, SqliteLog
from twin.store.reader import LogReader
from twin.store.results import SqliteResults

_log = logging.getLogger("linetwin")


class Twin:
    """One running plant. Everything outside (API, commands) goes through this."""

    def __init__(
        self,
        plant: Plant,
        clock: Clock,
        log: SqliteLog,
        reader: LogReader,
        results: SqliteResults,
        folding: Folding,
        meaning: Meaning,
        sealing: Sealing,
        forwarding: Forwarding,
    ) -> None:
        self.plant = plant
        self.forwarding = forwarding
        self.clock = clock
        self.folder = log.folder
        self.reader = reader
        self.past = past_of(plant, reader, log.tags, outlets(), clock.now, meaning.scales)
        self.results = results
        self.meaning = meaning
        self.reports: Mapping[str, ConnectionReport] = {}
        self.owners: dict[str, str] = {path: spec.connection for path, spec in plant.tags.items()}
        """Tag -> connection; those that connectors name themselves too."""
        self.writing = Writing(plant, {}, {}, log, clock)
        self._log = log
        self._folding = folding
        self._sealing = sealing
        self._intake = Intake("api", clock)
        self._viewed = asyncio.Event()
        loop = asyncio.get_running_loop()
        folding.on_view = lambda: _call_soon(loop, self._on_view)

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

    async def at(self, time: int, known: int) -> LiveView:
        """The plant at a past instant, as it was known at `known`."""
        return await asyncio.wrap_future(self._folding.at(time, known))

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
    await _load_plant(plant, reader, log, clock)
    await rename_tags(plant, log, clock)
    assembly = await asyncio.to_thread(lambda: assemble_all(loads_of(reader, plant), log.tags))
    results = SqliteResults(reader, assembly.names, assembly.editions.codes, log)
    meaning = Meaning(plant, log.tags.names(), assembly.editions.newest.scales)
    folding = Folding(lambda: assembly.engine(reader, results), results, meaning, clock, lambda: len(log.tags))
    keeping = plant.keeping if keep is None else replace(plant.keeping, keep=max(keep, HOUR))

    def mend() -> bool:
        return put_aside(log, reader, clock)

    of_outlets = means or Means(outlets())
    forwarding = Forwarding(plant, log, reader, meaning, clock, of_outlets, keeping.shortest, connect, mend)
    twin = Twin(plant, clock, log, reader, results, folding, meaning, sealing, forwarding)

    sealing.rules, sealing.taken = lambda: thinning_rules(plant, log.tags), forwarding.needed_from

    def committed(entries: Sequence[Entry]) -> None:
        folding.accept(entries)
        forwarding.heard()

    log.on_commit = committed
    folding.mend = mend
    await asyncio.to_thread(folding.resume, log.last)
    folding.start()
    sealing.start()
    await forwarding.start()
    tasks = [asyncio.create_task(keep_learning(twin), name="learning")]
    tasks += [asyncio.create_task(forget_old(log, clock, keeping, forwarding.needed_from))] if keeping.forgets else []
    if connect:
        tasks += _connect(twin, assembly, log, body.get("last"))
    await twin.writing.resume(reader)
    try:
        yield twin
    finally:
        await twin.writing.finish()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await forwarding.close()
        with contextlib.suppress(StoreFailed):  # a full disk; what is durable stays so without it
            await log.note(Event(clock.now(), RUN_STOPPED, plant.path))
        await asyncio.to_thread(sealing.close)
        await asyncio.to_thread(folding.close)
        twin.past.close()
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


async def _load_plant(plant: Plant, reader: LogReader, log: SqliteLog, clock: Clock) -> None:
    """Note the model in the log when it is another one than before."""
    loaded = await asyncio.to_thread(reader.events, 0, clock.now(), (PLANT_LOADED,), 1)
    if not loaded or loaded[0][1].body["digest"] != plant.digest:
        body = {"digest": plant.digest, "text": plant.text, "tags": len(log.tags)}
        since = max(clock.now(), log.last + 1)  # behind every frontier, though the clock may have stepped back
        await log.note(Event(since, PLANT_LOADED, plant.path, body))


def _connect(twin: Twin, assembly: Assembly, log: SqliteLog, run_ended: int | None) -> list[asyncio.Task[None]]:
    """A supervised connector for every connection of the plant, and what fills its gaps where its source can."""
    addresses: dict[str, list[TagAddress]] = {id_: [] for id_ in twin.plant.connections}
    for spec in assembly.plant.tags.values():
        if spec.compute is None:
            addresses[spec.connection].append(spec.address)
    twin.owners |= {spec.address.tag: spec.connection for spec in assembly.plant.tags.values()}
    reports: dict[str, ConnectionReport] = {}
    connectors: dict[str, Connector] = {}
    tasks: list[asyncio.Task[None]] = []
    for id_, spec in twin.plant.connections.items():
        told = _Told(log)
        report = ConnectionReport(id_, spec.protocol, spec.url, twin.clock, told)
        reports[id_] = report
        surroundings = Surroundings(log.tags, twin.clock, report, log.folder, run_ended, twin.owners)
        built = connector(spec.protocol).build(spec, addresses[id_], surroundings)
        connectors[id_] = built
        supervisor = Supervisor(built, log, report, twin.clock, told.came_up)
        tasks.append(asyncio.create_task(supervisor.run(), name=f"connection {id_}"))
        if isinstance(built, Backfillable):
            ids = partial(_ids_of, log.tags, twin.owners, id_)
            told.backfill = Backfill(built, ids, log, twin.reader, report, twin.clock, run_ended)
            tasks.append(asyncio.create_task(told.backfill.run(), name=f"back-fill {id_}"))
    twin.reports = reports
    twin.writing = Writing(twin.plant, connectors, reports, log, twin.clock)
    return tasks


class _Told:
    """Where the events of a connection go: into the log, and its gaps to what fills them."""

    def __init__(self, log: SqliteLog) -> None:
        self._log = log
        self.backfill: Backfill | None = None

    def __call__(self, event: Event) -> None:
        _submit(self._log, event)
        if self.backfill is not None:
            self.backfill.heard(event)

    def came_up(self) -> None:
        if self.backfill is not None:
            self.backfill.came_up()


def _ids_of(tags: TagTable, owners: Mapping[str, str], connection: str) -> frozenset[int]:
    """Ids of the tags of a connection that have one yet."""
    names = [name for name, owner in owners.items() if owner == connection]
    return frozenset(found for name in names if (found := tags.get(name)) is not None)


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody looks any more
        loop.call_soon_threadsafe(callback)


def _submit(log: SqliteLog, event: Event) -> None:
    """Queue an event without waiting; a failed commit is told by the batches that fail with it."""
    log.submit(event).add_done_callback(lambda done: done.exception())
