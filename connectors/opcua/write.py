"""A value given to the server: in the node's own type, once, and read back. What came of it is told as it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from struct import pack

from asyncua import ua
from asyncua.client.ua_session import UaSession
from asyncua.ua import uaerrors
from asyncua.ua.attribute_ids import AttributeIds

from connectors.opcua.failure import DRIVER_ERRORS
from connectors.opcua.link.services import builtin
from twin.core.errors import Misconfigured, Unreachable
from twin.core.ports import Written
from twin.core.status import BAD

CURRENT_WRITE = 0x02
"""Bit of AccessLevel: the value may be written (OPC 10000-3, 8.57)."""
NOT_WRITABLE, ACCESS_DENIED = 0x803B0000, 0x801F0000
CLAMPED, ASYNCHRONOUS = 0x00300000, 0x002E0000
BAD_TIMEOUT, BAD_COMMUNICATION = 0x800A0000, 0x80050000
INTEGERS: Mapping[ua.VariantType, tuple[int, int]] = {
    ua.VariantType.SByte: (-(2**7), 2**7 - 1),
    ua.VariantType.Byte: (0, 2**8 - 1),
    ua.VariantType.Int16: (-(2**15), 2**15 - 1),
    ua.VariantType.UInt16: (0, 2**16 - 1),
    ua.VariantType.Int32: (-(2**31), 2**31 - 1),
    ua.VariantType.UInt32: (0, 2**32 - 1),
    ua.VariantType.Int64: (-(2**63), 2**63 - 1),
    ua.VariantType.UInt64: (0, 2**64 - 1),
}
FLOAT_LARGEST = 3.4028234663852886e38

ReadBack = Callable[[ua.NodeId], Awaitable[ua.DataValue]]
"""Reads a node's value on a link of its own, when the one that wrote is gone."""


