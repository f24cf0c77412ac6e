"""A HistoryRead response taken apart, and its values as if they had been notified: one decoder for both. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct

from connectors.opcua.decode.builtin import TICKS_TO_1970, Values, tail_size
from connectors.opcua.decode.message import DATA_CHANGE, Message, Notification, answered
from connectors.opcua.decode.reader import U32
from twin.core.instant import FAR_FUTURE

TICKS = Struct("<q")
STATUS, SOURCE_TIME, SERVER_TIME = 0x02, 0x04, 0x08
"""Bits of a DataValue's mask."""
SMALLEST_RESULT = 11
"""Bytes of a result at least: status, continuation point, type and encoding of its data."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One value of a history. time: ns by the connection's rule, None where it has none. body: its DataValue."""

    time: int | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What one node's history gave. continuation: where it goes on, empty at its end."""

    status: int
    continuation: bytes
    values: list[Stored]


def history_response(data: bytes, rule: str) -> list[Answer]:
    """The results of a HistoryReadResponse (OPC 10000-4, 5.11.3). rule: `source` or `server`, whose time counts.

    Raises Undecodable; UaStatusCodeError when the service failed.
    """
    reader = answered(data)
    return [answer_in(reader, rule) for _ in range(max(0, reader.count(SMALLEST_RESULT)))]


def answer_in(reader: Values, rule: str) -> Answer:
    """One HistoryReadResult, its HistoryData opened."""
    status = reader.number(U32)
    continuation = reader.bytes() or b""
    reader.node_id()
    body = (reader.bytes() or b"") if reader.byte() else b""
    return Answer(status, continuation, stored_in(body, rule) if body else [])


def stored_in(body: bytes, rule: str) -> list[Stored]:
    """The values of a HistoryData, or of a HistoryModifiedData, whose beginning is the same (OPC 10000-11, 6.6)."""
    reader = Values(body)
    values: list[Stored] = []
    for _ in range(max(0, reader.count(1))):
        begin = reader.at
        reader.data_value()
        values.append(Stored(time_in(body, begin, reader.at, rule), body[begin : reader.at]))
    return values


def time_in(body: bytes, begin: int, end: int, rule: str) -> int | None:
    """The time of a DataValue by the rule, as `columns` has it; None where it has no usable one."""
    mask = body[begin]
    at = end - tail_size(mask) + 4 * (mask >> 1 & 1)
    source = instant(body, at) if mask & SOURCE_TIME else None
    server_at = at + 8 * (mask >> 2 & 1) + 2 * (mask >> 4 & 1)
    server = instant(body, server_at) if mask & SERVER_TIME else None
    return source if rule == "source" and source is not None else server


def instant(body: bytes, at: int) -> int | None:
    """The ns of a DateTime; None for the dates that mean "none"."""
    ns = (TICKS.unpack_from(body, at)[0] - TICKS_TO_1970) * 100
    return ns if 0 < ns < FAR_FUTURE else None


def as_message(values: Iterable[tuple[int, bytes]]) -> Message:
    """Values with the handles of their items as a data change."""
    parts = [struct.pack("<I", handle) + body for handle, body in values]
    body = b"".join([struct.pack("<i", len(parts)), *parts, struct.pack("<i", -1)])
    return Message(0, 0, (Notification(DATA_CHANGE, body),))
