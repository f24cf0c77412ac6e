"""What a living link needs beside its messages: every item subscribed that can be, and each change of that told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress

from asyncua import ua

from connectors.opcua.items import Items
from connectors.opcua.link.book import Loss, Promise
from connectors.opcua.link.channel import RawSession
from connectors.opcua.link.cover import Cover, Grant
from connectors.opcua.link.grants import tell_grants
from connectors.opcua.link.monitor import Monitors
from connectors.opcua.link.publisher import NODE_GONE, Publisher
from connectors.opcua.link.services import Limits
from connectors.opcua.link.subscription import Subscription
from connectors.opcua.settings import Settings
from twin.core.batch import Batch
from twin.core.plugin import TagAddress

MEND_SOON_S, MEND_FIRST_S, MEND_LONGEST_S = 1.0, 10.0, 300.0
"""Pauses between attempts to subscribe what could not be: a PLC that was re-programmed has its nodes back by itself."""
CALM_S = 60.0
"""How soon the same haste, or the same question about a type, may come again."""
DEAD = "no notification came although the value moved"


class Upkeep:
    """Keeps items subscribed; hears from the publisher what becomes of them.

    ready: the first pass is done. mended: a pass is done.
    """

    def __init__(
        self, session: RawSession, settings: Settings, limits: Limits, items: Items, publisher: Publisher, cover: Cover
    ) -> None:
        self.settings = settings
        self.items = items
        self.publisher = publisher
        self.book = publisher.book
        self.cover = cover
        self.ready = asyncio.Event()
        self.idle_now = asyncio.Event()
        self.mended = asyncio.Event()
        self._session = session
        self._limits = limits
        self._monitors = Monitors(
            session, settings, limits, items, self.book.subscriptions, self._opened, publisher.reporter
        )
        self._gone: set[int] = set()
        self._retyped: set[int] = set()
        self._wake = asyncio.Event()
        self._pause, self._first_pause = 0.0, MEND_FIRST_S
        self._calm_until: dict[str, float] = {}

    async def run(self) -> None:
        """Mend for ever; raises what ends the link."""
        while True:
            with self.publisher.patient():
                await self._mend()
            self.ready.set()
            self.mended.set()
            tell_grants(self.publisher.reporter, self.items, self.book.subscriptions.values())
            with suppress(TimeoutError):
                async with asyncio.timeout(self._next_pause()):
                    await self._wake.wait()
            self._wake.clear()

    async def add(self, addresses: Sequence[TagAddress]) -> None:
        """Follow further tags; returns when that was tried."""
        self.items.add(addresses)
        self._pause = 0.0
        self.mended.clear()
        self._wake.set()
        await self.mended.wait()

    def ended(self, subscription: Subscription, cause: str) -> None:
        """One subscription is no more while the session lives: what it carried gets another, and the gap is told."""
        self.book.subscriptions.pop(subscription.id, None)
        self.book.promises.pop(subscription.id, None)
        since = subscription.fed or self.book.good_until
        lodgers = [item for item in self.items.all if item.home == subscription.id]
        tags = [target.tag for item in lodgers for target in item.targets]
        for item in lodgers:
            item.leave()
        self.cover.uncovered(tags, cause, since)
        self.book.losses.append(Loss(subscription, tags, since, cause))
        self._wake.set()

    def gone(self, tags: Sequence[int]) -> None:
        """The nodes of these tags were taken away: told, and looked for again soon."""
        wanted = set(tags)
        for handle, item in enumerate(self.items.all):
            mine = {target.tag for target in item.targets}
            if mine & wanted and item.subscribed and handle not in self._gone:
                self._gone.add(handle)
                cause = f"BadNodeIdUnknown: the server has taken {item.place} away"
                self.items.say_all(item, cause)
                self.cover.uncovered(mine, cause)
        if self._gone:
            self._hurry("gone")

    def gone_in(self, batch: Batch) -> None:
        """The same for values that were read."""
        missing = (batch.status == NODE_GONE[0]) | (batch.status == NODE_GONE[1])
        if missing.any():
            self.gone(batch.tag[missing].tolist())

    def dead(self, handles: Iterable[int], since: int) -> None:
        """Items of which nothing comes although their values move: made anew, and the gap told."""
        tags = [target.tag for handle in handles for target in self.items.all[handle].targets]
        self._gone.update(handles)
        self.cover.uncovered(tags, DEAD, since)
        self.cover.missing(tags, since, DEAD)
        self._hurry("dead")

    def unheld(self, place: str) -> None:
        """A value that its tag cannot hold: has the node another type now?"""
        if self._is_calm(place):
            found = (handle for handle, item in enumerate(self.items.all) if str(item.place) == place)
            self._retyped.update(found)
            self._wake.set()

    def fed(self, subscription: Subscription, arrival: int) -> None:
        """A subscription spoke: what was promised of it is true."""
        for promise in self.book.promises.pop(subscription.id, ()):
            self.cover.covered(promise.tags, promise.made)
            self._speaks(subscription)

    def read_instead(self, subscription: Subscription, cause: str) -> None:
        """A subscription that says nothing although it was made anew: its items are read until it speaks."""
        mine = [handle for handle, item in enumerate(self.items.all) if item.home == subscription.id]
        self.cover.uncovered([t.tag for handle in mine for t in self.items.all[handle].targets], cause)
        self.book.dumb.add(subscription.id)
        self.book.rest.update(mine)

    def _speaks(self, subscription: Subscription) -> None:
        """What was silent is not any more."""
        if subscription.id in self.book.dumb:
            self.book.dumb.discard(subscription.id)
            self.book.rest -= {handle for handle, item in enumerate(self.items.all) if item.home == subscription.id}
        if self.book.silence_told and not self.book.dumb:
            self.book.silence_told = False
            self.publisher.reporter.notice("silent", "")

    def idle(self, subscription: Subscription) -> None:
        """A subscription has nothing to say: worth a look."""
        self.idle_now.set()

    def missing(self) -> list[int]:
        """Handles of the items that neither come nor are read."""
        return [handle for handle in self.items.missing() if handle not in self.book.rest]

    async def _mend(self) -> None:
        """Do what was asked for since, then find and subscribe every item that is missing."""
        gone, self._gone = self._gone, set()
        losses = list(self.book.losses)
        retyped, self._retyped = self._retyped, set()
        await self._monitors.remove([handle for handle in sorted(gone) if self.items.all[handle].subscribed])
        for loss in losses:
            if loss.subscription.id not in self.book.subscriptions:  # its number may be another one's by now
                with suppress(ua.UaStatusCodeError):  # it may have ended by itself
                    await self._session.delete_subscriptions([loss.subscription.id])
        await self._retype(sorted(retyped - gone))
        missing = self.items.missing()
        if missing:
            await self._subscribe(missing, min((loss.since for loss in losses), default=None))
        for loss in losses:
            self.cover.missing(loss.tags, loss.since, loss.cause)
        self.book.losses = self.book.losses[len(losses) :]

    async def _subscribe(self, missing: Sequence[int], since: int | None) -> None:
        """Find and follow what is not followed; what has no room is left to be read. since: something is missed."""
        begun = self.publisher.clock.now()
        found = await self.items.find(self._session, self._limits, missing)
        aimed = [handle for handle in found if self.items.all[handle].targets]
        tags = [target.tag for handle in aimed for target in self.items.all[handle].targets]
        self.book.firsts.expect(tags, begun, since)
        polled = [handle for handle in aimed if self.items.all[handle].group.polled]
        left = await self._monitors.place([handle for handle in aimed if not self.items.all[handle].group.polled])
        self.book.rest.difference_update(missing)
        self.book.rest.update(left, polled)
        text = f"the server has no room for {len(left)} of {len(self.items.all)} items; they are read instead"
        if not self.book.subscriptions:
            text = f"the server has no subscriptions; {len(left)} items are read instead"
        self.publisher.reporter.notice("items", text if left else "")
        self._promise([handle for handle in aimed if self.items.all[handle].subscribed], begun)

    async def _retype(self, handles: Sequence[int]) -> None:
        """Look at the types of nodes anew; an item that has lost all its tags is left and tried again later."""
        if not handles:
            return
        had = {handle: {target.tag for target in self.items.all[handle].targets} for handle in handles}
        await self.items.find(self._session, self._limits, handles)
        for handle, tags in had.items():
            item = self.items.all[handle]
            lost = tags - {target.tag for target in item.targets}
            self.cover.uncovered(lost, f"retyped: {item.place} has another type than its tag")
        await self._monitors.remove([handle for handle in handles if not self.items.all[handle].targets])

    def _promise(self, handles: Iterable[int], begun: int) -> None:
        """Tags of new items are covered from here on, as soon as their subscription speaks."""
        made = self.publisher.clock.now()
        by_home: dict[int, list[tuple[int, Grant]]] = {}
        for item in map(self.items.all.__getitem__, handles):
            if item.grant is not None:
                by_home.setdefault(item.home, []).extend((target.tag, item.grant) for target in item.targets)
        told: list[tuple[int, Grant]] = []
        for home, tags in by_home.items():
            subscription = self.book.subscriptions.get(home)
            if subscription is not None and subscription.fed >= begun:
                told += tags
            else:
                self.book.promises.setdefault(home, []).append(Promise(tags, begun, made))
        self.cover.covered(told, made)

    def _opened(self, subscription: Subscription) -> None:
        subscription.heard = asyncio.get_running_loop().time()
        self.publisher.ask()

    def _hurry(self, why: str) -> None:
        """Mend now, and again soon if that is in vain; not over and over for what keeps failing."""
        if self._is_calm(why):
            self._pause, self._first_pause = 0.0, MEND_SOON_S
            self._wake.set()
        else:
            asyncio.get_running_loop().call_later(self._pause or MEND_FIRST_S, self._wake.set)

    def _is_calm(self, why: str) -> bool:
        """Whether this has not been done for a minute; it counts as done now."""
        now = asyncio.get_running_loop().time()
        if now < self._calm_until.get(why, 0.0):
            return False
        self._calm_until[why] = now + CALM_S
        return True

    def _next_pause(self) -> float | None:
        """How long to wait before what is missing is tried again; None while nothing is."""
        if self.missing():
            self._pause = min(self._pause * 2 or self._first_pause, MEND_LONGEST_S)
            return self._pause
        self._pause, self._first_pause = 0.0, MEND_FIRST_S
        return MEND_LONGEST_S if self.book.rest or self._gone else None
