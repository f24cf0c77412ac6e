"""Monitored items: put where a server has room for them, in calls that it takes; each failure told for its tags alone.

How many a subscription, a call and the server take is learnt: an item without room goes to a further subscription.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from asyncua import ua
from asyncua.ua import uaerrors
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.status_codes import StatusCodes

from connectors.opcua.failure import SubscriptionGone
from connectors.opcua.items import Item, Items
from connectors.opcua.link.channel import RawSession
from connectors.opcua.link.cover import Grant
from connectors.opcua.link.services import TOO_MUCH, Limits
from connectors.opcua.link.subscription import Subscription, create_subscription
from connectors.opcua.settings import Settings
from twin.core.instant import MILLISECOND

PATIENCE_S = 30.0
"""How long a call that creates items may take: a small PLC makes some 100 a second, and does nothing else meanwhile."""
SLOW_S = 2.0
"""A call that took longer is followed by a smaller one."""
NO_ROOM = StatusCodes.BadTooManyMonitoredItems
NO_MORE = (uaerrors.BadTooManySubscriptions, uaerrors.BadTooManyMonitoredItems, uaerrors.BadOutOfMemory)


class Monitors:
    """Gives the items of a connection a home each. opened: told of each further subscription."""

    def __init__(
        self,
        session: RawSession,
        settings: Settings,
        limits: Limits,
        items: Items,
        subscriptions: dict[int, Subscription],
        opened: Callable[[Subscription], None],
    ) -> None:
        self._session = session
        self._settings = settings
        self._limits = limits
        self._items = items
        self._subscriptions = subscriptions
        self._opened = opened

    async def place(self, handles: Sequence[int]) -> list[int]:
        """Create the items of handles; those for which the server has no room are given back."""
        waiting = list(handles)
        while waiting:
            home = await self._home()
            if home is None:
                break
            waiting = await self._fill(home, waiting)
            if not self._living_in(home):
                await self._give_up(home)
                break
        return waiting

    async def remove(self, handles: Sequence[int]) -> None:
        """End items that nothing comes of, as far as the server knows them still."""
        homes: dict[int, list[int]] = {}
        for item in map(self._items.all.__getitem__, handles):
            if item.home in self._subscriptions:
                homes.setdefault(item.home, []).append(item.number)
            item.leave()
        for home, numbers in homes.items():
            wanted = ua.DeleteMonitoredItemsParameters(ua.UInt32(home), [ua.UInt32(number) for number in numbers])
            with suppress(ua.UaStatusCodeError):  # asyncua's server fails at items whose nodes are gone
                await self._session.delete_monitored_items(wanted)

    async def _home(self) -> Subscription | None:
        """A subscription with room, a new one if need be; None when the server has enough of them."""
        living = Counter(item.home for item in self._items.all)
        for subscription in self._subscriptions.values():
            if living[subscription.id] < min(subscription.room, self._limits.room):
                return subscription
        try:
            home = await create_subscription(self._session, self._settings)
        except NO_MORE:
            if not self._subscriptions:
                raise
            return None
        self._subscriptions[home.id] = home
        self._opened(home)
        return home

    def _living_in(self, home: Subscription) -> int:
        return sum(item.home == home.id for item in self._items.all)

    async def _fill(self, home: Subscription, handles: Sequence[int]) -> list[int]:
        """Create items in one subscription until it is full; those that have found no place there are given back."""
        left = list(handles)
        while left:
            room = min(home.room, self._limits.room) - self._living_in(home)
            part = left[: min(room, self._limits.monitor)]
            if not part:
                break
            try:
                refused = await self._create(home, part)
            except TOO_MUCH:
                if len(part) == 1:
                    raise
                self._limits.monitoring.refused(len(part))
                continue
            left = refused + left[len(part) :]
            if refused:
                home.room = self._living_in(home)
                self._limits.room = max(1, min(self._limits.room, home.room)) if home.room else self._limits.room
        return left

    async def _create(self, home: Subscription, part: Sequence[int]) -> list[int]:
        """One call; the handles for which there was no room. Learns from how long it took."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        wanted = ua.CreateMonitoredItemsParameters(
            SubscriptionId=ua.UInt32(home.id),
            TimestampsToReturn=ua.TimestampsToReturn.Both,
            ItemsToCreate=[request(self._items.all[handle], handle, self._settings) for handle in part],
        )
        try:
            results = await self._session.create_items(wanted, max(PATIENCE_S, self._settings.timeout_s))
        except TimeoutError:
            self._limits.monitoring.slow(max(1, len(part) // 4))
            # which items there are now is not known: they end with their session, so that none is there twice
            raise SubscriptionGone(f"{len(part)} items were not made in {PATIENCE_S:g} s; fewer next time") from None
        except uaerrors.BadTooManyMonitoredItems:
            return list(part)
        if len(results) != len(part):
            raise ua.UaError(f"asked for {len(part)} items, got {len(results)}")
        self._learn(len(part), loop.time() - begun)
        return [h for h, result in zip(part, results, strict=True) if not self._note(h, home, result)]

    def _learn(self, count: int, took_s: float) -> None:
        if took_s > SLOW_S:
            self._limits.monitoring.slow(max(1, int(count * SLOW_S / took_s)))
        elif took_s < SLOW_S / 2:
            self._limits.monitoring.passed(count)

    def _note(self, handle: int, home: Subscription, result: ua.MonitoredItemCreateResult) -> bool:
        """Remember whether an item is subscribed, and tell its tags; False when there was no room for it."""
        item = self._items.all[handle]
        if result.StatusCode.value == NO_ROOM:
            return False
        if not result.StatusCode.is_good():
            self._items.say_all(item, f"{result.StatusCode.name}: {item.place}")
            return True
        item.subscribed, item.home, item.number = True, home.id, int(result.MonitoredItemId)
        sampling = int(max(0.0, result.RevisedSamplingInterval) * MILLISECOND)
        item.grant = Grant("subscription", sampling, int(result.RevisedQueueSize))
        self._items.works(item)
        return True

    async def _give_up(self, home: Subscription) -> None:
        """A subscription that takes nothing: of use only if it is the only sign that the server lives."""
        if len(self._subscriptions) > 1:
            del self._subscriptions[home.id]
            await self._session.delete_subscriptions([home.id])


def request(item: Item, handle: int, settings: Settings) -> ua.MonitoredItemCreateRequest:
    """One item: every change of status or value, the oldest dropped when the server's queue is full (and flagged)."""
    wanted = ua.MonitoringParameters(
        ClientHandle=ua.UInt32(handle),
        SamplingInterval=settings.sampling / MILLISECOND,
        QueueSize=ua.UInt32(settings.queue),
        DiscardOldest=True,
    )
    return ua.MonitoredItemCreateRequest(
        ItemToMonitor=ua.ReadValueId(NodeId=item.node or ua.NodeId(), AttributeId=AttributeIds.Value),
        MonitoringMode=ua.MonitoringMode.Reporting,
        RequestedParameters=wanted,
    )
