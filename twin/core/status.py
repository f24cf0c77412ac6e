"""OPC UA StatusCodes (OPC 10000-4, 7.39): the quality of every sample, whatever protocol brought it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GOOD = 0x00000000
UNCERTAIN = 0x40000000
UNCERTAIN_LAST_USABLE = 0x40900000
"""UncertainLastUsableValue: the source stopped answering; the value is the last one it gave."""
UNCERTAIN_SUBSTITUTE = 0x40910000
"""UncertainSubstituteValue: `value_or` of an expression took the other value."""
UNCERTAIN_SUB_NORMAL = 0x40A40000
"""UncertainSubNormal: also what intake gives a sample whose own time lay ahead of our clock and was restamped."""
BAD = 0x80000000
BAD_NO_DATA = 0x809B0000
BAD_NOT_CONNECTED = 0x808A0000
BAD_WAITING_FOR_INITIAL_DATA = 0x80320000
BAD_NODE_ID_UNKNOWN = 0x80340000
BAD_TYPE_MISMATCH = 0x80740000
BAD_OUT_OF_RANGE = 0x803C0000
BAD_SENSOR_FAILURE = 0x808C0000

OVERFLOW = 0x00000480
"""InfoType DataValue with the Overflow bit: the server dropped older samples of this item (7.39.1)."""

SEVERITY_MASK = 0xC0000000

_NAMES = {
    GOOD: "Good",
    UNCERTAIN: "Uncertain",
    UNCERTAIN_LAST_USABLE: "UncertainLastUsableValue",
    UNCERTAIN_SUBSTITUTE: "UncertainSubstituteValue",
    UNCERTAIN_SUB_NORMAL: "UncertainSubNormal",
    BAD: "Bad",
    BAD_NO_DATA: "BadNoData",
    BAD_NOT_CONNECTED: "BadNotConnected",
    BAD_WAITING_FOR_INITIAL_DATA: "BadWaitingForInitialData",
    BAD_NODE_ID_UNKNOWN: "BadNodeIdUnknown",
    BAD_TYPE_MISMATCH: "BadTypeMismatch",
    BAD_OUT_OF_RANGE: "BadOutOfRange",
    BAD_SENSOR_FAILURE: "BadSensorFailure",
}


def is_good(status: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Where the two top bits say Good."""
    return (status & np.uint32(SEVERITY_MASK)) == GOOD


def is_bad(status: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Where the top bit says Bad: there is no usable value."""
    return (status & np.uint32(BAD)) != 0


def has_overflow(status: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Where the server says that its queue overflowed before this sample."""
    return (status & np.uint32(OVERFLOW)) == OVERFLOW


def severity(status: int) -> str:
    """`good`, `uncertain` or `bad`, from the two top bits."""
    return {GOOD: "good", UNCERTAIN: "uncertain"}.get(status & SEVERITY_MASK, "bad")


def name(status: int) -> str:
    """The standard's name where we use it ourselves, else severity and the code in hex."""
    known = _NAMES.get(status & 0xFFFF0000)
    return known if known is not None else f"{severity(status).capitalize()} 0x{status:08X}"
