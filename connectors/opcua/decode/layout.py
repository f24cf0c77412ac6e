"""Where the records of a data change lie in its body, found by a walk once and by a plan from then on. Pure.

A record is handle, mask, value, status, times (MonitoredItemNotification, OPC 10000-4, 7.25.2; DataValue, OPC 10000-6,
5.2.2.17), and its length hangs on its mask, its type and, for texts and arrays, on one length more. `walk` finds the
records one by one, those of equal form in a row at once. What it found is a `Plan`: for the next message it is enough
to read the lengths again and to see that each record still begins with the same mask and type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.opcua.decode.builtin import (
    ARRAY,
    BYTE_STRING,
    DATE_TIME,
    STRING,
    UNREAD,
    WIDTHS,
    XML_ELEMENT,
    Opener,
    Values,
    tail_size,
)
from connectors.opcua.decode.reader import length_of
from twin.core.errors import Undecodable

VALUE, STATUS, SOURCE_TIME, SERVER_TIME, SOURCE_PICOSECONDS = 0x01, 0x02, 0x04, 0x08, 0x10
"""Bits of a DataValue's mask."""
BARE, HEAD, LONG_HEAD = 5, 6, 10
"""Bytes before a record's value: handle and mask; its type too; and a length."""
FORM, LENGTH = Struct("<H"), Struct("<i")
ALIKE = 16
"""So many records of one form in a row, and more of them are looked for at once."""
Positions = NDArray[np.int64]


def _fixed() -> dict[int, int]:
    """Form (mask and type) -> bytes of a record without a length in it."""
    found: dict[int, int] = {}
    for mask in range(UNREAD & -UNREAD):
        if not mask & VALUE:
            found |= dict.fromkeys([mask | kind << 8 for kind in range(256)], BARE + tail_size(mask))
            continue
        found |= {mask | kind << 8: HEAD + width + tail_size(mask) for kind, width in WIDTHS.items()}
        found |= {mask: HEAD + tail_size(mask), mask | DATE_TIME << 8: HEAD + 8 + tail_size(mask)}
    return found


def _sprung() -> dict[int, tuple[int, int]]:
    """Form -> bytes of a record with a length in it: those besides the elements, and those of each element."""
    widths = dict.fromkeys((STRING, BYTE_STRING, XML_ELEMENT), 1)
    widths |= {kind | ARRAY: width for kind, width in WIDTHS.items()} | {DATE_TIME | ARRAY: 8}
    masks = [mask for mask in range(UNREAD & -UNREAD) if mask & VALUE]
    return {m | kind << 8: (LONG_HEAD + tail_size(m), width) for m in masks for kind, width in widths.items()}


FIXED, SPRUNG = _fixed(), _sprung()


@dataclass(frozen=True, slots=True)
class Plan:
    """How the records of a message lie, as long as their lengths are these.

    at: where each begins. form: mask and type. tail: where its status and times begin. handles: of the items.
    springs: which records have a length in them; lengths: the lengths (none is below 0); widths: bytes of one element.
    end: where the records end.
    stride: bytes from one record to the next when all are of one form without a length, else 0.
    values: of records whose form says too little to find them again; a plan with any is for one message only.
    """

    at: Positions
    form: NDArray[np.uint16]
    tail: Positions
    handles: NDArray[np.uint32]
    springs: Positions
    lengths: Positions
    widths: Sequence[int]
    end: int
    stride: int
    values: dict[int, Any]
    groups: Sequence[tuple[int, Positions | None]] = ()
    masks: Sequence[tuple[int, Positions | None]] = ()

    def __len__(self) -> int:
        return len(self.at)

    @property
    def lasts(self) -> bool:
        """Whether it can serve for another message."""
        return len(self) > 0 and not self.values and all(mask & VALUE for mask, _ in self.masks)


