"""An OPC UA server as a small PLC has it: asyncua's, with bounds on what a client may cost, and with the quirks chosen.

What asyncua 2.1 leaves out and real servers do: an item whose queue ran over carries the overflow bit (OPC 10000-4,
7.25.1), a message that is asked for again stays, and one that is gone is BadMessageNotAvailable (5.14.6).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from asyncua import ua
from asyncua.common.connection import TransportLimits
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.address_space import AddressSpace
from asyncua.server.internal_session import InternalSession
from asyncua.server.internal_subscription import InternalSubscription
from asyncua.server.monitored_item_service import MonitoredItemService
from asyncua.server.server import Server
from asyncua.server.subscription_service import SubscriptionService
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes

from simulators.wire.address_space import SmallInternalServer
from simulators.wire.encoding import data_change
from simulators.wire.historian import Historian
from simulators.wire.nasty.quirk import Limits, Quirk

CONNECTIONS = 50
"""Sockets, sessions and subscriptions of all clients of one server. The next one is refused."""
CHUNK, CHUNKS = 65_535, 64
"""Bytes of a chunk, and chunks of one message: an unfinished message costs 4 MB at most."""
UNACKNOWLEDGED = 1000
"""Messages that a subscription keeps for a client that does not acknowledge them."""
CURRENT_TIME = ua.NodeId(ua.Int32(ObjectIds.Server_ServerStatus_CurrentTime))
OVERFLOW = 0x480
"""Info type DataValue and the overflow bit of a status code."""


class Quirks:
    """The quirks of one server, in the order in which they act. More may come while it runs."""

    def __init__(self, quirks: Iterable[Quirk] = ()) -> None:
        self.all: list[Quirk] = list(quirks)

    def least(self, limit: Callable[[Limits], int | None]) -> int | None:
        """The tightest of a limit; None where nobody sets it."""
        return min((n for quirk in self.all if (n := limit(quirk.limits)) is not None), default=None)

    @property
    def interval_ms(self) -> float:
        """The shortest publishing interval."""
        return max((quirk.limits.interval_ms for quirk in self.all), default=0.0)

    async def asked(self, service: str, nodes: int) -> None:
        """A client asks for something about so many nodes. Raises ServiceError when that is refused."""
        most = self.least(lambda limits: limits.operations)
        if most is not None and nodes > most:
            raise ServiceError(StatusCodes.BadTooManyOperations)
        for quirk in self.all:
            await quirk.asked(service, nodes)

    def notified(self, item: ua.MonitoredItemNotification) -> Sequence[ua.MonitoredItemNotification]:
        """What a subscription gets instead of a notification."""
        items: Sequence[ua.MonitoredItemNotification] = (item,)
        for quirk in self.all:
            items = [one for each in items for one in quirk.notified(each)]
        return items


class Setpoints:
    """The nodes that clients may write. Each has what judges a value and what happens when it is taken."""

    def __init__(self) -> None:
        self.nodes: dict[ua.NodeId, Callable[[float], None]] = {}
        """Node -> takes a value, or raises ValueError."""

    def judge(self, asked: ua.WriteValue) -> int:
        """The status code of a value before it is written, 0 for a good one; a good one has been taken."""
        take = self.nodes.get(asked.NodeId) if asked.AttributeId == AttributeIds.Value else None
        if take is None:
            return 0  # asyncua's to judge
        value = None if asked.Value.Value is None else asked.Value.Value.Value
        if not isinstance(value, int | float):
            return StatusCodes.BadTypeMismatch
        try:
            take(float(value))
        except ValueError:
            return StatusCodes.BadOutOfRange
        return 0


class PlcInternalServer(SmallInternalServer):
    """The services of one server. Give it to `Server(iserver=...)`."""

    def __init__(self, quirks: Quirks, now: Callable[[], datetime] | None = None) -> None:
        super().__init__()
        self.quirks = quirks
        self._now = now
        self.setpoints = Setpoints()
        self.historian = Historian(0.0)
        self.max_connections = CONNECTIONS
        self.max_subscriptions = CONNECTIONS
        self.max_unacked_messages_per_subscription = UNACKNOWLEDGED
        self.subscription_service = Subscriptions(self.aspace, self)
        self.isession.subscription_service = self.subscription_service

    def create_session(
        self,
        name: str,
        user: User = User(role=UserRole.Anonymous),  # noqa: B008 - as asyncua has it
        external: bool = False,
    ) -> InternalSession:
        """A session. Raises ServiceError when there are enough."""
        most = self.quirks.least(lambda limits: limits.sessions)
        if external and len(self._external_sessions) >= min(CONNECTIONS, most or CONNECTIONS):
            raise ServiceError(StatusCodes.BadTooManySessions)
        return Session(self, name, user, external)

    async def start(self) -> None:
        """Start; its clock shows the line's time, as that of a PLC shows the plant's."""
        now = self._now
        if now is not None and not self.disabled_clock:
            self.disabled_clock = True  # asyncua's own, which writes the time of this machine

            def shown(*_: object) -> ua.DataValue:
                moment = cast(ua.DateTime, now())
                value = ua.Variant(moment, ua.VariantType.DateTime)
                return ua.DataValue(value, SourceTimestamp=moment, ServerTimestamp=moment)

            self.aspace.set_attribute_value_callback(CURRENT_TIME, AttributeIds.Value, shown)
        await super().start()

    async def stop(self) -> None:
        """Stop at once: asyncua's waits for the next second of its clock."""
        clock, self.time_task = self.time_task, None
        if clock is not None:
            clock.cancel()
            await asyncio.gather(clock, return_exceptions=True)
        await super().stop()


