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
from connectors.opcua.group import TRIGGERS, Group
from connectors.opcua.items import Item, Items
from connectors.opcua.link.channel import RawSession
from connectors.opcua.link.cover import Grant
from connectors.opcua.link.services import TOO_MUCH, Limits
from connectors.opcua.link.subscription import UNSUPPORTED, Subscription, create_subscription
from connectors.opcua.settings import Settings
from twin.core.instant import MILLISECOND
from twin.core.ports import Reporter

PATIENCE_S = 30.0
"""How long a call that creates items may take: a small PLC makes some 100 a second, and does nothing else meanwhile."""
SLOW_S = 2.0
"""A call that took longer is followed by a smaller one."""
FEW = 5
"""Items that a notice names."""
FILTER_REFUSED = frozenset(
    {
        StatusCodes.BadFilterNotAllowed,
        StatusCodes.BadMonitoredItemFilterUnsupported,
        StatusCodes.BadMonitoredItemFilterInvalid,
        StatusCodes.BadDeadbandFilterInvalid,
    }
)
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
        reporter: Reporter,
    ) -> None:
        self._session = session
        self._settings = settings
        self._limits = limits
        self._items = items
        self._subscriptions = subscriptions
        self._opened = opened
        self._reporter = reporter
        self._plain: dict[int, str] = {}

    async def place(self, handles: Sequence[int]) -> list[int]:
        """Create the items of handles; those for which the server has no room are given back."""
        left: list[int] = []
        for publishing in sorted({self._items.all[handle].group.publishing for handle in handles}):
            left += await self._place([h for h in handles if self._items.all[h].group.publishing == publishing])
        self._tell_plain()
        return left

    async def _place(self, handles: Sequence[int]) -> list[int]:
        """The same for items of one publishing interval."""
        waiting = list(handles)
        while waiting:
            home = await self._home(self._items.all[waiting[0]].group)
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

    async def _home(self, group: Group) -> Subscription | None:
        """A subscription of a publishing interval with room, a new one if need be; None: the server has enough."""
        living = Counter(item.home for item in self._items.all)
        for subscription in self._subscriptions.values():
            if subscription.asked == group.publishing and living[subscription.id] < self._room(subscription):
                return subscription
        try:
            home = await create_subscription(self._session, self._settings, group)
        except NO_MORE:
            if not self._subscriptions:
                raise
            return None
        except UNSUPPORTED:
            return None
        self._subscriptions[home.id] = home
        self._opened(home)
        return home

    def _room(self, home: Subscription) -> int:
        """Items that a subscription may hold, as far as we know."""
        return min(home.room, self._limits.room, self._settings.items_per_subscription)

    def _living_in(self, home: Subscription) -> int:
        return sum(item.home == home.id for item in self._items.all)

    async def _fill(self, home: Subscription, handles: Sequence[int]) -> list[int]:
        """Create items in one subscription until it is full; those that have found no place there are given back."""
        left = list(handles)
        while left:
            room = self._room(home) - self._living_in(home)
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
            ItemsToCreate=[request(self._items.all[handle], handle) for handle in part],
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
        again: list[int] = []
        full: list[int] = []
        for handle, result in zip(part, results, strict=True):
            if self._is_filter_refused(handle, result):
                again.append(handle)
            elif not self._note(handle, home, result):
                full.append(handle)
        return full + (await self._create(home, again) if again else [])

    def _is_filter_refused(self, handle: int, result: ua.MonitoredItemCreateResult) -> bool:
        """Whether the server takes the item without its deadband or trigger only: it is asked for again so."""
        item = self._items.all[handle]
        if item.plain or not item.group.has_filter or result.StatusCode.value not in FILTER_REFUSED:
            return False
        item.plain = True
        self._plain[handle] = result.StatusCode.name
        return True

    def _tell_plain(self) -> None:
        """Say which items come with every change although a deadband or trigger was asked for."""
        plain = {h: cause for h, cause in self._plain.items() if self._items.all[h].plain}
        self._plain = plain
        shown = ", ".join(f"{self._items.all[h].place} ({cause})" for h, cause in list(plain.items())[:FEW])
        more = f" and {len(plain) - FEW} more" if len(plain) > FEW else ""
        text = f"the server refuses the deadband or trigger of {shown}{more}: every change comes" if plain else ""
        self._reporter.notice("deadband", text)

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


def request(item: Item, handle: int) -> ua.MonitoredItemCreateRequest:
    """One item as its group asks, the oldest sample dropped when the server's queue is full (and flagged)."""
    group = item.group
    wanted = ua.MonitoringParameters(
        ClientHandle=ua.UInt32(handle),
        SamplingInterval=group.sampling / MILLISECOND,
        QueueSize=ua.UInt32(group.queue),
        DiscardOldest=True,
    )
    if group.has_filter and not item.plain:
        wanted.Filter = filter_of(group)
    return ua.MonitoredItemCreateRequest(
        ItemToMonitor=ua.ReadValueId(NodeId=item.node or ua.NodeId(), AttributeId=AttributeIds.Value),
        MonitoringMode=ua.MonitoringMode.Reporting,
        RequestedParameters=wanted,
    )


def filter_of(group: Group) -> ua.DataChangeFilter:
    """What makes a notification of a change (OPC 10000-4, 7.22.2)."""
    kind, width = ua.DeadbandType.None_, 0.0
    if group.deadband:
        kind, width = ua.DeadbandType.Absolute, group.deadband
    elif group.deadband_percent:
        kind, width = ua.DeadbandType.Percent, group.deadband_percent
    return ua.DataChangeFilter(ua.DataChangeTrigger(TRIGGERS.index(group.trigger)), ua.UInt32(kind), width)
