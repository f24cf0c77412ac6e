"""A data change notification as columns: one Python object per message, for most of what a PLC sends none per value.

Pure: bytes, items and the instant of arrival in; columns and what could not be held out.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from asyncua import ua
from numpy.typing import NDArray

from connectors.opcua.decode.aim import Aims, Target
from connectors.opcua.decode.builtin import BOOLEAN, KIND, NULL, NUMBERS, STRING, TICKS_TO_1970, Raw, Values, numbers
from connectors.opcua.decode.layout import (
    BARE,
    HEAD,
    LENGTH,
    LONG_HEAD,
    SERVER_TIME,
    SOURCE_PICOSECONDS,
    SOURCE_TIME,
    STATUS,
    VALUE,
    Plan,
    Positions,
    Walk,
    fits,
    gather,
)
from connectors.opcua.decode.rows import Rows, Unheld
from connectors.opcua.decode.structure import Structures
from connectors.opcua.decode.value import EXACT, Cell, cell_of, ns_of
from twin.core.batch import text_column
from twin.core.errors import Undecodable
from twin.core.instant import FAR_FUTURE
from twin.core.status import BAD, OVERFLOW

__all__ = ["Reading", "Rows", "Target", "Unheld", "add_data_changes", "add_value", "kept", "time_of"]

MOST_PLANS = 32
"""Plans that are kept, the one used longest ago forgotten first: a subscription's messages have a few shapes."""
LAST_TICK = (FAR_FUTURE - 1) // 100 + TICKS_TO_1970
Column = NDArray[Any]


@dataclass(slots=True)
class Memory:
    """What one message taught for the next: plans by shape, the tables of targets, and for which version of these."""

    plans: OrderedDict[tuple[int, bytes], Plan] = field(default_factory=OrderedDict[tuple[int, bytes], Plan])
    aims: Aims = field(default_factory=lambda: Aims(()))
    version: int = -1


def unchanged() -> int:
    """The version of targets that never change."""
    return 0


@dataclass(frozen=True, slots=True)
class Reading:
    """How notifications are read.

    targets: by client handle. places: the node of each handle, for dead letters. rule: `source`, `server`, `arrival`.
    version: another number whenever the targets have changed. structures: what the server told of its types.
    """

    targets: Sequence[Sequence[Target]]
    places: Sequence[str]
    rule: str = "source"
    version: Callable[[], int] = unchanged
    structures: Structures = field(default_factory=Structures)
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)

    def aims(self) -> Aims:
        """The targets of now."""
        memory, version = self.memory, self.version()
        if memory.version != version or len(memory.aims) != len(self.targets):
            memory.aims, memory.version = Aims(self.targets), version
        return memory.aims


def add_data_changes(rows: Rows, body: bytes, reading: Reading, arrival: int) -> None:
    """Add the rows of one DataChangeNotification body (OPC 10000-4, 7.25.2); what cannot be read is `unheld`."""
    plan, cut = plan_of(body, reading)
    if len(plan):
        Message(body, plan, reading, arrival).add_to(rows)
    if cut is not None:
        rows.unheld.append(Unheld(f"notification: {cut.cause}", "", body))


def plan_of(body: bytes, reading: Reading) -> tuple[Plan, Undecodable | None]:
    """Where the records lie, by a plan that is known if there is one; and why they end too early."""
    plans = reading.memory.plans
    count = LENGTH.unpack_from(body)[0] if len(body) >= LENGTH.size else 0
    key = (count, body[LENGTH.size : LENGTH.size + HEAD])
    known = plans.get(key)
    found = fits(known, body) if known is not None else None
    if found is not None:
        plans.move_to_end(key)
        return found, None
    walk = Walk(body, count, reading.structures.opened)
    walk.go()
    plan = walk.plan()
    if walk.cut is None and plan.lasts:
        plans[key] = plan
        if len(plans) > MOST_PLANS:
            plans.popitem(last=False)
    cut = walk.cut if len(body) >= LENGTH.size else Undecodable("cut off")
    return plan, cut


