"""Pieces from counters, by the minute: wraps, resets, jumps and pulses (domain: ISO 22400 pitfall 6)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.fold import NO_SERIES, Fold, Outputs, Record, Series, Step
from twin.core.instant import MINUTE
from twin.core.rows import Rows
from twin.core.state import row_of, rows, rows_by_tag
from twin.core.status import is_bad
from twin.core.window import run_ends, run_starts, stable_order, window_sum

LARGEST = 2**53
"""Past this a float64 cannot tell neighbouring integers apart; such a count is taken as missing."""


@dataclass(frozen=True, slots=True)
class CounterSpec:
    """One counter: where its samples are and how it counts (twin.model.plant.Counter).

    unit: number of the unit. limit: more pieces than this in one step is a jump; 0 for no limit.
    """

    unit: int
    tag: int
    path: str
    wraps: int = 0
    resets: bool = True
    pulse: bool = False
    limit: int = 0


_QUANTITIES = ("jumps", "pieces", "resets", "wraps")
"""By name, as a record has them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Moved:
    """Readings that are not as the one before, by counter, then time, and what they say."""

    counter: NDArray[np.int32]
    time: NDArray[np.int64]
    pieces: NDArray[np.int64]
    wraps: NDArray[np.int64]
    resets: NDArray[np.int64]
    jumps: NDArray[np.int64]


