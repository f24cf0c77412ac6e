"""Pieces per second over a sliding window: what `rate(total, 30s)` in a state rule reads."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.fold import NO_SERIES, Fold, Outputs, Record, Series, Step
from twin.core.instant import SECOND
from twin.core.state import rows, shared_rows
from twin.core.window import run_ends, run_starts, stable_order


@dataclass(frozen=True, slots=True)
class RateSpec:
    """One window over one counter. counter: its index in Counts.specs; tag: its id. window: ns."""

    unit: int
    counter: int
    window: int
    tag: int = -1


class Rates(Fold):
    """Emits a series: the rate at every instant at which it changes (pieces come, pieces leave the window).

    A piece counted at t is in the window over [t, t + window). State `rate`: pieces in the window, sums of integers, so
    no rounding builds up. `leaving`, ragged: when which pieces leave; `place` of their rate counts from the first of
    the unit, so it is the same whatever units are folded beside it.
    """

    name = "rates"
    version = 2

    def __init__(self, specs: Sequence[RateSpec]) -> None:
        self.specs = list(specs)
        self._unit = np.array([s.unit for s in specs], dtype=np.int32)
        self._window = np.array([s.window for s in specs], dtype=np.int64)
        self._counter = np.array([s.counter for s in specs], dtype=np.int32)
        self._first = np.searchsorted(self._unit, np.arange(int(self._unit.max(initial=-1)) + 1)).astype(np.int32)
        nothing = np.empty(0, np.int32)
        self.state = {
            "rate": rows(self._unit, inside=np.int64),
            "leaving": rows(nothing, ragged=True, place=np.int32, due=np.int64, pieces=np.int64),
        }

    def step(self, step: Step) -> Outputs:
        """Add what came in [t0, t1), take away what leaves in it."""
        leaving = self.state["leaving"]
        if not len(step.series["counts"].key) and not (leaving.due < step.t1).any():
            return Outputs(series=NO_SERIES)
        rate, time, pieces = self._incoming(step)
        all_rate = np.concatenate([self.held(), rate])
        order = stable_order(all_rate)  # of one window a rate: who comes later leaves later
        all_rate = all_rate[order]
        all_due = np.concatenate([leaving.due, time + self._window[rate]])[order]
        all_pieces = np.concatenate([leaving.pieces, pieces])[order]
        due = all_due < step.t1
        self._keep(all_rate[~due], all_due[~due], all_pieces[~due])
        changed = np.concatenate([all_rate[due], rate])
        at = np.concatenate([all_due[due], time])
        return Outputs(series=self._series(changed, at, np.concatenate([-all_pieces[due], pieces])))

    def row_keys(self) -> Mapping[str, Sequence[Hashable]]:
        """Counter and window."""
        return {"rate": [(spec.tag, spec.window) for spec in self.specs]}

    def carry(self, before: Fold | None, folds: Mapping[str, Fold], at: int) -> list[Record]:
        """The pieces in the windows leave when they were to leave."""
        records = super().carry(before, folds, at)
        if not isinstance(before, Rates):
            return records
        mine, theirs = shared_rows(self.row_keys()["rate"], before.row_keys()["rate"])
        rate_of = np.full(len(before.specs), -1, np.int32)
        rate_of[theirs] = mine
        old = before.state["leaving"]
        rate = rate_of[before.held()]
        order = np.argsort(rate, kind="stable")  # the pieces of a rate stand by time
        order = order[rate[order] >= 0]
        self._keep(rate[order], old.due[order], old.pieces[order])
        return records

    def held(self) -> NDArray[np.int32]:
        """The rate of each row of `leaving`."""
        leaving = self.state["leaving"]
        return leaving.place + self._first[leaving.unit]

    def _incoming(self, step: Step) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """(rate, time, pieces) of the counters' increments, once for each rate that reads them."""
        counts = step.series["counts"]
        first = np.searchsorted(counts.key, self._counter, "left")
        many = np.searchsorted(counts.key, self._counter, "right") - first
        rate = np.repeat(np.arange(len(many), dtype=np.int32), many)
        row = np.arange(len(rate)) + np.repeat(first - (np.cumsum(many) - many), many)
        return rate, counts.time[row], counts.value[row].astype(np.int64)

    def _keep(self, rate: NDArray[np.int32], due: NDArray[np.int64], pieces: NDArray[np.int64]) -> None:
        unit = self._unit[rate]
        self.state["leaving"].replace(unit, place=rate - self._first[unit], due=due, pieces=pieces)

    def _series(self, rate: NDArray[np.int32], time: NDArray[np.int64], change: NDArray[np.int64]) -> Series:
        order = np.lexsort((time, rate))
        rate, time, change = rate[order], time[order], change[order]
        inside, starts = change.cumsum(), run_starts(rate)
        if len(starts):
            before = np.where(starts > 0, inside[starts - 1], 0)
            base = self.state["rate"].inside[rate[starts]] - before
            ends = run_ends(starts, len(rate))
            inside += base.repeat(ends - starts + 1)
            self.state["rate"].inside[rate[ends]] = inside[ends]
        final = run_ends(run_starts(rate, time), len(rate))
        per_second = inside[final] * SECOND / self._window[rate[final]]
        return Series(rate[final], time[final], per_second)
