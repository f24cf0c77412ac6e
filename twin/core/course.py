"""Course: folds of some units on their way along the log, each stretch under the edition of the model of its time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twin.core.edition import Edition, Editions
from twin.core.event import Event
from twin.core.fold import Fold, Record, step_all
from twin.core.history import History, Slice, Snapshot
from twin.core.instant import DAY, MINUTE
from twin.core.rows import Rows, in_order
from twin.core.span import cuts, in_event_order, restore_units, step_of
from twin.core.state import fork

CHUNK = 10 * MINUTE
"""How much log time is read at once when a long span is folded again; more where there is little in it."""
LONGEST = DAY
STILL = 32
"""So many times as much is read at once behind a stretch of that length with nothing in it."""
MOST_ROWS = 200_000
"""So many rows, about, may be read at once: 7 MB."""


class Course:
    """Folds of `units` whose state is that of all entries before `at`. known: what is known of the model.

    Where another edition begins, what goes on is carried over by its key and what does not is closed, in the first step
    from there on: a state at that instant is still one of the edition before.
    """

    def __init__(self, editions: Editions, units: Sequence[int], at: int, known: int) -> None:
        self.editions = editions.as_known(known)
        self.units = tuple(units)
        self.at = at
        self.edition = self.editions.up_to(at)
        self.folds = self.edition.fresh(self.units)
        self._scales = self.editions.newest.scales
        self.told = True
        """Whether all records of its steps are asked for (twin.core.fold.Step)."""

    def fork(self) -> Course:
        """Another one from here that leaves this one alone."""
        other = Course.__new__(Course)
        other.__dict__ |= self.__dict__
        other.folds = [fold.with_state(fork(fold.state)) for fold in self.folds]
        return other

    def restore(self, bases: Sequence[Snapshot]) -> None:
        """Put units in the states of snapshots of this instant."""
        restore_units(self.folds, bases)

    def step(self, rows: Rows, events: Sequence[tuple[int, Event]], end: int) -> list[Record]:
        """Go on to `end` over rows and events that are in order and hold all of [at, end)."""
        rows = replace(rows, scales=self._scales)
        records: list[Record] = []
        for reached in (*self.editions.begins(self.at, end), end):
            held = None
            edition = self.editions.from_(self.at)
            if edition is not self.edition:
                closed, held = self._turn(edition)
                records += closed
            records += step_all(self.folds, replace(step_of(rows, events, self.at, reached), held=held, told=self.told))
            self.at = reached
        return records

    def _turn(self, edition: Edition) -> tuple[list[Record], Rows | None]:
        """Go on under another edition; what ended by it, and the last rows of all tags."""
        before = {fold.name: fold for fold in self.folds}
        held = edition.held(before, self.at)
        self.edition, self.folds = edition, edition.fresh(self.units)
        carried: dict[str, Fold] = {}
        records: list[Record] = []
        for fold in self.folds:
            records += fold.carry(before.pop(fold.name, None), carried, self.at)
            carried[fold.name] = fold
        for fold in before.values():
            for table in fold.row_keys():
                records += fold.closing(table, np.arange(len(fold.state[table])), self.at)
        return records, None if held is None else replace(held, scales=self._scales)

    def follow(
        self,
        units: Sequence[int],
        history: History,
        end: int,
        known: int,
        grid_at: Callable[[int], int],
        first: int = CHUNK,
    ) -> Iterator[tuple[int, list[Record]]]:
        """Fold the log up to `end`, of these units alone; yields at every cut where it stands and its records.

        grid_at: the distance of cuts at an instant. Chunks without entries that follow each other are one step: a plant
        that stood still for a year is folded in no time. first: see `stretches`.
        """
        wanted = set(units)
        for until, piece in stretches(history, self.at, end, known, first=first):
            mine = self.editions.of_units(piece, units)
            rows, events = in_order(mine.samples), in_event_order(mine.events)
            times = np.array([event.time for _, event in events], np.int64)
            for chunk_end, empty in _chunks(np.sort(np.append(rows.time, times)), self.at, until):
                within = events[slice(*np.searchsorted(times, [self.at, chunk_end]).tolist())]
                for reached in [chunk_end] if empty else cuts(self.at, chunk_end, grid_at(self.at)):
                    records = self.step(rows, within, reached)
                    yield reached, [record for record in records if record.unit in wanted]

    def approach(
        self,
        bases: Mapping[int, Snapshot | None],
        history: History,
        end: int,
        known: int,
        grid_at: Callable[[int], int],
        first: int = CHUNK,
    ) -> Iterator[tuple[int, tuple[int, ...], list[Record]]]:
        """The same, but each unit starts from its own basis; those without one start where this course does.

        Yields the units that are on their way, too.
        """
        starts: dict[int, list[int]] = {self.at: []}
        for unit, basis in bases.items():
            starts.setdefault(self.at if basis is None else basis.frontier, []).append(unit)
        under_way: list[int] = []
        for start, following in pairwise((*sorted(starts), end)):
            self.restore([basis for unit in starts[start] if (basis := bases[unit]) is not None])
            under_way = sorted((*under_way, *starts[start]))
            for reached, records in self.follow(under_way, history, following, known, grid_at, first):
                yield reached, tuple(under_way), records


def _chunks(times: NDArray[np.int64], start: int, end: int) -> Iterator[tuple[int, bool]]:
    """Where chunks of [start, end) end and whether they are empty; empty ones that follow each other are one."""
    ends = np.append(np.arange(start + CHUNK, end, CHUNK), end)
    many = np.diff(np.searchsorted(times, ends), prepend=np.searchsorted(times, start))
    empty = many == 0
    whole = ~(empty & np.append(empty[1:], False))
    yield from zip(ends[whole].tolist(), empty[whole].tolist(), strict=True)


def stretches(
    history: History, start: int, end: int, known: int, longest: int | None = None, first: int = CHUNK
) -> Iterator[tuple[int, Slice]]:
    """The log from start to end by stretches of whole chunks: where each ends, and its entries.

    A batch of rows of now and of last month is decoded by each read of a time between them, so a read of an hour with
    nothing in it may cost as much as that of a year: many chunks are read at once where there is little, and still more
    behind a day with nothing in it. first: who needs all of it for certain asks for so much at first.
    """
    most = longest or LONGEST
    at, length = start, max(min(first, most, end - start), CHUNK)
    while at < end:
        while length > CHUNK and history.about(at, min(at + length, end)) > MOST_ROWS:
            length = max(CHUNK, length // 2)
        until = min(at + length, end)
        piece = history.read(at, until, known)
        yield until, piece
        still = until - at >= most and not len(piece.samples) and not piece.events
        at, length = until, min(2 * length, STILL * most if still else most)


def first_start(bases: Mapping[int, Snapshot | None], beginning: Callable[[], int]) -> int:
    """Where a course must start for these bases."""
    frontiers = [basis.frontier for basis in bases.values() if basis is not None]
    if len(frontiers) < len(bases):
        frontiers.append(beginning())
    return min(frontiers)