class Session(InternalSession):
    """A client's session: says what is asked for before it is done."""

    def __init__(self, iserver: PlcInternalServer, name: str, user: User, external: bool) -> None:
        super().__init__(iserver, iserver.aspace, iserver.subscription_service, name, user=user, external=external)
        self._quirks = iserver.quirks
        self._setpoints = iserver.setpoints
        self._plc = iserver

    async def write(self, params: ua.WriteParameters) -> list[ua.StatusCode]:
        """Values of nodes; a setpoint is judged by its machine first."""
        codes = [self._setpoints.judge(one) for one in params.NodesToWrite]
        taken = [one for one, code in zip(params.NodesToWrite, codes, strict=True) if not code]
        results = iter(await super().write(ua.WriteParameters(NodesToWrite=taken)) if taken else ())
        return [ua.StatusCode(ua.UInt32(code)) if code else next(results) for code in codes]

    async def read(self, params: ua.ReadParameters) -> list[ua.DataValue]:
        """Attributes of nodes."""
        await self._quirks.asked("read", len(params.NodesToRead))
        return await super().read(params)

    async def history_read(self, params: ua.HistoryReadParameters) -> list[ua.HistoryReadResult]:
        """What nodes held before."""
        await self._quirks.asked("history", len(params.NodesToRead))
        return self._plc.historian.read(params)

    async def browse(self, params: ua.BrowseParameters) -> list[ua.BrowseResult]:
        """References of nodes."""
        await self._quirks.asked("browse", len(params.NodesToBrowse))
        return await super().browse(params)

    async def translate_browsepaths_to_nodeids(self, params: list[ua.BrowsePath]) -> list[ua.BrowsePathResult]:
        """Nodes at paths."""
        await self._quirks.asked("browse", len(params))
        return await super().translate_browsepaths_to_nodeids(params)

    async def create_subscription(self, params: ua.CreateSubscriptionParameters, *args: Any, **more: Any) -> Any:
        """A subscription, no faster than the server likes."""
        params.RequestedPublishingInterval = max(params.RequestedPublishingInterval, self._quirks.interval_ms)
        return await super().create_subscription(params, *args, **more)

    async def create_monitored_items(
        self, params: ua.CreateMonitoredItemsParameters
    ) -> list[ua.MonitoredItemCreateResult]:
        """Items, as many as the subscription has room for; the others are refused one by one."""
        await self._quirks.asked("monitor", len(params.ItemsToCreate))
        most = self._quirks.least(lambda limits: limits.items)
        subscription = self.subscription_service.subscriptions.get(params.SubscriptionId)
        if most is None or not isinstance(subscription, Subscription):
            return await super().create_monitored_items(params)
        room = max(0, most - subscription.items)
        full = ua.StatusCode(ua.UInt32(StatusCodes.BadTooManyMonitoredItems))
        params.ItemsToCreate, rest = params.ItemsToCreate[:room], params.ItemsToCreate[room:]
        return [*await super().create_monitored_items(params), *(ua.MonitoredItemCreateResult(full) for _ in rest)]

    def publish(self, acks: Iterable[ua.SubscriptionAcknowledgement] | None = None) -> tuple[int, list[ua.StatusCode]]:
        """How many subscriptions there are: asyncua lets ten requests more than that wait, so the limit is told so."""
        subscriptions, results = super().publish(acks)
        most = self._quirks.least(lambda limits: limits.publishes)
        return (subscriptions if most is None else most - 10), results


