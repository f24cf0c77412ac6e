"""A data change notification as bytes: numbers with both times, which is what a PLC sends, by one struct call each.

asyncua's encoder walks through five objects for a value, eight times as long as here. What is no plain number is left
to it. (MonitoredItemNotification, OPC 10000-4, 7.25.2; DataValue, OPC 10000-6, 5.2.2.17)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from struct import Struct

from asyncua import ua
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.ua_binary import struct_to_binary
from asyncua.ua.uatypes import datetime_to_win_epoch

DATA_CHANGE = ua.NodeId(ua.Int32(ObjectIds.DataChangeNotification_Encoding_DefaultBinary))
COMPLETE = 0x0F
"""Encoding mask: value, status, source and server time."""
COUNT = Struct("<i")
"""The length of an array."""
FORMATS = {
    ua.VariantType.Boolean: "?",
    ua.VariantType.Int16: "h",
    ua.VariantType.UInt16: "H",
    ua.VariantType.Int32: "i",
    ua.VariantType.UInt32: "I",
    ua.VariantType.Float: "f",
    ua.VariantType.Double: "d",
}
SHAPES = {type_: (type_.value, Struct(f"<IBB{format_}Iqq")) for type_, format_ in FORMATS.items()}
"""Built-in type -> its number, and how handle, mask, type, value, status and times lie."""


class Ticks:
    """100 ns since 1601 of the newest moment: most values of a message share one."""

    def __init__(self) -> None:
        self._moment: datetime | None = None
        self._ticks = 0

    def of(self, moment: datetime) -> int:
        """Of a moment."""
        if moment is not self._moment:
            self._moment, self._ticks = moment, datetime_to_win_epoch(moment)
        return self._ticks


def data_change(items: Sequence[ua.MonitoredItemNotification]) -> ua.ExtensionObject:
    """The notification of these items."""
    ticks = Ticks()
    diagnostics = COUNT.pack(0)
    body = b"".join([COUNT.pack(len(items)), *[encoded(item, ticks) for item in items], diagnostics])
    return ua.ExtensionObject(TypeId=DATA_CHANGE, Body=ua.ByteString(body))


def encoded(item: ua.MonitoredItemNotification, ticks: Ticks) -> bytes:
    """One item."""
    data = item.Value
    held, status, source, server = data.Value, data.StatusCode, data.SourceTimestamp, data.ServerTimestamp
    if held is None or held.is_array or status is None or source is None or server is None:
        return struct_to_binary(item)
    shape = SHAPES.get(held.VariantType)
    if shape is None or data.SourcePicoseconds is not None or data.ServerPicoseconds is not None:
        return struct_to_binary(item)
    number, struct = shape
    return struct.pack(
        item.ClientHandle, COMPLETE, number, held.Value, status.value, ticks.of(source), ticks.of(server)
    )
