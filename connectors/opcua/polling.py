"""Items that no subscription brings are read by the clock: what changed makes a row, a round that was missed a gap.

For servers without subscriptions, for groups with `mode: poll`, and for what a server has no room for. One Read at a
time: small PLCs have better things to do. Bound: the Inbox. Policy: nothing is read while it is full; each round left
out is counted and told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from asyncua import ua

from connectors.opcua.failure import DRIVER_ERRORS
from connectors.opcua.group import Group
from connectors.opcua.link.cover import Grant
from connectors.opcua.link.publisher import NODE_GONE
from connectors.opcua.link.reading import Reader
from connectors.opcua.link.resent import LastRows
from connectors.opcua.link.upkeep import Upkeep
from twin.core.batch import Batch, texts
from twin.core.errors import Undecodable
from twin.core.instant import SECOND

LEFT_OVER_S = 1.0
"""How often items are read at most that were to be subscribed."""
GLANCE_S = 0.2
"""How soon items that have just been found are read."""
AWAY = "not read: the connection was away"
TOO_LONG = 3
"""So many rounds in a row that take longer than their interval: it is made longer."""


@dataclass(slots=True)
class Lane:
    """Items that are read together. due: on the event loop's clock. good: when they were last read, ns; 0: never.

    missed: why rounds since `good` were left out. late: rounds in a row that took longer than the interval; stretch:
    how many times longer it was made for that.
    """

    group: Group
    due: float
    good: int = 0
    missed: str = ""
    late: int = 0
    stretch: int = 1

    @property
    def interval_s(self) -> float:
        """Seconds from one round to the next."""
        asked = self.group.sampling / SECOND
        return self.stretch * (asked if self.group.polled else max(LEFT_OVER_S, asked))

    def after(self, now: float) -> int:
        """Move on to the next round that lies ahead, without drift; how many have passed in between."""
        passed = max(0, int((now - self.due) / self.interval_s))
        self.due += (passed + 1) * self.interval_s
        return passed


@dataclass(slots=True)
class Seen:
    """The newest row of each tag, its text too."""

    rows: LastRows = field(default_factory=LastRows)
    texts: dict[int, str | None] = field(default_factory=dict[int, str | None])

    def changed(self, batch: Batch, trigger: str) -> Batch | None:
        """The rows that say something new, as the trigger has it; they are remembered."""
        self.rows.make_room(batch)
        same = self.rows.known[batch.tag] & (batch.status == self.rows.status[batch.tag])
        if trigger != "status":
            had = self.rows.value[batch.tag]
            same &= (batch.value == had) | (np.isnan(batch.value) & np.isnan(had))
        if trigger == "status_value_timestamp":
            same &= batch.time == self.rows.time[batch.tag]
        if trigger != "status" and (batch.text is not None or self.texts):
            said = zip(batch.tag.tolist(), texts(batch), strict=True)
            same &= np.array([self.texts.get(tag) == text for tag, text in said])
        if same.all():
            return None
        new = batch.take(~same)
        self.rows.add(new)
        if new.text is not None or self.texts:
            self.texts.update(zip(new.tag.tolist(), texts(new), strict=True))
        return new


class Poller:
    """Reads what the book calls the rest, each group of it in its own lane."""

    def __init__(self, upkeep: Upkeep, reader: Reader) -> None:
        self._upkeep = upkeep
        self._reader = reader
        self._publisher = upkeep.publisher
        self._lanes: dict[Group, Lane] = {}
        self._seen = Seen()
        self._registered: set[ua.NodeId] = set()
        self._can_register = True
        self._gone: set[int] = set()

    async def run(self) -> None:
        """Read for ever; raises what ends the link."""
        while True:
            lane = min(self._busy_lanes(), key=lambda found: found.due, default=None)
            wait = GLANCE_S if lane is None else lane.due - loop_s()
            await asyncio.sleep(max(0.0, min(wait, GLANCE_S)))  # what is found meanwhile is looked at soon
            if lane is not None and lane.due <= loop_s():
                await self.round(lane)

    async def round(self, lane: Lane) -> None:
        """Read a lane once, if there is room for what comes; then set when it is due again."""
        handles = self._handles(lane.group)
        if self._publisher.inbox.has_room:
            begun = self._publisher.clock.now()
            if await self._read(lane, handles):
                self._proven(lane, handles, begun)
        else:
            self._publisher.reporter.count("polls_withheld")
            lane.missed = "not read: what was read before is not stored yet"
        passed = lane.after(loop_s())
        if passed:
            lane.missed = (
                lane.missed or f"not read: {len(handles)} items take longer than {lane.interval_s:g} s to read"
            )
        self._stretch(lane, passed, len(handles))

    async def _read(self, lane: Lane, handles: Sequence[int]) -> bool:
        """Hand over what changed; False when the answer cannot be read."""
        await self._register(lane, handles)
        try:
            batches = await self._reader.rows(handles)
        except Undecodable as error:
            self._publisher.reporter.dead_letter(error.cause, self._reader.source, b"")
            lane.missed = f"not read: {error.cause}"
            self._upkeep.cover.uncovered(self._tags(handles), lane.missed, lane.good or None)
            return False
        gone = np.concatenate([batch.tag[is_gone(batch)] for batch in batches] or [np.zeros(0, dtype=np.int32)])
        self._tell_gone(handles, set(gone.tolist()))
        for batch in batches:
            new = self._seen.changed(batch, lane.group.trigger)
            if new is not None:
                self._publisher.offer(new)
        self._publisher.reporter.alive()
        return True

    async def _register(self, lane: Lane, handles: Sequence[int]) -> None:
        """Have the server prepare nodes that are read again and again (OPC 10000-4, 5.9.5), where it does that."""
        if not (lane.group.polled and self._can_register):
            return
        nodes = {n for h in handles if (n := self._upkeep.items.all[h].node) is not None} - self._registered
        try:
            await self._reader.register(list(nodes))
        except DRIVER_ERRORS:
            self._can_register = False
        self._registered |= nodes

    def _tell_gone(self, handles: Sequence[int], gone: set[int]) -> None:
        """Tags whose nodes the server does not have are covered no longer; told when it changes."""
        cover = self._upkeep.cover
        for item in map(self._upkeep.items.all.__getitem__, handles):
            mine = {target.tag for target in item.targets}
            if mine & gone:
                cause = f"BadNodeIdUnknown: the server has no {item.place}"
                self._upkeep.items.say_all(item, cause)
                cover.uncovered(mine, cause)
                if item.node is not None:  # prepared again, lest it is back and another one
                    self._reader.aliases.pop(item.node, None)
                    self._registered.discard(item.node)
            else:
                self._upkeep.items.works(item)
        self._gone = gone

    def _proven(self, lane: Lane, handles: Sequence[int], begun: int) -> None:
        """These tags are followed from here on; what was missed before is told."""
        grant = Grant("poll", int(lane.interval_s * SECOND), 1)
        here = [tag for tag in self._tags(handles) if tag not in self._gone]
        if lane.missed and lane.good:
            self._upkeep.cover.missing(here, lane.good, lane.missed)
        self._upkeep.cover.covered([(tag, grant) for tag in here], begun)
        lane.good, lane.missed = begun, ""
        self._upkeep.book.read[lane.group] = begun
        if not any(one.missed for one in self._lanes.values()):
            self._publisher.read_well(begun)

    def _stretch(self, lane: Lane, passed: int, items: int) -> None:
        """What takes too long again and again is read less often, and that is told: a gap each time helps nobody."""
        lane.late = lane.late + 1 if passed else 0
        if lane.late < TOO_LONG:
            return
        asked = lane.interval_s / lane.stretch
        lane.late, lane.stretch = 0, lane.stretch * (passed + 1)
        text = f"{items} items cannot be read every {asked:g} s; they are read every {lane.interval_s:g} s"
        self._publisher.reporter.notice("polling", text)

    def _busy_lanes(self) -> list[Lane]:
        """The lanes that have something to read; what was read over the link before is missed since."""
        groups = {self._upkeep.items.all[handle].group for handle in self._upkeep.book.rest}
        read = self._upkeep.book.read
        for group in (self._lanes.keys() | read.keys()) - groups:
            self._lanes.pop(group, None)
            read.pop(group, None)
        for group in groups - self._lanes.keys():
            good = read.get(group, 0)
            self._lanes[group] = Lane(group, loop_s(), good, AWAY if good else "")
        return list(self._lanes.values())

    def _tags(self, handles: Sequence[int]) -> list[int]:
        return [target.tag for handle in handles for target in self._upkeep.items.all[handle].targets]

    def _handles(self, group: Group) -> list[int]:
        return sorted(h for h in self._upkeep.book.rest if self._upkeep.items.all[h].group == group)


def is_gone(batch: Batch) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where a row says that its node is not there."""
    return (batch.status == NODE_GONE[0]) | (batch.status == NODE_GONE[1])


def loop_s() -> float:
    """The event loop's clock: it never steps."""
    return asyncio.get_running_loop().time()
