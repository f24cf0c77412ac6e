"""A data change notification as columns. THE SEAM: a faster decoder replaces this file and nothing else.

Pure: bytes, items and the instant of arrival in; columns and what could not be held out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import Primitives, struct_from_binary

from connectors.opcua.decode.scalar import Scalar, scalar_at
from connectors.opcua.decode.value import Cell, cell_of, ns_of
from twin.core.batch import Batch, batch
from twin.core.errors import Undecodable
from twin.core.instant import FAR_FUTURE
from twin.core.status import BAD, OVERFLOW
from twin.core.tags import TagType


@dataclass(frozen=True, slots=True)
class Target:
    """A tag that a monitored item feeds; several tags may pick from one array."""

    tag: int
    type: TagType
    pick: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Unheld:
    """A value, or the rest of a message, that no column could hold."""

    cause: str
    place: str
    payload: bytes


@dataclass(slots=True)
class Rows:
    """Columns under construction, and what was noticed on the way."""

    tag: list[int] = field(default_factory=list[int])
    time: list[int] = field(default_factory=list[int])
    value: list[float] = field(default_factory=list[float])
    status: list[int] = field(default_factory=list[int])
    text: list[str | None] = field(default_factory=list[str | None])
    unheld: list[Unheld] = field(default_factory=list[Unheld])
    overflow: int = 0
    seen: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])

    def batch(self, source: str) -> Batch | None:
        """The columns, or None when there is no row."""
        if not self.tag:
            return None
        return batch(source, self.tag, self.time, self.value, self.status, self.text)

    def add(self, tag: int, time: int, cell: Cell, status: int) -> None:
        """One row; a repeat of (tag, time) within the message gets +1 ns, so that none replaces another."""
        while (tag, time) in self.seen:
            time += 1
        self.seen.add((tag, time))
        self.tag.append(tag)
        self.time.append(time)
        self.value.append(cell[0])
        self.text.append(cell[1])
        self.status.append(status)


@dataclass(frozen=True, slots=True)
class Reading:
    """How notifications of one subscription are read.

    targets: by client handle. places: the node of each handle, for dead letters. rule: `source`, `server`, `arrival`.
    """

    targets: Sequence[Sequence[Target]]
    places: Sequence[str]
    rule: str = "source"


def add_data_changes(rows: Rows, body: bytes, reading: Reading, arrival: int) -> None:
    """Add the rows of one DataChangeNotification body (OPC 10000-4, 7.25.2); what cannot be read is `unheld`."""
    buffer = Buffer(body)
    try:
        for _ in range(max(0, Primitives.Int32.unpack(buffer))):
            number = scalar_at(body, buffer.cur_pos)
            if number is not None and add_number(rows, number, reading, arrival):
                buffer.skip(number.size)
                continue
            handle = Primitives.UInt32.unpack(buffer)
            add_value(rows, handle, struct_from_binary(ua.DataValue, buffer), reading, arrival)
    except Exception as error:  # a hostile byte may raise anything in the driver; the link lives on
        cause = f"notification: {type(error).__name__}"
        rows.unheld.append(Unheld(cause, "", body))


def add_number(rows: Rows, number: Scalar, reading: Reading, arrival: int) -> bool:
    """Add one row for each tag that the item feeds; False, and no row, when one of them wants more than the number."""
    if number.handle >= len(reading.targets):
        return False
    targets = reading.targets[number.handle]
    if any(target.pick or target.type is not TagType.NUMBER for target in targets):
        return False
    status = number.status
    rows.overflow += (status & OVERFLOW) == OVERFLOW
    time = (reading.rule == "source" and number.source) or (reading.rule != "arrival" and number.server) or arrival
    cell = (math.nan if status & BAD else number.value, None)
    for target in targets:
        rows.add(target.tag, time, cell, status)
    return True


def add_value(rows: Rows, handle: int, value: ua.DataValue, reading: Reading, arrival: int) -> None:
    """Add one row for each tag that the item feeds."""
    if handle >= len(reading.targets):
        rows.unheld.append(Unheld("unknown client handle", str(handle), repr(value).encode()))
        return
    status = 0 if value.StatusCode is None else value.StatusCode.value
    rows.overflow += (status & OVERFLOW) == OVERFLOW
    time = time_of(value, reading.rule, arrival)
    for target in reading.targets[handle]:
        try:
            rows.add(target.tag, time, kept(value, status, target), status)
        except Undecodable as error:
            rows.unheld.append(Unheld(error.cause, reading.places[handle], repr(value.Value).encode()))


def kept(value: ua.DataValue, status: int, target: Target) -> Cell:
    """What a tag keeps of a value: nothing at all when the status is Bad."""
    if status & BAD or value.Value is None:
        return math.nan, None
    return cell_of(value.Value.Value, target.pick, target.type)


def time_of(value: ua.DataValue, rule: str, arrival: int) -> int:
    """The sample's time by the connection's rule, ns: source, then server, then arrival, whichever is there first."""
    offered = {
        "source": (value.SourceTimestamp, value.ServerTimestamp),
        "server": (value.ServerTimestamp,),
        "arrival": (),
    }[rule]
    return next((ns for ns in map(usable, offered) if ns is not None), arrival)


def usable(moment: datetime | None) -> int | None:
    """The instant in ns, or None for the dates that mean "none": nothing, 1601, 9999, and what int64 ns cannot say."""
    if moment is None:
        return None
    ns = ns_of(moment)
    return ns if 0 < ns < FAR_FUTURE else None
