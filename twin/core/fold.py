"""Fold: a pure step from entries to state and outputs. The rules are R1-R12 of the log (docs/explanation/folds.md)."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.event import Event
from twin.core.rows import Rows, Samples, in_order, join
from twin.core.state import State, carry_rows, shared_rows


@dataclass(frozen=True, slots=True, order=True)
class Record:
    """A result with a beginning and an end: a state interval, the pieces of one minute.

    unit: number of the unit. key: path of the asset or tag. [start, end) in ns; it is emitted at `end`, so that what
    a step emits lies in [t0, t1). data: sorted (name, value) pairs, JSON values.
    """

    unit: int
    kind: str
    key: str
    start: int
    end: int
    data: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Derived samples: rows of (key, time, value) sorted by (key, time); key is an index of the fold that made them."""

    key: NDArray[np.int32]
    time: NDArray[np.int64]
    value: NDArray[np.float64]


NO_SERIES = Series(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0))


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a step made: records for people, series for the next folds (and for plots).

    rows: samples of derived tags, any order, one per (tag, time): for the folds after it they are rows like others.
    """

    records: Sequence[Record] = ()
    series: Series | None = None
    rows: Samples | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Entries and timers of [t0, t1): a timer due at t fires before entries at t; events stand before samples.

    rows: one per (tag, time), by (time, tag). events: by (time, recorded). series: outputs of the folds stepped
    before this one over the same interval, by fold name. held: in the first step of an edition of the model, the last
    row of each tag whose connection is not lost, as if it came again at t0: what a new rule reads is known at once.
    """

    t0: int
    t1: int
    rows: Rows
    events: Sequence[Event] = ()
    series: Mapping[str, Series] = field(default_factory=dict[str, Series])
    held: Rows | None = None
    told: bool = True
    """Whether somebody asks for its records; of a state alone a fold may leave out those that are many."""


class Fold(ABC):
    """One kind of result over all assets. Everything but `state` is a constant made from the plant model.

    In its first state a fold emits nothing until something comes in. State forgets: no lifetime totals. No BLAS,
    exp, log or pow in state; sums through `window_sum`. The same entries give the same bytes however they are cut.
    """

    name: str
    version: int = 1
    state: State

    @abstractmethod
    def step(self, step: Step) -> Outputs:
        """Advance `state` over [t0, t1) and return what lies in it. Units never influence each other."""

    def row_keys(self) -> Mapping[str, Sequence[Hashable]]:
        """For each table what its rows are about, whatever the edition of the model: rows of one key go on as they are.

        A table that is not in it begins anew with each edition, unless `carry` sees to it.
        """
        return {}

    def carry(self, before: Fold | None, folds: Mapping[str, Fold], at: int) -> list[Record]:
        """Go on at `at` from where `before` stands: the same fold of the edition of the model before this one, None
        when that had none.

        folds: those that are stepped before this one, carried already. Returns records of what goes on no more.
        """
        del folds
        if before is None:
            return []
        mine, theirs = self.row_keys(), before.row_keys()
        records: list[Record] = []
        for name in mine:
            row, other = shared_rows(mine[name], theirs[name])
            carry_rows(self.state[name], row, before.state[name], other)
            gone = np.ones(len(theirs[name]), np.bool_)
            gone[other] = False
            records += before.closing(name, np.flatnonzero(gone), at)
        return records

    def closing(self, table: str, rows: NDArray[np.intp], at: int) -> list[Record]:
        """Records of what stands open in rows of a table that the model has no more from `at` on."""
        del table, rows, at
        return []

    def with_state(self, state: State) -> Fold:
        """The same fold on another state."""
        other = copy.copy(self)
        other.state = state
        return other


def step_all(folds: Sequence[Fold], step: Step) -> list[Record]:
    """Step folds over one interval in dependency order; series and rows flow on to the folds after.

    Returns all records.
    """
    return stepped(folds, step)[0]


def stepped(folds: Sequence[Fold], step: Step) -> tuple[list[Record], Rows]:
    """The same; returns all records, and the rows with those that the folds made."""
    records: list[Record] = []
    series: dict[str, Series] = {}
    rows = step.rows
    for fold in folds:
        outputs = fold.step(Step(step.t0, step.t1, rows, step.events, series, step.held, step.told))
        records.extend(outputs.records)
        if outputs.series is not None:
            series[fold.name] = outputs.series
        if outputs.rows is not None:
            rows = replace(in_order(join([rows, outputs.rows])), scales=rows.scales)
    return records, rows
