"""A publish response taken apart: sequence number first, so that a body nobody can read is not asked for twice."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from asyncua import ua
from asyncua.ua.object_ids import ObjectIds

from connectors.opcua.decode.builtin import Values
from connectors.opcua.decode.columns import Reading, add_data_changes
from connectors.opcua.decode.reader import I32, I64, U32
from connectors.opcua.decode.rows import Rows, Unheld

DATA_CHANGE = ObjectIds.DataChangeNotification_Encoding_DefaultBinary
STATUS_CHANGE = ObjectIds.StatusChangeNotification_Encoding_DefaultBinary
LAST_SEQUENCE = 2**32 - 1
HEADER = Struct("<qII")
"""Of a response: time, the request's handle, the service's result."""
SMALLEST_PART = 3
"""Bytes of a notification at least: type and encoding."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A part of a message: its type (numeric id of the encoding) and its bytes."""

    type: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A notification message (OPC 10000-4, 7.21). No parts: a keep-alive, whose sequence number is the next to come.

    available: sequence numbers of messages that the server can send again, as far as it says.
    """

    subscription: int
    sequence: int
    parts: tuple[Notification, ...]
    available: tuple[int, ...] = ()

    def next_after(self, lost: int) -> int:
        """The sequence number that comes next behind a message that is lost: one that can be had, or this one."""
        here = [sequence for sequence in self.available if sequence and ahead(sequence, lost) > 0]
        return min([*here, self.sequence], key=lambda sequence: ahead(sequence, lost))


def after(sequence: int) -> int:
    """The sequence number that follows: 0 is left out when it wraps (OPC 10000-4, 5.13.1.1)."""
    return 1 if sequence >= LAST_SEQUENCE else sequence + 1


def ahead(sequence: int, expected: int) -> int:
    """How many messages lie between the one expected and this one; negative for one that came before."""
    return (sequence - expected + 2**31) % 2**32 - 2**31


def publish_response(data: bytes) -> Message:
    """The message in a PublishResponse. Raises Undecodable; UaStatusCodeError when the service failed."""
    reader = answered(data)
    subscription = reader.number(U32)
    available = tuple(reader.number(U32) for _ in range(max(0, reader.count(4))))
    reader.skip(1)  # more notifications: requests are outstanding anyway
    sequence, parts = message_in(reader)
    return Message(subscription, sequence, parts, available)


def republish_response(data: bytes, subscription: int) -> Message:
    """The message in a RepublishResponse. Raises as `publish_response` does."""
    sequence, parts = message_in(answered(data))
    return Message(subscription, sequence, parts)


def answered(data: bytes) -> Values:
    """What follows type id and response header (OPC 10000-4, 7.33). Raises UaStatusCodeError for a Bad result."""
    reader = Values(data)
    reader.node_id()
    result = HEADER.unpack_from(data, reader.skip(HEADER.size))[2]
    ua.StatusCode(result).check()
    reader.diagnostic_info()
    for _ in range(max(0, reader.count(4))):
        reader.bytes()
    reader.node_id()  # additional header: type, encoding, bytes
    if reader.byte():
        reader.bytes()
    return reader


def message_in(reader: Values) -> tuple[int, tuple[Notification, ...]]:
    """Sequence number and parts of a NotificationMessage."""
    sequence = reader.number(U32)
    reader.number(I64)  # publish time: the samples carry their own
    count = max(0, reader.count(SMALLEST_PART))
    return sequence, tuple(notification_in(reader) for _ in range(count))


def notification_in(reader: Values) -> Notification:
    """One ExtensionObject, its body unread (OPC 10000-6, 5.2.2.15)."""
    namespace, identifier = reader.identifier(reader.byte())
    body = (reader.bytes() or b"") if reader.byte() else b""
    is_known = not namespace and identifier.startswith("i=")
    return Notification(int(identifier.removeprefix("i=")) if is_known else 0, body)


def rows_of(message: Message, reading: Reading, arrival: int) -> Rows:
    """The rows of a message's data changes; event notifications are not asked for, so they are `unheld`."""
    rows = Rows(arrival=arrival)
    for part in message.parts:
        if part.type == DATA_CHANGE:
            add_data_changes(rows, part.body, reading, arrival)
        elif part.type != STATUS_CHANGE:
            rows.unheld.append(Unheld("notification of another kind", f"type i={part.type}", part.body))
    return rows


def status_change(message: Message) -> int | None:
    """The status that a StatusChangeNotification says, or None: the subscription has ended or went elsewhere."""
    for part in message.parts:
        if part.type == STATUS_CHANGE and len(part.body) >= I32.size:
            return U32.unpack_from(part.body)[0]
    return None
