"""Numbers in a notification, read by one struct call each: most of what a PLC sends. All else is the driver's to read.

Pure: bytes in, numbers out (MonitoredItemNotification, OPC 10000-4, 7.25.2; DataValue, OPC 10000-6, 5.2.2.17).
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from connectors.opcua.decode.value import EXACT
from twin.core.instant import FAR_FUTURE

VALUE, STATUS, SOURCE_TIME, SERVER_TIME = 0x01, 0x02, 0x04, 0x08
"""Bits of the encoding mask. Picoseconds (0x10, 0x20) are left to the driver."""
FORMATS = {1: "?", 2: "b", 3: "B", 4: "h", 5: "H", 6: "i", 7: "I", 8: "q", 9: "Q", 10: "f", 11: "d"}
"""Built-in type of a scalar -> its format."""
HEAD = 6
"""Handle, mask and type: what tells how the rest is read."""
TICKS_TO_1970 = 116_444_736_000_000_000
"""100 ns since 1601."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number of an item. source, server: ns, None where there is no usable one. size: its bytes on the wire."""

    handle: int
    value: float
    status: int
    source: int | None
    server: int | None
    size: int


def scalar_at(body: bytes, at: int) -> Scalar | None:
    """The number that begins there; None for everything that is not a plain number, a cut body among it."""
    if at + HEAD > len(body):
        return None
    mask = body[at + 4]
    shape = SHAPES.get(mask << 8 | body[at + 5])
    if shape is None or at + shape.size > len(body):
        return None
    fields = shape.unpack_from(body, at)
    value = fields[1]
    if not -EXACT <= value <= EXACT and type(value) is int:
        return None  # its digits go into the text column
    status = fields[2] if mask & STATUS else 0
    source = usable_ns(fields[2 + (mask >> 1 & 1)]) if mask & SOURCE_TIME else None
    return Scalar(
        fields[0], float(value), status, source, usable_ns(fields[-1]) if mask & SERVER_TIME else None, shape.size
    )


def usable_ns(ticks: int) -> int | None:
    """The instant, to the microsecond as the driver gives it; None for the dates that mean "none"."""
    ns = (ticks - TICKS_TO_1970) // 10 * 1000
    return ns if 0 < ns < FAR_FUTURE else None


def _shape(mask: int, number: str) -> Struct:
    times = [bit for bit in (SOURCE_TIME, SERVER_TIME) if mask & bit]
    return Struct("<I2x" + number + ("I" if mask & STATUS else "") + "q" * len(times))


SHAPES = {
    (mask << 8 | kind): _shape(mask, number) for mask in range(16) if mask & VALUE for kind, number in FORMATS.items()
}
"""Mask and type -> how handle, number, status and times lie."""
