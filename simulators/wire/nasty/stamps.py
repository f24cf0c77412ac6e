"""Times that are wrong, missing or stand still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds

from simulators.wire.nasty.quirk import Quirk
from simulators.wire.nasty.switch import ANY, START, Switch

if TYPE_CHECKING:
    from asyncua.server.server import Server

    from simulators.wire.nodes import Variable

BEHIND = timedelta(minutes=40)
MONTHS = timedelta(days=150)
NEVER, FOR_EVER = datetime(1601, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
CURRENT_TIME = ua.NodeId(ua.Int32(ObjectIds.Server_ServerStatus_CurrentTime))


def stamped(data: ua.DataValue, source: datetime | None, server: datetime | None) -> ua.DataValue:
    """The same value with other times."""
    return replace(data, SourceTimestamp=cast(ua.DateTime, source), ServerTimestamp=cast(ua.DateTime, server))


def earlier(moment: datetime | None, by: timedelta) -> datetime | None:
    """A stamp moved back; none stays none."""
    return None if moment is None else moment - by


class ClockBehind(Quirk):
    """The PLC's clock, and the server's with it."""

    async def prepare(self, server: Server) -> None:
        """Let the server's own CurrentTime be behind, too."""
        server.disable_clock()

        def now(*_: object) -> ua.DataValue:
            moment = datetime.now(UTC) - BEHIND
            return stamped(ua.DataValue(ua.Variant(moment, ua.VariantType.DateTime)), moment, moment)

        server.iserver.aspace.set_attribute_value_callback(CURRENT_TIME, AttributeIds.Value, now)

    def data(self, variable: Variable, data: ua.DataValue, first: bool) -> ua.DataValue:
        """Both stamps 40 minutes back."""
        return stamped(data, earlier(data.SourceTimestamp, BEHIND), earlier(data.ServerTimestamp, BEHIND))


class OldFirst(Quirk):
    """A value that has not changed since spring is what the first notification brings."""

    def data(self, variable: Variable, data: ua.DataValue, first: bool) -> ua.DataValue:
        """The first value's stamps 150 days back."""
        if not first:
            return data
        return stamped(data, earlier(data.SourceTimestamp, MONTHS), earlier(data.ServerTimestamp, MONTHS))


class NoSourceTime(Quirk):
    """A gateway that stamps nothing but what it sends."""

    def data(self, variable: Variable, data: ua.DataValue, first: bool) -> ua.DataValue:
        """No source timestamp."""
        return stamped(data, None, data.ServerTimestamp)


class Fixed(Quirk):
    """A source that stamps all it sends with one date, here one that means "none" (OPC 10000-6, 5.2.2.5)."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def data(self, variable: Variable, data: ua.DataValue, first: bool) -> ua.DataValue:
        """This source timestamp."""
        return stamped(data, self._moment, data.ServerTimestamp)


class FrozenTime(Quirk):
    """A PLC whose clock stands."""

    def __init__(self) -> None:
        self._stood: datetime | None = None

    def data(self, variable: Variable, data: ua.DataValue, first: bool) -> ua.DataValue:
        """Both stamps as they were in the first value."""
        self._stood = self._stood or data.SourceTimestamp
        return stamped(data, self._stood, self._stood)


class WholeSeconds(Quirk):
    """Several values of one node carry the same stamp."""

    def data(self, variable: Variable, data: ua.DataValue, first: bool) -> ua.DataValue:
        """Both stamps cut to the second."""
        source, server = data.SourceTimestamp, data.ServerTimestamp
        return stamped(data, source and source.replace(microsecond=0), server and server.replace(microsecond=0))


CLOCK = "the stamps"

SWITCHES: Sequence[Switch] = (
    Switch(
        "clock-behind",
        "opcua",
        "the clock of PLC and server is 40 minutes behind",
        "every value, and a word about the clock",
        ClockBehind,
        START,
        CLOCK,
    ),
    Switch(
        "old-first",
        "opcua",
        "the first notification is 150 days old",
        "the old value with its own time, or known now and since when, then every value",
        OldFirst,
        START,
    ),
    Switch(
        "no-source-time",
        "opcua",
        "source timestamps are missing",
        "every value at the server's time",
        NoSourceTime,
        ANY,
        CLOCK,
    ),
    Switch(
        "stamps-of-1601",
        "opcua",
        "source timestamps are 1601-01-01, the zero of the protocol",
        "every value at the server's time",
        lambda: Fixed(NEVER),
        ANY,
        CLOCK,
    ),
    Switch(
        "stamps-of-9999",
        "opcua",
        "source timestamps are of the year 9999",
        "every value at the server's time",
        lambda: Fixed(FOR_EVER),
        ANY,
        CLOCK,
    ),
    Switch(
        "frozen-time",
        "opcua",
        "timestamps stand still while values change",
        "every value, in order, and a word about the clock",
        FrozenTime,
        ANY,
        CLOCK,
    ),
    Switch(
        "whole-seconds",
        "opcua",
        "timestamps are cut to the second, so several values share one",
        "every value, in order",
        WholeSeconds,
        ANY,
        CLOCK,
    ),
)