@dataclass(frozen=True, slots=True)
class Spot:
    """What a server says of a node before it is written. refusal: status code that a write would get, 0 for none."""

    type: ua.VariantType
    refusal: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value for the node at a place. nearest, last_look: see twin.core.ports.Writable."""

    place: str
    value: float | str
    nearest: bool
    last_look: Callable[[float], None]


async def write_value(session: UaSession, node: ua.NodeId, wanted: Wanted, *, again: ReadBack) -> Written:
    """Write one node once and read it back.

    Raises Misconfigured: the value does not fit the node's type; Unreachable: the link was gone before anything was
    sent. Whatever happens after the request went out is an outcome, not an error: it may have been written.
    """
    place = wanted.place
    try:
        spot = await _look(session, node, place)
    except DRIVER_ERRORS as error:
        raise Unreachable(f"{place}: nothing was sent, for the node could not be read first ({told(error)})") from error
    if spot.refusal:
        return Written("refused", spot.refusal, f"{status_name(spot.refusal)}: {place} cannot be written; nothing sent")
    variant = fitting(wanted.value, spot.type, place, wanted.nearest)
    if isinstance(wanted.value, int | float):
        wanted.last_look(variant.Value if isinstance(variant.Value, int | float) else wanted.value)
    try:
        status = await _send(session, node, variant)
    except DRIVER_ERRORS as error:
        if isinstance(error, ua.UaStatusCodeError) and not lost(error):
            return Written("refused", error.code, f"the server refused the call: {told(error)}")
        return await _unknown(node, variant, error, again)
    held = await _held(session, node)
    if status & BAD:
        return Written("refused", status, f"the server refused it: {status_name(status)}", shown(held))
    return Written("done", status, remark(status, variant, held), shown(held))


async def _look(session: UaSession, node: ua.NodeId, place: str) -> Spot:
    """The node's own type and whether it takes a value from us; the value's type where the declared one is derived."""
    asked = (AttributeIds.DataType, AttributeIds.AccessLevel, AttributeIds.UserAccessLevel, AttributeIds.Value)
    wanted = ua.ReadParameters(NodesToRead=[ua.ReadValueId(NodeId=node, AttributeId=one) for one in asked])
    declared, access, own, value = await session.read(wanted)
    if declared.StatusCode is not None and declared.StatusCode.value & BAD:
        return Spot(ua.VariantType.Null, declared.StatusCode.value)
    if not allows(access):
        return Spot(ua.VariantType.Null, NOT_WRITABLE)
    if not allows(own):
        return Spot(ua.VariantType.Null, ACCESS_DENIED)
    held = value.Value
    if held is not None and held.is_array:
        raise Misconfigured(f"{place} is an array; write to the element's own node")
    kind = builtin(declared.Value.Value if declared.Value is not None else None)
    if kind is None and held is not None:
        kind = held.VariantType
    if kind is None or kind is ua.VariantType.Null:
        raise Misconfigured(f"{place}: the server does not say of which type its value is")
    return Spot(kind, 0)


def allows(level: ua.DataValue) -> bool:
    """Whether an access level holds the bit for writing; a server that has no answer is asked by the write itself."""
    found = level.Value.Value if level.Value is not None else None
    return not isinstance(found, int) or bool(found & CURRENT_WRITE)


def fitting(value: float | str, kind: ua.VariantType, place: str, nearest: bool) -> ua.Variant:
    """The value in the node's own type. Raises Misconfigured when it does not fit; nothing is bent to fit.

    >>> fitting(1.0, ua.VariantType.Boolean, "x", False).Value
    True
    """
    if kind is ua.VariantType.String:
        return ua.Variant(value if isinstance(value, str) else f"{value:.15g}", kind)
    if isinstance(value, str):
        raise Misconfigured(f"{place} takes {kind.name}, not the text {value!r}")
    if kind is ua.VariantType.Boolean:
        if value not in {0, 1}:
            raise Misconfigured(f"{place} takes Boolean: 0 or 1, not {value:g}")
        return ua.Variant(bool(value), kind)
    if kind in INTEGERS:
        return ua.Variant(_whole(value, kind, place, nearest), kind)
    if kind is ua.VariantType.Double or (kind is ua.VariantType.Float and abs(value) <= FLOAT_LARGEST):
        return ua.Variant(float(value), kind)
    raise Misconfigured(f"{place} takes {kind.name}; {value:g} cannot be written to it")


def _whole(value: float, kind: ua.VariantType, place: str, nearest: bool) -> int:
    low, high = INTEGERS[kind]
    if value != round(value) and not nearest:
        raise Misconfigured(f"{place} takes {kind.name}: a whole number, not {value:.15g}")
    if not low <= round(value) <= high:
        raise Misconfigured(f"{place} takes {kind.name}: {low} to {high}, not {value:.15g}")
    return round(value)


async def _send(session: UaSession, node: ua.NodeId, variant: ua.Variant) -> int:
    """The status that the server gives. No time and no status go along: many servers refuse a value that has them."""
    wanted = ua.WriteValue(NodeId=node, AttributeId=AttributeIds.Value, Value=ua.DataValue(variant))
    [status] = await session.write(ua.WriteParameters(NodesToWrite=[wanted]))
    return status.value


async def _unknown(node: ua.NodeId, variant: ua.Variant, error: BaseException, again: ReadBack) -> Written:
    """The answer was lost. It is not sent again: that is for a person who has seen what the server holds now."""
    code = error.code if isinstance(error, ua.UaStatusCodeError) else BAD_COMMUNICATION
    code = BAD_TIMEOUT if isinstance(error, TimeoutError) else code
    try:
        held = await again(node)
    except (*DRIVER_ERRORS, Unreachable, Misconfigured) as second:
        return Written(
            "unknown", code, f"the answer was lost ({told(error)}), and it could not be read ({told(second)})"
        )
    same = "what was sent" if agrees(variant, held) else "something else"
    text = f"the answer was lost ({told(error)}); the server now holds {same}: {shown(held)}"
    return Written("unknown", code, text, shown(held))


async def _held(session: UaSession, node: ua.NodeId) -> ua.DataValue | None:
    """What the node holds now; None when it cannot be read any more."""
    try:
        [value] = await session.read_attributes([node], AttributeIds.Value)
    except DRIVER_ERRORS:
        return None
    return value


def remark(status: int, variant: ua.Variant, held: ua.DataValue | None) -> str:
    """What is to be said of a write that the server took."""
    if status & 0xFFFF0000 == CLAMPED:
        return f"the server took it, and clamped it to {shown(held)}"
    if status & 0xFFFF0000 == ASYNCHRONOUS:
        return "the server took it, and will carry it out later"
    if held is None:
        return "written; it could not be read back"
    return "written, and read back" if agrees(variant, held) else f"written; afterwards the node held {shown(held)}"


def agrees(sent: ua.Variant, held: ua.DataValue) -> bool:
    """Whether a node holds what was sent; a Float as precisely as the wire carries it."""
    found = None if held.Value is None else held.Value.Value
    if sent.VariantType is ua.VariantType.Float and isinstance(found, float):
        return pack("<f", sent.Value) == pack("<f", found)
    return bool(found == sent.Value)


def status_name(status: int) -> str:
    """The standard's name of a code."""
    return ua.StatusCode(ua.UInt32(status)).name


def shown(value: ua.DataValue | None) -> str:
    """A value as people read it; the name of its status where it has none, nothing for none."""
    if value is None:
        return ""
    if value.Value is None or value.Value.Value is None:
        return status_name(value.StatusCode.value) if value.StatusCode is not None else ""
    found = value.Value.Value
    if isinstance(found, bool):
        return str(int(found))
    return f"{found:.15g}" if isinstance(found, float) else str(found)


LOST = (
    uaerrors.BadTimeout,
    uaerrors.BadRequestTimeout,
    uaerrors.BadConnectionClosed,
    uaerrors.BadCommunicationError,
    uaerrors.BadSecureChannelClosed,
    uaerrors.BadSessionClosed,
    uaerrors.BadShutdown,
)


def lost(error: ua.UaStatusCodeError) -> bool:
    """Whether a code says that no answer came, rather than what the answer was."""
    return isinstance(error, LOST)


def told(error: BaseException) -> str:
    """An error in few words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ua.UaStatusCodeError):
        return type(error).__name__
    return str(error) or type(error).__name__
