"""Links: a supervised connector for every connection of a plant, and what fills its gaps where its source can.

Another model replaces those that it changes. Where the source keeps for us what comes while nobody is there, the one
before leaves first; else its successor is there before it leaves. Either way nothing is missed, and no loss is told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from twin.core.errors import Misconfigured
from twin.core.event import CONNECTION_UP, Event
from twin.core.instant import SECOND
from twin.core.plugin import ConnectionSpec, Surroundings, TagAddress
from twin.core.ports import Backfillable, Clock, Connector
from twin.core.tags import TagTable
from twin.model.plant import Plant
from twin.runtime.backfill import Backfill
from twin.runtime.plugins import connector
from twin.runtime.report import ConnectionReport
from twin.runtime.supervise import Supervisor
from twin.store.log import SqliteLog
from twin.store.reader import LogReader

PATIENCE_S = 10.0
"""So long the one before stays beside its successor that does not come up: then the values are the successor's."""

_log = logging.getLogger("linetwin")


@dataclass(slots=True)
class Link:
    """One connection as it runs. connector None: its settings are wrong, as its report says."""

    spec: ConnectionSpec
    addresses: list[TagAddress]
    report: ConnectionReport
    told: _Told
    connector: Connector | None = None
    supervisor: Supervisor | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def end(self) -> None:
        """Leave, and fill no gap any more."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


class Links:
    """All links of a running twin. run_ended: ns, the last sign of the run before, None for the first run.

    owners: tag -> connection; those that connectors name themselves too.
    """

    def __init__(
        self, log: SqliteLog, reader: LogReader, clock: Clock, run_ended: int | None, owners: dict[str, str]
    ) -> None:
        self.owners = owners
        self._log = log
        self._reader = reader
        self._clock = clock
        self._run_ended = run_ended
        self._of: dict[str, Link] = {}

    @property
    def reports(self) -> Mapping[str, ConnectionReport]:
        """What is known of each connection, in the order of the plant file."""
        return {id: link.report for id, link in self._of.items()}

    @property
    def connectors(self) -> Mapping[str, Connector]:
        """The connector of each connection that has one."""
        return {id: link.connector for id, link in self._of.items() if link.connector is not None}

    def start(self, plant: Plant) -> None:
        """Connect everything for the first time. Raises Misconfigured."""
        for id, (spec, addresses) in _wanted(plant).items():
            self._of[id] = link = self._link(spec, addresses)
            self._begin(link, self._run_ended)

    async def turn(self, plant: Plant) -> None:
        """Go on under another model: connections that it leaves as they are go on, and know of nothing."""
        wanted = _wanted(plant)
        before, self._of = self._of, {}
        for id, (spec, addresses) in wanted.items():
            link = before.pop(id, None)
            if link is not None and link.spec.protocol != spec.protocol:
                await link.end()
                link = None
            self._of[id] = link or self._link(spec, addresses)
            if link is None:
                self._try_to_begin(self._of[id])
            elif _plain((link.spec, link.addresses)) != _plain((spec, addresses)):
                await self._succeed(link, spec, addresses)
        for link in before.values():
            await link.end()
            _log.info("connection %s: not in the plant file any more", link.report.id)
        await self._tell_up()

    async def close(self) -> None:
        """Leave all."""
        await asyncio.gather(*(link.end() for link in self._of.values()))

    # --- one link --------------------------------------------------------------------------------------------------

    def _link(self, spec: ConnectionSpec, addresses: list[TagAddress]) -> Link:
        told = _Told(self._log)
        return Link(spec, addresses, ConnectionReport(spec.id, spec.protocol, spec.url, self._clock, told), told)

    def _begin(self, link: Link, ran_until: int | None) -> None:
        """Build a connector for what the link is to read, and let it run. Raises Misconfigured."""
        spec, report = link.spec, link.report
        surroundings = Surroundings(self._log.tags, self._clock, report, self._log.folder, ran_until, self.owners)
        link.connector = built = connector(spec.protocol).build(spec, link.addresses, surroundings)
        link.supervisor = Supervisor(built, self._log, report, self._clock, link.told.came_up)
        link.tasks = [asyncio.create_task(link.supervisor.run(), name=f"connection {spec.id}")]
        if not isinstance(built, Backfillable):
            link.told.backfill = None
        elif link.told.backfill is None:
            ids = partial(_ids_of, self._log.tags, self.owners, spec.id)
            filled = Backfill(built, ids, self._log, self._reader, report, self._clock, ran_until)
            link.told.backfill = filled
            link.tasks.append(asyncio.create_task(filled.run(), name=f"back-fill {spec.id}"))

    def _try_to_begin(self, link: Link) -> None:
        """A connector that a new model asks for and that cannot be built takes nothing else down."""
        try:
            self._begin(link, None)
        except Misconfigured as error:
            link.connector, link.supervisor, link.tasks = None, None, []
            link.report.turned("stopped", str(error))
            _log.error("connection %s: %s", link.report.id, error)

    async def _succeed(self, link: Link, spec: ConnectionSpec, addresses: list[TagAddress]) -> None:
        """Another connector takes over a link; its report and its gaps stay."""
        running, filling, leaving = link.tasks[:1], link.tasks[1:], link.supervisor
        old = Link(link.spec, link.addresses, link.report, link.told, link.connector, leaving, running)
        link.spec, link.addresses = spec, addresses
        link.report.begin_again(spec.url)
        if leaving is not None:
            leaving.leave()
        plugin = connector(spec.protocol)
        if plugin.keeps:
            await old.end()
        self._try_to_begin(link)
        if link.supervisor is not None and not plugin.keeps and await link.supervisor.opened(PATIENCE_S):
            await asyncio.sleep(plugin.wait(old.spec.settings) / SECOND)  # what was sampled before is still on its way
        await old.end()
        if isinstance(link.connector, Backfillable) and link.told.backfill is not None and filling:
            link.told.backfill.succeed(link.connector)
            link.tasks += filling

    async def _tell_up(self) -> None:
        """Units that another model made have never heard of their connections: those that are up say so again."""
        for link in self._of.values():
            if link.report.state == "up":
                body = {"attempt": link.report.attempts}
                await self._log.note(Event(self._clock.now(), CONNECTION_UP, link.report.id, body))


class _Told:
    """Where the events of a connection go: into the log, and its gaps to what fills them."""

    def __init__(self, log: SqliteLog) -> None:
        self._log = log
        self.backfill: Backfill | None = None

    def __call__(self, event: Event) -> None:
        self._log.submit(event).add_done_callback(_looked_at)
        if self.backfill is not None:
            self.backfill.heard(event)

    def came_up(self) -> None:
        if self.backfill is not None:
            self.backfill.came_up()


def _looked_at(done: Any) -> None:
    """A commit that failed is told by the batches that fail with it."""
    done.exception()


def _wanted(plant: Plant) -> dict[str, tuple[ConnectionSpec, list[TagAddress]]]:
    """Each connection with the addresses of its tags."""
    found = {id: (spec, list[TagAddress]()) for id, spec in plant.connections.items()}
    for tag in plant.tags.values():
        if tag.compute is None:
            found[tag.connection][1].append(tag.address)
    return found


def _plain(value: Any) -> Any:
    """The same without the lines of the plant file: a comment above them changes nothing of a connection."""
    if isinstance(value, ConnectionSpec | TagAddress):
        return type(value), *(_plain(getattr(replace(value, place=""), name)) for name in value.__dataclass_fields__)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if key != "place"}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _ids_of(tags: TagTable, owners: Mapping[str, str], connection: str) -> frozenset[int]:
    """Ids of the tags of a connection that have one yet."""
    names = [name for name, owner in owners.items() if owner == connection]
    return frozenset(found for name in names if (found := tags.get(name)) is not None)
