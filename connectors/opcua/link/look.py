"""A subscription that says nothing while values move is dead, whatever its keep-alives say; so is an item of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from connectors.opcua.link.reading import Reader
from connectors.opcua.link.silence import moved, sample, still
from connectors.opcua.link.subscription import Subscription
from connectors.opcua.link.upkeep import Upkeep
from twin.core.errors import Undecodable
from twin.core.instant import SECOND

LOOK_S = 60.0
"""How often a few items of each subscription are read and compared, the next ones each time."""
IDLE_FIRST_S, IDLE_LONGEST_S = 2.0, 60.0
"""Pauses between looks while a subscription says that it has nothing to say; longer after each that agreed."""
GRACE_S, TRIES = 1.0, 10
"""How much longer than the granted intervals a value may take to come, and how often the store may be waited for."""
SILENT = "silent: the server keeps the subscription alive, but it does not notify of values that move"


class Looker:
    """Reads a few items now and then. What it finds dead is made anew; what stays dead is read instead."""

    def __init__(self, upkeep: Upkeep, reader: Reader) -> None:
        self._upkeep = upkeep
        self._book = upkeep.book
        self._reader = reader
        self._turn = 0

    async def run(self) -> None:
        """Look for ever; raises what ends the link."""
        pause = IDLE_FIRST_S
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._upkeep.idle_now.wait()
            all_well = await self.look()
            pause = min(pause * 2, IDLE_LONGEST_S) if all_well else IDLE_FIRST_S
            await asyncio.sleep(pause)
            self._upkeep.idle_now.clear()
            if not all_well:
                self._upkeep.idle_now.set()

    async def look(self) -> bool:
        """Look at each subscription once; whether all are well."""
        all_well = True
        for subscription in list(self._book.subscriptions.values()):
            if subscription.id in self._book.dumb or not self._upkeep.publisher.inbox.has_room:
                continue
            if self._broke_its_promise(subscription):
                self._silent(subscription)
                all_well = False
                continue
            handles = [h for h, item in enumerate(self._upkeep.items.all) if item.home == subscription.id]
            handles = [h for h in handles if self._tells_all(h)]
            with suppress(Undecodable):  # told by who reads it in earnest
                all_well &= await self._compare(subscription, sample(self._upkeep.items, handles, self._turn))
        self._turn += 1
        return all_well

    def _tells_all(self, handle: int) -> bool:
        """Whether every change of an item comes; one within a deadband may rightly not."""
        item = self._upkeep.items.all[handle]
        return item.plain or not item.group.has_filter

    def _broke_its_promise(self, subscription: Subscription) -> bool:
        """A new item has a first value to tell; whether none came in time."""
        now = self._upkeep.publisher.clock.now()
        promises = self._book.promises.get(subscription.id, ())
        late = int(self._grace_s(subscription) * SECOND)
        return any(promise.tags and now - promise.made > late for promise in promises)

    async def _compare(self, subscription: Subscription, handles: Sequence[int]) -> bool:
        """Read items and compare with what came of them; whether all that moved comes."""
        if not handles:
            return True
        by_time = self._book.reading.rule != "arrival"
        begun = self._upkeep.publisher.clock.now()
        before = self._book.had.newest.copy()
        tags: list[int] = []
        now_s = asyncio.get_running_loop().time
        asked = now_s()
        for batch in await self._reader.rows(handles):
            self._upkeep.gone_in(batch)
            tags += batch.tag[moved(batch, before, by_time)].tolist()
        if not tags:
            return True
        rest = self._grace_s(subscription) + 2 * (now_s() - asked)  # what answers slowly publishes slowly
        asked = now_s()
        await asyncio.sleep(rest)
        if now_s() - asked > rest + GRACE_S / 2:
            return True  # we are starved ourselves: nothing is known
        first = list(subscription.pending)[:1]
        for _ in range(TRIES):
            tags = still(tags, before, self._book.had.newest)
            if not tags or not subscription.pending:
                break
            await asyncio.sleep(GRACE_S / 2)
        if not tags or subscription.id not in self._book.subscriptions:
            return True
        if subscription.pending and list(subscription.pending)[:1] == first:
            return True  # the store stands: nothing is known
        if subscription.fed < begun:
            self._silent(subscription)
        else:
            dead = [h for h in handles if any(t.tag in tags for t in self._upkeep.items.all[h].targets)]
            self._upkeep.dead(dead, min(int(before.time_of(tag, begun)) for tag in tags))
        return False

    def _silent(self, subscription: Subscription) -> None:
        """Make it anew; if that was in vain just now, read its items until it speaks."""
        if self._book.silence_told:
            self._upkeep.read_instead(subscription, SILENT)
            return
        self._book.silence_told = True
        self._upkeep.publisher.reporter.notice("silent", SILENT)
        self._upkeep.ended(subscription, SILENT)

    def _grace_s(self, subscription: Subscription) -> float:
        """How long a change may take from the node to us."""
        lodgers = (item.grant for item in self._upkeep.items.all if item.home == subscription.id)
        sampling = max((grant.sampling for grant in lodgers if grant is not None), default=0)
        return (2 * subscription.publishing + sampling) / SECOND + GRACE_S
