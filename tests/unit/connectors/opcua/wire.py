"""Messages as servers encode them, made with the driver's own encoder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary


def value(
    given: Any,
    kind: ua.VariantType | None = None,
    status: int = 0,
    source: datetime | None = None,
    server: datetime | None = None,
) -> ua.DataValue:
    """A DataValue; None without a kind is the null value."""
    return ua.DataValue(ua.Variant(given, kind), ua.StatusCode(status), source, server)


def data_change(values: Sequence[tuple[int, ua.DataValue]]) -> ua.DataChangeNotification:
    """Values by client handle."""
    items = [ua.MonitoredItemNotification(ClientHandle=ua.UInt32(handle), Value=one) for handle, one in values]
    return ua.DataChangeNotification(MonitoredItems=items)


def publish(sequence: int, parts: Sequence[Any] = (), subscription: int = 1, available: Sequence[int] = ()) -> bytes:
    """A PublishResponse."""
    response = ua.PublishResponse()
    response.Parameters.AvailableSequenceNumbers = [ua.UInt32(number) for number in available]
    response.Parameters.SubscriptionId = ua.UInt32(subscription)
    response.Parameters.MoreNotifications = False
    response.Parameters.NotificationMessage.SequenceNumber = ua.UInt32(sequence)
    response.Parameters.NotificationMessage.NotificationData = list(parts)
    return struct_to_binary(response)


def republish(sequence: int, parts: Sequence[Any]) -> bytes:
    """A RepublishResponse."""
    response = ua.RepublishResponse()
    response.NotificationMessage.SequenceNumber = ua.UInt32(sequence)
    response.NotificationMessage.NotificationData = list(parts)
    return struct_to_binary(response)
