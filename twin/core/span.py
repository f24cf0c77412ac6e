"""A span of the log: where it is cut, the step over a part of it, and the state of one unit as bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence

import numpy as np

from twin.core.event import Event
from twin.core.fold import Fold, Step
from twin.core.history import Snapshot
from twin.core.instant import DAY, HOUR, MINUTE
from twin.core.rows import Rows
from twin.core.state import put_all, restored, snapshot, take

GRID = MINUTE
"""Snapshots stand 1 ns after each full minute: windows of that minute have just closed, state is small."""


THINNED = ((HOUR, GRID), (DAY, 10 * MINUTE), (30 * DAY, HOUR))
"""(age up to which, how far apart snapshots of it stand). Each distance is a multiple of the one before, so what is
thinned again as it ages is what thinning once would have left."""
OLDEST_GRID = DAY


def grid(age: int) -> int:
    """How far apart snapshots of this age stand: a minute for an hour, 10 minutes for a day, an hour for 30 days, then
    a day.
    """
    return next((distance for most, distance in THINNED if age <= most), OLDEST_GRID)


def step_of(rows: Rows, events: Sequence[tuple[int, Event]], t0: int, t1: int) -> Step:
    """The entries of [t0, t1) out of rows and events that are in order."""
    first, last = np.searchsorted(rows.time, [t0, t1])
    r = rows.take(slice(int(first), int(last)))
    within = [event for _, event in events if t0 <= event.time < t1]
    return Step(t0, t1, Rows(r.tag, r.time, r.value, r.status, r.recorded, r.text, scales=rows.scales), within)


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


def restore_units(folds: Sequence[Fold], bases: Sequence[Snapshot]) -> None:
    """Put the states of units from their snapshots into folds made from the same model and code.

    A fold that a snapshot does not hold begins with nothing there. Raises KeyError for a snapshot of other folds.
    """
    bodies = [(basis.unit, _bodies(basis)) for basis in bases]
    if unknown := {name for _, body in bodies for name in body} - {fold.name for fold in folds}:
        raise KeyError(*sorted(unknown))
    for fold in folds:
        mine = [(unit, restored(fold.state, body[fold.name])) for unit, body in bodies if fold.name in body]
        if mine:
            put_all(fold.state, [unit for unit, _ in mine], [state for _, state in mine])


def _bodies(basis: Snapshot) -> dict[str, bytes]:
    """By the name of the fold."""
    (length,) = _HEAD.unpack_from(basis.body)
    at = 4 + length
    found: dict[str, bytes] = {}
    for name, size in json.loads(basis.body[4:at]).items():
        found[name] = basis.body[at : at + size]
        at += size
    return found