@dataclass(slots=True)
class Message:
    """The records of one body on their way into columns."""

    body: bytes
    plan: Plan
    reading: Reading
    arrival: int

    def add_to(self, rows: Rows) -> None:
        """Add one row for each tag that each record's item feeds."""
        aims = self.reading.aims()
        handles = self.plan.handles
        status, own, time = self.tails()
        rows.overflow += int(((status & np.uint32(OVERFLOW)) == OVERFLOW).sum()) if status.any() else 0
        value, odd = self.numbers(aims, status)
        text = None if odd is None else self.texts(aims, status, odd)
        if odd is None or not odd.any():
            tags, of = aims.spread(handles)
            if of is not None:
                time, value, status = time[of], value[of], status[of]
            rows.extend(tags, time, value, status, taken(text, of), taken(own, of))
            return
        easy = np.flatnonzero(~odd)
        tags, of = aims.spread(handles[easy])
        record = easy if of is None else easy[of]
        more = self.others(np.flatnonzero(odd), aims, status, rows)
        texts = [None] * len(record) if text is None else text[record].tolist()
        values = np.concatenate([value[record], np.array([m[2][0] for m in more], dtype=np.float64)])
        record = np.concatenate([record, np.array([m[0] for m in more], dtype=np.int64)])
        tags = np.concatenate([tags, np.array([m[1] for m in more], dtype=np.int32)])
        order = np.argsort(record, kind="stable")
        record = record[order]
        said = text_column([*texts, *(m[2][1] for m in more)])
        rows.extend(tags[order], time[record], values[order], status[record], taken(said, order), taken(own, record))

    def texts(self, aims: Aims, status: NDArray[np.uint32], odd: NDArray[np.bool_]) -> NDArray[np.object_] | None:
        """The text of each record that is a String for tags of text, which are odd no more; None for no text at all."""
        plan = self.plan
        records = np.flatnonzero(odd & (plan.form >> np.uint16(8) == STRING) & ((plan.form & VALUE) != 0))
        records = records[plan.handles[records] < len(aims)]
        records = records[aims.text[plan.handles[records]] & ((status[records] & np.uint32(BAD)) == 0)]
        if not len(records):
            return None
        body = self.body
        places = zip((plan.at[records] + LONG_HEAD).tolist(), plan.tail[records].tolist(), strict=True)
        try:
            found = [body[begin:end].decode() for begin, end in places]
        except UnicodeDecodeError:
            return None  # which one it is, is found one by one
        text = np.full(len(plan), None, dtype=object)
        text[records] = found
        text[records[gather(body, "<i4", plan.at[records], 0, HEAD) < 0]] = None
        odd[records] = False
        return text

    def at_tail(self, form: str, shift: int, records: Positions | None) -> Column:
        """A field of the tails of records."""
        plan = self.plan
        at = plan.tail if records is None else plan.tail[records]
        return gather(self.body, form, at, plan.stride, shift)

    def tails(self) -> tuple[NDArray[np.uint32], NDArray[np.int64] | None, NDArray[np.int64]]:
        """Status, the sample's own time where it is not the one that is kept, and the time by the rule."""
        count = len(self.plan)
        status = np.zeros(count, dtype=np.uint32)
        source, server = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        for mask, records in self.plan.masks:
            where = slice(None) if records is None else records
            shift = 0
            if mask & STATUS:
                status[where] = self.at_tail("<u4", shift, records)
                shift += 4
            if mask & SOURCE_TIME:
                source[where] = self.at_tail("<i8", shift, records)
                shift += 8
            shift += 2 * bool(mask & SOURCE_PICOSECONDS)
            if mask & SERVER_TIME:
                server[where] = self.at_tail("<i8", shift, records)
        rule = self.reading.rule
        if rule == "source":
            return status, None, instants(source, server, self.arrival)
        own = instants(source, server, self.arrival)
        if rule == "server":
            return status, own, instants(server, server, self.arrival)
        return status, own, np.full(count, self.arrival, dtype=np.int64)

    def numbers(self, aims: Aims, status: NDArray[np.uint32]) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
        """The value of each record that is a plain number for plain number tags, NaN for the others, and which others.

        None: there are no others. A record without a value, or of Bad status, has no value, whatever the tag.
        """
        plan = self.plan
        value = np.full(len(plan), math.nan)
        other = np.zeros(len(plan), dtype=np.bool_)
        for kind, records in plan.groups:
            where = slice(None) if records is None else records
            if kind in NUMBERS:
                at = plan.at if records is None else plan.at[records]
                form = "u1" if kind == BOOLEAN else NUMBERS[kind]
                raw = gather(self.body, form, at, plan.stride, HEAD)
                value[where] = raw if kind != BOOLEAN else raw != 0
                if form[-1] == "8" and form[-2] != "f":
                    other[where] = past_exact(raw)
            elif kind != NULL:
                other[where] = True
        is_bad = (status & np.uint32(BAD)) != 0
        value[is_bad] = math.nan
        known = plan.handles < len(aims)
        if known.all():
            other |= ~aims.number[plan.handles]
        else:
            other |= ~known
            other[known] |= ~aims.number[plan.handles[known]]
        return value, other if other.any() else None

    def others(
        self, records: Positions, aims: Aims, status: NDArray[np.uint32], rows: Rows
    ) -> list[tuple[int, int, Cell]]:
        """(record, tag, cell) of those that are no plain numbers; what no tag can hold is `unheld`."""
        found: list[tuple[int, int, Cell]] = []
        plan, body = self.plan, self.body
        handles, statuses = plan.handles[records].tolist(), status[records].tolist()
        places = zip(records.tolist(), handles, statuses, plan.form[records].tolist(), strict=True)
        tails, begins = plan.tail, plan.at
        for record, handle, code, form in places:
            if handle >= len(aims):
                rows.unheld.append(Unheld("unknown client handle", str(handle), body[begins[record] : tails[record]]))
                continue
            targets = aims.targets[handle]
            if code & BAD or not form & 1:
                found += [(record, target.tag, (math.nan, None)) for target in targets]
                continue
            self.add_any(found, rows, record, targets, form >> 8)
        return found

    def add_any(
        self, found: list[tuple[int, int, Cell]], rows: Rows, record: int, targets: Sequence[Target], kind: int
    ) -> None:
        """Any value for any tags."""
        value = self.value(record, kind)
        begin, tail = int(self.plan.at[record]), int(self.plan.tail[record])
        for target in targets:
            try:
                found.append((record, target.tag, cell_of(value, target.pick, target.type)))
            except Undecodable as error:
                place = self.reading.places[int(self.plan.handles[record])]
                rows.unheld.append(Unheld(error.cause, place, self.body[begin + BARE : tail]))

    def value(self, record: int, kind: int) -> Any:
        """The value of a record. The walk has read each that can be of more than one length."""
        if record in self.plan.values:
            return self.plan.values[record]
        begin = int(self.plan.at[record])
        if kind & KIND in NUMBERS and kind != kind & KIND:
            return self.array(begin, kind & KIND)
        return Values(self.body, begin + BARE).variant()

    def array(self, begin: int, kind: int) -> Any:
        """An array of numbers; None for the null one."""
        count = LENGTH.unpack_from(self.body, begin + HEAD)[0]
        return None if count < 0 else numbers(kind, self.body, begin + LONG_HEAD, count)


