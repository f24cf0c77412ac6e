"""Folding a span of the log: what to read, where to cut it, and the state of one unit as bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from twin.core.event import Event
from twin.core.fold import Fold, Record, Step, step_all
from twin.core.history import History, Slice, Snapshot
from twin.core.instant import DAY, HOUR, MINUTE
from twin.core.routing import Routing
from twin.core.rows import Rows, in_order
from twin.core.state import put, restore, snapshot, take

GRID = MINUTE
"""Snapshots stand 1 ns after each full minute: windows of that minute have just closed, state is small."""
CHUNK = 10 * MINUTE
"""How much log time is read at once when a long span is folded again."""


def fold_span(
    folds: Sequence[Fold],
    units: Sequence[int],
    routing: Routing,
    history: History,
    start: int,
    end: int,
    known: int,
    grid_at: Callable[[int], int],
) -> Iterator[tuple[int, list[Record]]]:
    """Step folds over [start, end) from the log, units alone; yields at every cut where it stands and its records.

    grid_at: the distance of cuts at an instant. A stretch without entries is one step.
    """
    wanted = set(units)
    at = start
    for chunk_end in (*range(start + CHUNK, end, CHUNK), end):
        if chunk_end <= at:
            continue
        piece = of_units(history.read(at, chunk_end, known), routing, units)
        rows, events = in_order(piece.samples), in_event_order(piece.events)
        empty = not len(rows) and not events
        for reached in [chunk_end] if empty else cuts(at, chunk_end, grid_at(at)):
            records = step_all(folds, step_of(rows, events, at, reached))
            yield reached, [record for record in records if record.unit in wanted]
            at = reached


def grid(age: int) -> int:
    """How far apart snapshots of this age stand: a minute for an hour, 10 minutes for a day, then an hour."""
    if age <= HOUR:
        return GRID
    return 10 * MINUTE if age <= DAY else HOUR


def of_units(piece: Slice, routing: Routing, units: Sequence[int]) -> Slice:
    """What of a slice is folded into these units."""
    samples = piece.samples
    mine = routing.foldable(samples) & np.isin(routing.unit_of(samples.tag), np.array(units, dtype=np.int32))
    wanted = set(units)
    events = [
        (recorded, event)
        for recorded, event in piece.events
        if routing.concerns(event, recorded) and wanted.intersection(routing.units_of(event))
    ]
    return Slice(samples.take(mine), events)


def step_of(rows: Rows, events: Sequence[tuple[int, Event]], t0: int, t1: int) -> Step:
    """The entries of [t0, t1) out of rows and events that are in order."""
    first, last = np.searchsorted(rows.time, [t0, t1])
    r = rows.take(slice(int(first), int(last)))
    within = [event for _, event in events if t0 <= event.time < t1]
    return Step(t0, t1, Rows(r.tag, r.time, r.value, r.status, r.recorded, r.text), within)


def in_event_order(events: Sequence[tuple[int, Event]]) -> list[tuple[int, Event]]:
    """Events by (time, recorded)."""
    return sorted(events, key=lambda entry: (entry[1].time, entry[0]))


def cuts(start: int, end: int, distance: int = GRID) -> Iterator[int]:
    """Where a span is cut: 1 ns after each multiple of the distance, and at its end."""
    at = start - start % distance + 1
    at += distance if at <= start else 0
    while at < end:
        yield at
        at += distance
    if end > start:
        yield end


_HEAD = struct.Struct("<I")


def unit_state(folds: Sequence[Fold], unit: int) -> bytes:
    """The state of one unit in all folds, as bytes."""
    parts = {fold.name: snapshot(take(fold.state, unit)) for fold in folds}
    head = json.dumps({name: len(body) for name, body in parts.items()}, separators=(",", ":")).encode()
    return _HEAD.pack(len(head)) + head + b"".join(parts.values())


def restore_unit(folds: Sequence[Fold], basis: Snapshot) -> None:
    """Put the state of one unit from a snapshot into folds made from the same model and code."""
    (length,) = _HEAD.unpack_from(basis.body)
    sizes = json.loads(basis.body[4 : 4 + length])
    at = 4 + length
    by_name = {fold.name: fold for fold in folds}
    for name, size in sizes.items():
        state = by_name[name].state
        put(state, basis.unit, restore(state, basis.body[at : at + size]))
        at += size
