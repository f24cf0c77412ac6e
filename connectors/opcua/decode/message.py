"""A publish response taken apart: sequence number first, so that a body nobody can read is not asked for twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.ua_binary import Primitives, nodeid_from_binary, struct_from_binary

from connectors.opcua.decode.columns import Reading, Rows, Unheld, add_data_changes
from twin.core.errors import Undecodable

DATA_CHANGE = ObjectIds.DataChangeNotification_Encoding_DefaultBinary
STATUS_CHANGE = ObjectIds.StatusChangeNotification_Encoding_DefaultBinary
LAST_SEQUENCE = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Notification:
    """A part of a message: its type (numeric id of the encoding) and its bytes."""

    type: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A notification message (OPC 10000-4, 7.21). No parts: a keep-alive, whose sequence number is the next to come."""

    subscription: int
    sequence: int
    parts: tuple[Notification, ...]


def after(sequence: int) -> int:
    """The sequence number that follows: 0 is left out when it wraps (OPC 10000-4, 5.13.1.1)."""
    return 1 if sequence >= LAST_SEQUENCE else sequence + 1


def ahead(sequence: int, expected: int) -> int:
    """How many messages lie between the one expected and this one; negative for one that came before."""
    return (sequence - expected + 2**31) % 2**32 - 2**31


def publish_response(data: bytes) -> Message:
    """The message in a PublishResponse. Raises Undecodable; UaStatusCodeError when the service failed."""
    return decoded(data, published)


def republish_response(data: bytes, subscription: int) -> Message:
    """The message in a RepublishResponse. Raises as `publish_response` does."""

    def republished(buffer: Buffer) -> Message:
        sequence, parts = message_in(buffer)
        return Message(subscription, sequence, parts)

    return decoded(data, republished)


def decoded(data: bytes, read: Callable[[Buffer], Message]) -> Message:
    """What `read` makes of the bytes after type id and response header."""
    buffer = Buffer(data)
    try:
        nodeid_from_binary(buffer)
        struct_from_binary(ua.ResponseHeader, buffer).ServiceResult.check()
        return read(buffer)
    except ua.UaStatusCodeError:
        raise
    except Exception as error:  # a hostile byte may raise anything in the driver; the link lives on
        raise Undecodable(f"response: {type(error).__name__}", str(error)) from error


def published(buffer: Buffer) -> Message:
    """The body of a PublishResponse (OPC 10000-4, 5.13.5.2)."""
    subscription = Primitives.UInt32.unpack(buffer)
    buffer.skip(4 * max(0, Primitives.Int32.unpack(buffer)))  # available sequence numbers: we keep our own book
    buffer.skip(1)  # more notifications: requests are outstanding anyway
    sequence, parts = message_in(buffer)
    return Message(subscription, sequence, parts)


def message_in(buffer: Buffer) -> tuple[int, tuple[Notification, ...]]:
    """Sequence number and parts of a NotificationMessage."""
    sequence = Primitives.UInt32.unpack(buffer)
    Primitives.Int64.unpack(buffer)  # publish time: the samples carry their own
    count = max(0, Primitives.Int32.unpack(buffer))
    return sequence, tuple(notification_in(buffer) for _ in range(count))


def notification_in(buffer: Buffer) -> Notification:
    """One ExtensionObject, its body unread (OPC 10000-6, 5.2.2.15)."""
    type_id = nodeid_from_binary(buffer).Identifier
    encoding = buffer.read(1)[0]
    body = buffer.read(max(0, Primitives.Int32.unpack(buffer))) if encoding else b""
    return Notification(type_id if isinstance(type_id, int) else 0, body)


def rows_of(message: Message, reading: Reading, arrival: int) -> Rows:
    """The rows of a message's data changes; event notifications are not asked for, so they are `unheld`."""
    rows = Rows()
    for part in message.parts:
        if part.type == DATA_CHANGE:
            add_data_changes(rows, part.body, reading, arrival)
        elif part.type != STATUS_CHANGE:
            rows.unheld.append(Unheld("notification of another kind", f"type i={part.type}", part.body))
    return rows


def status_change(message: Message) -> int | None:
    """The status that a StatusChangeNotification says, or None: the subscription has ended or went elsewhere."""
    for part in message.parts:
        if part.type == STATUS_CHANGE:
            return Primitives.UInt32.unpack(Buffer(part.body))
    return None
