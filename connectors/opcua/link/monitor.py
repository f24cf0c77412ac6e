"""Monitored items: asked for in calls that a server takes, each failure told for its tags alone."""

from __future__ import annotations

from collections.abc import Sequence

from asyncua import ua
from asyncua.client.ua_session import UaSession
from asyncua.ua.attribute_ids import AttributeIds

from connectors.opcua.items import Items
from connectors.opcua.link.services import Limits, in_calls
from connectors.opcua.link.subscription import ITEMS_PER_SUBSCRIPTION
from connectors.opcua.settings import Settings
from twin.core.instant import MILLISECOND


async def monitor(
    session: UaSession, settings: Settings, limits: Limits, items: Items, handles: Sequence[int], into: Sequence[int]
) -> None:
    """Create the monitored items of handles in the subscriptions `into`; each failure is told for its tags alone."""
    for position, subscription in enumerate(into):
        mine = [h for h in handles if min(h // ITEMS_PER_SUBSCRIPTION, len(into) - 1) == position]

        async def call(part: Sequence[int], subscription: int = subscription) -> Sequence[ua.MonitoredItemCreateResult]:
            return await session.create_monitored_items(
                ua.CreateMonitoredItemsParameters(
                    SubscriptionId=ua.UInt32(subscription),
                    TimestampsToReturn=ua.TimestampsToReturn.Both,
                    ItemsToCreate=[request(items, handle, settings) for handle in part],
                )
            )

        for handle, result in zip(mine, await in_calls(mine, limits.monitor, call), strict=True):
            note(items, handle, result.StatusCode)


def request(items: Items, handle: int, settings: Settings) -> ua.MonitoredItemCreateRequest:
    """One item: every change of status or value, the oldest dropped when the server's queue is full (and flagged)."""
    wanted = ua.MonitoringParameters(
        ClientHandle=ua.UInt32(handle),
        SamplingInterval=settings.sampling / MILLISECOND,
        QueueSize=ua.UInt32(settings.queue),
        DiscardOldest=True,
    )
    node = items.all[handle].node
    return ua.MonitoredItemCreateRequest(
        ItemToMonitor=ua.ReadValueId(NodeId=node or ua.NodeId(), AttributeId=AttributeIds.Value),
        MonitoringMode=ua.MonitoringMode.Reporting,
        RequestedParameters=wanted,
    )


def note(items: Items, handle: int, status: ua.StatusCode) -> None:
    """Remember whether an item is subscribed, and tell its tags."""
    item = items.all[handle]
    item.subscribed = status.is_good()
    if not item.subscribed:
        items.say_all(item, f"{status.name}: {item.place}")
        return
    aimed = {target.tag for target in item.targets}
    for address, _ in item.tags:
        if items.tags.get(address.tag) in aimed:
            items.say(address.tag, "")