def gather(body: bytes, form: str, at: Positions, stride: int = 0, shift: int = 0) -> NDArray[Any]:
    """The numbers of one form at places of a body, `shift` bytes behind each; `at` is inside the body.

    The places of a stride are a view; others are taken out of a view of all places, which overlap.
    """
    width = int(form[-1])
    if stride:
        return np.ndarray((len(at),), form, body, int(at[0]) + shift, (stride,))
    if shift:
        at = at + shift
    return np.ndarray((len(body) - width + 1,), form, body, 0, (1,))[at]


def fits(plan: Plan, body: bytes) -> Plan | None:
    """The plan for this body, moved by its lengths; None when a record is of another form, or leaves the body."""
    moved = plan if not len(plan.springs) else _moved(plan, body)
    if moved is None or moved.end > len(body) or moved.at[-1] > len(body) - HEAD:
        return None
    form = gather(body, "<u2", moved.at, moved.stride, 4)
    if not np.array_equal(form, moved.form):
        return None
    handles = gather(body, "<u4", moved.at, moved.stride)
    if np.array_equal(handles, moved.handles):
        return moved
    return _with(moved, handles=handles)


def _moved(plan: Plan, body: bytes) -> Plan | None:
    """The plan with the lengths that this body has; None when one leaves it."""
    if plan.end <= len(body):
        lengths = gather(body, "<i4", plan.at[plan.springs], 0, HEAD)
        if np.array_equal(np.maximum(lengths, 0), plan.lengths) and lengths.min() >= -1:
            return plan
    at, widths, known = plan.at[plan.springs].tolist(), plan.widths, plan.lengths.tolist()
    shift, last, unpack = 0, len(body) - LONG_HEAD, LENGTH.unpack_from
    found: list[int] = []
    shifts: list[int] = []
    for place, width, length in zip(at, widths, known, strict=True):
        if place + shift > last:
            return None
        now = unpack(body, place + shift + HEAD)[0]
        if now <= 0:
            if now < -1:
                return None
            now = 0
        if now != length:
            shift += (now - length) * width
        found.append(now)
        shifts.append(shift)
    steps = np.diff(np.array(shifts, dtype=np.int64), prepend=0)
    moves = np.zeros(len(plan) + 1, dtype=np.int64)
    moves[plan.springs + 1] = steps
    moves = np.cumsum(moves)
    return _with(
        plan, at=plan.at + moves[:-1], tail=plan.tail + moves[1:], lengths=np.array(found), end=plan.end + shift
    )


def _with(plan: Plan, **changes: Any) -> Plan:
    """A plan with other columns (dataclasses.replace, six times as quick)."""
    columns = {name: getattr(plan, name) for name in Plan.__slots__}
    return Plan(**(columns | changes))


