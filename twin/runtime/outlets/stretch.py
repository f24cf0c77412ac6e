"""A stretch of the log as an outlet gets it: its tags, in the order of `recorded`, cut into pieces of whole entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.core.event import Event
from twin.core.history import Slice
from twin.core.rows import Samples
from twin.core.tags import TagTable
from twin.core.window import run_starts
from twin.runtime.live import Meaning
from twin.store.following import reach
from twin.store.reader import LogReader

PIECE = 10_000
"""Rows of a piece, about."""
STRETCH = 500_000
"""Rows that are read at once, about: 20 MB."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one `send` gets. until: where the cursor stands once it is through. rows: as the log has them."""

    until: int
    rows: Samples
    events: Sequence[tuple[int, Event]]

    def given(self, meaning: Meaning | None) -> Slice:
        """As the outlet gets it. meaning: values in the tag's unit; None: the log's own numbers."""
        return Slice(self.rows if meaning is None else in_units(self.rows, meaning), self.events)


def in_units(rows: Samples, meaning: Meaning) -> Samples:
    """Rows with their values in the tags' units."""
    value, status = meaning.scaled(rows)
    return replace(rows, value=value, status=status)


class Wanted:
    """Which tag ids an outlet takes; tags may come while it runs."""

    def __init__(self, tags: TagTable, takes: Callable[[str], bool]) -> None:
        self._tags = tags
        self._takes = takes
        self._mask = np.empty(0, np.bool_)

    def mask(self) -> NDArray[np.bool_]:
        """By tag id, for all tags there are now."""
        known = len(self._mask)
        fresh = [self._takes(tag.name) for _, tag in self._tags.since(known)]
        if fresh:
            self._mask = np.append(self._mask, np.array(fresh, np.bool_))
        return self._mask


def stretch(reader: LogReader, after: int, known: int, wanted: Wanted, rows: int) -> tuple[int, Slice]:
    """About so many rows behind `after`: up to where, and those that are wanted, sorted.

    Rows of one entry stand by time, then by tag, wherever they were read: cut off in the middle, a piece comes again
    the same although it was sealed meanwhile.
    """
    until = reach(reader, after, known, rows)
    found = reader.since(after, until)
    s = found.samples
    mine = wanted.mask()[s.tag]
    s = s if mine.all() else s.take(mine)
    return until, Slice(s.take(np.lexsort((s.tag, s.time, s.recorded))), sorted(found.events, key=lambda one: one[0]))


def pieces(until: int, found: Slice, rows: int) -> Iterator[Piece]:
    """A stretch in pieces of about `rows` rows, an entry never divided; the last one ends at `until`."""
    s, events = found.samples, list(found.events)
    starts = run_starts(s.recorded)
    ends = np.append(starts[1:], len(s)) if len(s) else starts
    at = 0
    while at < len(s):
        last = max(int(np.searchsorted(ends, at + rows, side="right")) - 1, int(np.searchsorted(starts, at)))
        end = int(ends[last])
        to = until if end == len(s) else int(s.recorded[end - 1])
        mine = [one for one in events if one[0] <= to]
        events = events[len(mine) :]
        yield Piece(to, s.take(slice(at, end)), mine)
        at = end
    if not len(s):
        yield Piece(until, s, events)