class Subscriptions(SubscriptionService):
    """All subscriptions of a server."""

    def __init__(self, aspace: AddressSpace, iserver: PlcInternalServer) -> None:
        super().__init__(aspace, iserver)
        self._quirks = iserver.quirks

    async def create_subscription(
        self,
        params: ua.CreateSubscriptionParameters,
        callback: Callable[..., Any],
        session_id: ua.NodeId,
        request_callback: Callable[..., Any] | None = None,
    ) -> ua.CreateSubscriptionResult:
        """A subscription. Raises ServiceError when there are enough."""
        most = self._quirks.least(lambda limits: limits.subscriptions)
        if len(self.subscriptions) >= min(CONNECTIONS, most or CONNECTIONS):
            raise ServiceError(StatusCodes.BadTooManySubscriptions)
        self._sub_id_counter += 1
        granted = ua.CreateSubscriptionResult(
            SubscriptionId=ua.UInt32(self._sub_id_counter),
            RevisedPublishingInterval=params.RequestedPublishingInterval,
            RevisedLifetimeCount=ua.UInt32(self._clamp_lifetime_count(params.RequestedLifetimeCount)),
            RevisedMaxKeepAliveCount=ua.UInt32(self._clamp_keep_alive_count(params.RequestedMaxKeepAliveCount)),
        )
        one = Subscription(
            granted,
            self.aspace,
            callback,
            session_id,
            request_callback=request_callback,
            delete_callback=lambda: self.subscriptions.pop(granted.SubscriptionId, None),
            no_acks_limit=UNACKNOWLEDGED,
            max_queue_size=self._quirks.least(lambda limits: limits.queue) or 10_000,
            publishing_enabled=params.PublishingEnabled,
        )
        one.follow(self._quirks)
        await one.start()
        self.subscriptions[granted.SubscriptionId] = one
        return granted


class Subscription(InternalSubscription):
    """A subscription that hears of quirks, and flags what its queues lost."""

    quirks = Quirks()

    def follow(self, quirks: Quirks) -> None:
        """Notify as these say."""
        self.quirks = quirks
        self.monitored_item_srv = Items(self, self.monitored_item_srv.aspace)

    @property
    def items(self) -> int:
        """How many items it has."""
        return len(self.monitored_item_srv._monitored_items)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    async def enqueue_datachange_event(self, mid: int, eventdata: ua.MonitoredItemNotification, maxsize: int) -> None:
        """Queue a notification, the oldest dropped when there is no room; the one behind it says so."""
        for item in self.quirks.notified(eventdata):
            queue = self._triggered_datachanges.get(mid)
            if queue is None:
                await self._enqueue_event(mid, item, maxsize, self._triggered_datachanges)
                continue
            queue.append(item)
            if 0 < maxsize < len(queue):
                del queue[0]
                queue[0] = flagged(queue[0]) if maxsize > 1 else queue[0]

    def _pop_triggered_datachanges(self, result: ua.PublishResult) -> None:
        """All notifications, as bytes already where a client gets them."""
        queued, self._triggered_datachanges = self._triggered_datachanges, {}
        items = [item for queue in queued.values() for item in queue]
        if not items:
            return
        told = data_change(items) if self.pub_request_callback else ua.DataChangeNotification(items)
        result.NotificationMessage.NotificationData.append(cast(ua.ExtensionObject, told))

    def republish(self, nb: int) -> ua.NotificationMessage:
        """A message again. Raises ServiceError when it is not there any more."""
        kept = self._not_acknowledged_results.get(nb)
        if kept is None:
            raise ServiceError(StatusCodes.BadMessageNotAvailable)
        return kept.NotificationMessage


class Items(MonitoredItemService):
    """The items of a subscription. Nobody changes a value after it was written, so none is copied."""

    async def datachange_callback(self, handle: int, value: ua.DataValue, error: ua.StatusCode | None = None) -> None:
        """Notify of a value when it or its status is another than the last; a filter is asyncua's to judge."""
        number = self._monitored_datachange[handle]
        item = self._monitored_items[number]
        if error is not None or item.filter or item.mode == ua.MonitoringMode.Disabled:
            await super().datachange_callback(handle, value, error)
            return
        values = item.mvalue
        values.old_dvalue, values.current_dvalue = before, _ = values.current_dvalue, value
        if before is None or before.Value != value.Value or before.StatusCode != value.StatusCode:
            told = ua.MonitoredItemNotification(ua.IntegerId(item.client_handle or 0), value)
            await self.isub.enqueue_datachange_event(number, told, item.queue_size)


def flagged(item: ua.MonitoredItemNotification) -> ua.MonitoredItemNotification:
    """The same notification with the overflow bit; others share its value."""
    status = item.Value.StatusCode
    code = ua.StatusCode(ua.UInt32((0 if status is None else status.value) | OVERFLOW))
    return replace(item, Value=replace(item.Value, StatusCode=code))


def transport_limits() -> TransportLimits:
    """Bounds on what a client may send before it is understood."""
    return TransportLimits(CHUNK, CHUNK, CHUNKS, CHUNK * CHUNKS)


def plc_server(quirks: Quirks, now: Callable[[], datetime] | None = None) -> Server:
    """A server to which only the nodes are missing. now: what its clock shows, the machine's own where it is None."""
    server = Server(iserver=PlcInternalServer(quirks, now))
    server.limits = transport_limits()
    server.allow_remote_admin(allow=False)
    return server