@dataclass(slots=True)
class Walk:
    """Goes through a body record by record. cut: why it could not go on, or None at the end.

    pieces: (at, form, bytes from one to the next) of records in a row; the lists are those since the last piece.
    """

    body: bytes
    count: int
    opened: Opener
    at: int = 4
    cut: Undecodable | None = None
    found: list[int] = field(default_factory=list[int])
    forms: list[int] = field(default_factory=list[int])
    sizes: list[int] = field(default_factory=list[int])
    places: list[Positions] = field(default_factory=list[Positions])
    kinds: list[NDArray[np.uint16]] = field(default_factory=list[NDArray[np.uint16]])
    lengths: list[Positions] = field(default_factory=list[Positions])
    records: int = 0
    springs: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    values: dict[int, Any] = field(default_factory=dict[int, Any])

    def go(self) -> None:
        """Find all records, or as many as can be found."""
        try:
            while self.records < self.count:
                self.row()
        except Undecodable as error:
            self.cut = error
        self.flush()

    def row(self) -> None:
        """Records one by one until many of one form have come in a row, then the rest of that row at once."""
        body, last = self.body, len(self.body) - HEAD
        same, before, size = 0, -1, 0
        while self.records < self.count:
            if self.at > last:
                raise Undecodable("cut off", f"{self.count - self.records} records more claimed")
            form: int = FORM.unpack_from(body, self.at + 4)[0]
            if form == before:
                same += 1
                if same >= ALIKE:
                    self.flush()
                    self.run(form, size)
                    return
            else:
                same, before = 0, form
            size = FIXED.get(form, 0) or self.size(form)
            if size > len(body) - self.at:
                raise Undecodable("cut off", f"{size} bytes wanted, {len(body) - self.at} left")
            self.found.append(self.at)
            self.forms.append(form)
            self.sizes.append(size)
            self.at += size
            self.records += 1
            if form not in FIXED:
                before = -1

    def size(self, form: int) -> int:
        """Bytes of the record here, whose form alone does not tell."""
        sprung = SPRUNG.get(form)
        if sprung is None:
            return self.other(form)
        if self.at + LONG_HEAD > len(self.body):
            raise Undecodable("cut off", "a length is missing")
        length = max(0, length_of(LENGTH.unpack_from(self.body, self.at + HEAD)[0]))
        self.springs.append((self.records, length))
        return sprung[0] + length * sprung[1]

    def other(self, form: int) -> int:
        """Bytes of a record whose value must be read to know them."""
        mask = form & 0xFF
        if mask & UNREAD:
            raise Undecodable("unknown bits in a DataValue", f"0x{mask:02x}")
        reader = Values(self.body, self.at + BARE, opened=self.opened)
        self.values[self.records] = reader.variant()
        return reader.at - self.at + tail_size(mask)

    def run(self, form: int, size: int) -> None:
        """All records from here on that are of this form, which has no length in it."""
        most = min(
            self.count - self.records, (len(self.body) - self.at) // size, 1 + (len(self.body) - self.at - HEAD) // size
        )
        if most <= 0:
            raise Undecodable("cut off", f"{size} bytes wanted, {len(self.body) - self.at} left")
        alike = np.ndarray((most,), "<u2", self.body, self.at + 4, (size,)) == form
        many = most if alike.all() else int(alike.argmin())
        self.places.append(np.arange(many, dtype=np.int64) * size + self.at)
        self.kinds.append(np.full(many, form, dtype=np.uint16))
        self.lengths.append(np.full(many, size, dtype=np.int64))
        self.records += many
        self.at += many * size

    def flush(self) -> None:
        """The lists become a piece."""
        self.places.append(np.array(self.found, dtype=np.int64))
        self.kinds.append(np.array(self.forms, dtype=np.uint16))
        self.lengths.append(np.array(self.sizes, dtype=np.int64))
        self.found, self.forms, self.sizes = [], [], []

    def plan(self) -> Plan:
        """What was found."""
        at, form = np.concatenate(self.places), np.concatenate(self.kinds)
        size = np.concatenate(self.lengths)
        springs = np.array(self.springs, dtype=np.int64).reshape(-1, 2)
        springs = springs[springs[:, 0] < len(at)]
        groups = parts(form >> np.uint16(8), form)
        masks = parts(form & np.uint16(0xFF))
        tails = np.zeros(len(at), dtype=np.int64)
        for mask, records in masks:
            tails[_all(records)] = tail_size(mask)
        is_even = len(at) > 1 and bool((form == form[0]).all()) and int(form[0]) in FIXED
        handles = gather(self.body, "<u4", at) if len(at) else np.zeros(0, dtype=np.uint32)
        return Plan(
            at, form, at + size - tails, handles, springs[:, 0], springs[:, 1],
            [SPRUNG[one][1] for one in form[springs[:, 0]].tolist()], self.at, int(size[0]) if is_even else 0,
            self.values, groups, masks,
        )  # fmt: skip


def parts(key: NDArray[np.uint16], form: NDArray[np.uint16] | None = None) -> Sequence[tuple[int, Positions | None]]:
    """Which records have which key; None for all of them. form: records without a value have the key 0."""
    if form is not None:
        key = np.where(form & np.uint16(VALUE), key, np.uint16(0))
    if not len(key):
        return ()
    if (key == key[0]).all():
        return ((int(key[0]), None),)
    return tuple((int(one), np.flatnonzero(key == one)) for one in np.unique(key))


def _all(records: Positions | None) -> Positions | slice:
    return slice(None) if records is None else records