def past_exact(raw: Column) -> NDArray[np.bool_]:
    """Which integers have digits that float64 cannot hold."""
    high = raw > EXACT
    return high if raw.dtype.kind == "u" else high | (raw < -EXACT)


def instants(ticks: NDArray[np.int64], instead: NDArray[np.int64], arrival: int) -> NDArray[np.int64]:
    """Instants of 100-ns ticks since 1601; where a date means none (0, 1601, 9999), `instead`, then the arrival."""
    usable = (ticks > TICKS_TO_1970) & (ticks <= LAST_TICK)
    if usable.all():
        return (ticks - TICKS_TO_1970) * 100
    if instead is ticks:
        return np.where(usable, (np.where(usable, ticks, TICKS_TO_1970) - TICKS_TO_1970) * 100, arrival)
    return np.where(
        usable, (np.where(usable, ticks, TICKS_TO_1970) - TICKS_TO_1970) * 100, instants(instead, instead, arrival)
    )


def taken(column: Column | None, at: Positions | None) -> Column | None:
    """The rows of a column that may not be there."""
    return column if column is None or at is None else column[at]


def add_value(rows: Rows, handle: int, value: ua.DataValue, reading: Reading, arrival: int) -> None:
    """Add one row for each tag that the item feeds, of a value that the driver has read."""
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


def kept(value: ua.DataValue, status: int, target: Target, structures: Structures | None = None) -> Cell:
    """What a tag keeps of a value that the driver has read: nothing at all when the status is Bad."""
    if status & BAD or value.Value is None:
        return math.nan, None
    held = value.Value.Value
    return cell_of(held if structures is None else opened(held, structures), target.pick, target.type)


def opened(value: Any, structures: Structures) -> Any:
    """A value with the structures in it as the server describes them, where it does."""
    if isinstance(value, list):
        return [opened(one, structures) for one in value]
    if not isinstance(value, ua.ExtensionObject) or value.Body is None:
        return value
    try:
        return structures.opened(value.TypeId.to_string(), value.Body)
    except Undecodable as error:
        return Raw(value.TypeId.to_string(), value.Body, error.cause)


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