class Counts(Fold):
    """Emits a record `count` for each minute in which a counter moved, and the increments as a series.

    specs: ordered by (unit, tag). State `counter`: when the first reading came (0: none yet), the last reading, and the
    open minute with what it holds so far. The pieces of a step belong to the instant of its later sample; a fall is a
    wrap, a reset (pieces since 0) or, where it can be neither, a jump (no pieces). No lifetime totals.
    """

    name = "counts"
    version = 2

    def __init__(self, specs: Sequence[CounterSpec]) -> None:
        self.specs = list(specs)
        self._rows = rows_by_tag(np.array([s.tag for s in specs], dtype=np.int32))
        self._wraps = np.array([s.wraps for s in specs], dtype=np.int64)
        self._resets = np.array([s.resets for s in specs], dtype=np.bool_)
        self._pulse = np.array([s.pulse for s in specs], dtype=np.bool_)
        self._has_pulse = bool(self._pulse.any())
        limits = [s.limit or (s.wraps // 2 if s.wraps else LARGEST) for s in specs]
        self._limit = np.array(limits, dtype=np.int64)
        units = np.array([s.unit for s in specs], dtype=np.int32)
        self.state = {
            "counter": rows(
                units, since=np.int64, last=np.int64, minute=np.int64,
                pieces=np.int64, wraps=np.int64, resets=np.int64, jumps=np.int64,
            )
        }  # fmt: skip

    def step(self, step: Step) -> Outputs:
        """Count the increments of [t0, t1) and close the minutes that end in it."""
        if not self.specs:
            return Outputs(series=NO_SERIES)
        moved = self._moved(*self._readings(step.rows))
        records = self._by_minute(moved, step)
        made = moved.pieces > 0
        return Outputs(records, Series(moved.counter[made], moved.time[made], moved.pieces[made].astype(np.float64)))

    def row_keys(self) -> Mapping[str, Sequence[Hashable]]:
        """The counter's tag: its last reading stays the last, however it counts from now on."""
        return {"counter": [spec.tag for spec in self.specs]}

    def closing(self, table: str, rows: NDArray[np.intp], at: int) -> list[Record]:
        """The minutes that stand open, as far as they came."""
        state = self.state[table]
        return [
            self._record(row, int(state.minute[row]), [int(state.columns[name][row]) for name in _QUANTITIES], at)
            for row in rows.tolist()
            if int(state.minute[row])
        ]

    def _readings(self, r: Rows) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """(counter, time, reading) of the usable samples, by counter, then time."""
        counter = row_of(self._rows, r.tag)
        picked = (counter >= 0).nonzero()[0]
        picked = picked[~is_bad(r.status[picked]) & (np.abs(r.value[picked]) < LARGEST)]
        counter = counter[picked].astype(np.int32)
        order = stable_order(counter)  # rows stand by time
        picked = picked[order]
        return counter[order], r.time[picked], np.rint(r.value[picked]).astype(np.int64)

    def _moved(self, counter: NDArray[np.int32], time: NDArray[np.int64], reading: NDArray[np.int64]) -> _Moved:
        """What each reading says against the one before, where it says anything; remembers the last readings."""
        state = self.state["counter"]
        starts = run_starts(counter)
        own = counter[starts]
        before = np.empty_like(reading)
        before[1:] = reading[:-1]
        before[starts] = state.last[own]
        state.last[own] = reading[run_ends(starts, len(counter))]
        moves = reading != before
        new = starts[state.since[own] == 0]
        if len(new):  # the first reading of a counter says nothing
            state.since[counter[new]] = time[new]
            moves[new] = False
        if self._has_pulse:
            moves |= self._pulse[counter]
        at = moves.nonzero()[0]
        return self._judge(counter[at], time[at], reading[at], before[at])

    def _judge(
        self, counter: NDArray[np.int32], time: NDArray[np.int64], reading: NDArray[np.int64],
        before: NDArray[np.int64],
    ) -> _Moved:  # fmt: skip
        delta = reading - before
        limit, wraps, pulse = self._limit[counter], self._wraps[counter], self._pulse[counter]
        fell = (delta < 0) & ~pulse
        wrapped = fell & (wraps > 0) & (delta + wraps >= 0) & (delta + wraps <= limit)
        reset = fell & ~wrapped & self._resets[counter] & (reading >= 0) & (reading <= limit)
        jumped = (fell & ~wrapped & ~reset) | ((delta > limit) & ~pulse)
        pieces = np.where(wrapped, delta + wraps, np.where(reset, reading, delta))
        pieces = np.where(jumped, 0, pieces)
        pieces = np.where(pulse, (reading > 0).astype(np.int64), pieces)
        return _Moved(counter, time, pieces, wrapped.astype(np.int64), reset.astype(np.int64), jumped.astype(np.int64))

    def _by_minute(self, moved: _Moved, step: Step) -> list[Record]:
        """Add to the open minutes; emit and forget those whose end lies before t1."""
        open_minutes = self.state["counter"].minute
        minute = step.t0 - step.t0 % MINUTE
        if step.t1 <= minute + MINUTE and not ((open_minutes != 0) & (open_minutes != minute)).any():
            self._add(moved, minute)
            return []
        return self._close(moved, step)

    def _add(self, moved: _Moved, minute: int) -> None:
        """Take in what came in a minute that stays open, where no other one is."""
        state = self.state["counter"]
        starts = run_starts(moved.counter)
        counter = moved.counter[starts]
        some = np.zeros(len(counter), np.bool_)
        for name in _QUANTITIES:
            sums = window_sum(getattr(moved, name), starts)
            some |= sums > 0
            state.columns[name][counter] += sums
        state.minute[counter[some]] = minute

    def _close(self, moved: _Moved, step: Step) -> list[Record]:
        state = self.state["counter"]
        held = np.flatnonzero(state.minute > 0)
        counter = np.concatenate([held.astype(np.int32), moved.counter])
        minute = np.concatenate([state.minute[held], moved.time - moved.time % MINUTE])
        columns = [np.concatenate([state.columns[name][held], getattr(moved, name)]) for name in _QUANTITIES]
        order = np.lexsort((minute, counter))
        counter, minute = counter[order], minute[order]
        starts = run_starts(counter, minute)
        sums = [window_sum(column[order], starts) for column in columns]
        counter, minute = counter[starts], minute[starts]
        some = np.any([s > 0 for s in sums], axis=0) if len(starts) else np.empty(0, np.bool_)
        closed = minute + MINUTE < step.t1
        self._keep_open(counter, minute, sums, some & ~closed)
        if not step.told:
            return []
        told = np.flatnonzero(some & closed)
        columns = [column[told].tolist() for column in (counter, minute, *sums)]
        return [self._record(row, at, of_each) for row, at, *of_each in zip(*columns, strict=True)]

    def _keep_open(
        self, counter: NDArray[np.int32], minute: NDArray[np.int64], sums: list[NDArray[np.int64]],
        still: NDArray[np.bool_],
    ) -> None:  # fmt: skip
        state = self.state["counter"]
        for name, values in zip(("minute", *_QUANTITIES), (minute, *sums), strict=True):
            column = state.columns[name]
            column[:] = 0
            column[counter[still]] = values[still]

    def _record(self, counter: int, minute: int, sums: list[int], end: int | None = None) -> Record:
        spec = self.specs[counter]
        data = tuple(zip(_QUANTITIES, sums, strict=True))
        return Record(spec.unit, "count", spec.path, minute, minute + MINUTE if end is None else end, data)
