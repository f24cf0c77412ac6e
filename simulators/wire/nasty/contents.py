"""Values that are bad, wrong, many or large."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from asyncua import ua

from simulators.wire.nasty.quirk import Quirk
from simulators.wire.nasty.switch import Switch

if TYPE_CHECKING:
    from simulators.wire.nodes import Variable

CODES = (
    0x00000000,  # Good
    0x00960000,  # GoodLocalOverride
    0x40000000,  # Uncertain
    0x40900000,  # UncertainLastUsableValue
    0x40930000,  # UncertainSensorNotAccurate
    0x40940000,  # UncertainEngineeringUnitsExceeded
    0x80000000,  # Bad
    0x80310000,  # BadNoCommunication
    0x80320000,  # BadWaitingForInitialData
    0x808B0000,  # BadDeviceFailure
    0x808C0000,  # BadSensorFailure
    0x808D0000,  # BadOutOfService
)
"""In turn; a Bad one comes without a value but for BadSensorFailure, with which some servers leave the last one."""
WITH_VALUE = 0x808C0000
BAD = 0x80000000
NOT_NUMBERS = (math.nan, math.inf, -math.inf)
FLOATS = (ua.VariantType.Float, ua.VariantType.Double)
LARGE = 25_000
"""Doubles in an array of 200 kB."""


class Statuses(Quirk):
    """Sensors that fail in all the ways there are."""

    def data(self, variable: Variable, data: ua.DataValue, first: bool) -> ua.DataValue:
        """The next status, each node at its own place in the round."""
        code = CODES[0 if first else (variable.writes + variable.number) % len(CODES)]
        gone = code & BAD and code != WITH_VALUE
        return replace(data, Value=ua.Variant() if gone else data.Value, StatusCode=ua.StatusCode(ua.UInt32(code)))


class NotNumbers(Quirk):
    """A division by zero in the PLC."""

    def data(self, variable: Variable, data: ua.DataValue, first: bool) -> ua.DataValue:
        """Every other value of a Float or Double is NaN, infinity or minus infinity."""
        turn, odd = divmod(variable.writes, 2)
        if variable.type not in FLOATS or not odd or data.Value is None or isinstance(data.Value.Value, list):
            return data
        return replace(data, Value=ua.Variant(NOT_NUMBERS[turn % len(NOT_NUMBERS)], variable.type))


class StringForNumber(Quirk):
    """A gateway that writes its error into the value."""

    def data(self, variable: Variable, data: ua.DataValue, first: bool) -> ua.DataValue:
        """Every fifth value is a text, of Good status."""
        if first or variable.writes % 5:
            return data
        return replace(data, Value=ua.Variant("#ERR", ua.VariantType.String))


class HugeValues(Quirk):
    """A trace where a number was expected."""

    def data(self, variable: Variable, data: ua.DataValue, first: bool) -> ua.DataValue:
        """The server's first variable as the head of an array of 200 kB; more than one chunk."""
        if variable.number or data.Value is None or isinstance(data.Value.Value, list):
            return data
        return replace(data, Value=ua.Variant([float(data.Value.Value)] * LARGE, ua.VariantType.Double))


class Duplicates(Quirk):
    """A server that notifies twice."""

    def notified(self, item: ua.MonitoredItemNotification) -> Sequence[ua.MonitoredItemNotification]:
        """Each notification two times."""
        return (item, item)


class Silent(Quirk):
    """A server whose data source hangs: its subscriptions live, and say nothing but that."""

    def notified(self, item: ua.MonitoredItemNotification) -> Sequence[ua.MonitoredItemNotification]:
        """No notification."""
        return ()


SWITCHES: Sequence[Switch] = (
    Switch(
        "statuses",
        "opcua",
        "Good, Uncertain and Bad take turns, twelve codes",
        "every code whole; of a Bad value nothing but its code",
        Statuses,
    ),
    Switch(
        "not-numbers",
        "opcua",
        "every other Float or Double is NaN, infinity or minus infinity",
        "every value as it is",
        NotNumbers,
    ),
    Switch(
        "string-for-number",
        "opcua",
        "every fifth value is a text, of Good status",
        "the numbers; each text told and nothing made of it",
        StringForNumber,
    ),
    Switch(
        "huge-values",
        "opcua",
        "the first variable is an array of 200 kB",
        "its first element, and every other value",
        HugeValues,
    ),
    Switch("duplicates", "opcua", "every notification comes twice", "every value once", Duplicates),
    Switch(
        "silent",
        "opcua",
        "no notification any more, only keep-alives, while values change",
        "the silence is noticed, and values are got in another way or their age is told",
        Silent,
    ),
)
