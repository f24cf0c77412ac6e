"""Computed tags: tags that no wire brings, made of others by an expression, with quality and time carried through.

A computed tag has a sample at every instant at which something that it reads has one, or at which one of its windows
moves on. Its status is the worst of what it depends on (twin.state.expression). It has none before each tag that it
reads has had one, but for those that stand within `value_or` and `is_good`. Tags whose expressions read alike are
evaluated together, whatever their names and constants.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.fold import Fold, Outputs, Record, Step
from twin.core.readers import Index, Readers
from twin.core.rows import Rows, Samples, join
from twin.core.state import rows, shared_rows
from twin.core.status import BAD_NO_DATA, BAD_OUT_OF_RANGE, BAD_WAITING_FOR_INITIAL_DATA, is_bad
from twin.core.window import run_starts
from twin.model.rule import Rule
from twin.state.expression import plain
from twin.state.moving import Changes, Moving, MovingSpec, joined
from twin.state.shape import PREVIOUS, RATE, Shape, shapes, signals_of

NAME = "computed"


@dataclass(frozen=True, slots=True)
class ComputedSpec:
    """One computed tag. unit: number of the unit. tag: its id. rule: tags by full paths."""

    unit: int
    tag: int
    path: str
    rule: Rule


class Computed(Fold):
    """The computed tags of one level, as rows for the folds after it. It stands behind `rates` and the levels below.

    State `input`, a row for all that a unit's tags read: value, status, seen (it has had a sample). The tables of its
    windows: see twin.state.moving.
    """

    name = NAME
    version = 1

    def __init__(
        self,
        level: int,
        specs: Sequence[ComputedSpec],
        ids: Mapping[str, int],
        rates: Mapping[tuple[str, int], int],
    ) -> None:
        """ids: of every tag that is read, by path. rates: (path of a counter, window) -> its index in `rates`."""
        self.name = f"{NAME}_{level}"
        self.specs = sorted(specs, key=lambda spec: (spec.unit, spec.tag))
        self._keys = keys = sorted({(spec.unit, signal) for spec in self.specs for signal in signals_of(spec.rule)})
        row = {signal: number for number, (_, signal) in enumerate(keys)}
        self._shapes = shapes([spec.rule for spec in self.specs], row)
        self._tag = np.array([spec.tag for spec in self.specs], dtype=np.int32)
        read = [(number, ids[path]) for (path, function, _), number in row.items() if function == ""]
        self._value_row = np.array([number for number, _ in read], dtype=np.intp)
        self._tags = Readers(np.array([tag for _, tag in read], dtype=np.int32))
        self._previous = np.full(len(keys), -1, np.intp)
        self._of_rate = np.full(max(rates.values(), default=-1) + 1, -1, np.intp)
        for (path, function, window), number in row.items():
            if function == PREVIOUS:
                self._previous[row[path, "", 0]] = number
            elif function == RATE:
                self._of_rate[rates[path, window]] = number
        moving = [(unit, signal) for unit, signal in keys if signal[1] not in {"", PREVIOUS, RATE}]
        self._windows = [signal for _, signal in moving]
        self._moving = Moving([MovingSpec(unit, function, window) for unit, (_, function, window) in moving])
        self._moving_row = np.array([row[signal] for _, signal in moving], dtype=np.intp)
        self._over = Readers(np.array([row[path, "", 0] for _, (path, _, _) in moving], dtype=np.int32))
        table = rows(
            np.array([unit for unit, _ in keys], dtype=np.int32), value=np.float64, status=np.uint32, seen=np.int8
        )
        table.status[:] = BAD_WAITING_FOR_INITIAL_DATA
        self.state = {"input": table, **self._moving.tables()}

    def row_keys(self) -> Mapping[str, Sequence[Hashable]]:
        """What is read, and over which window."""
        return {"input": [signal for _, signal in self._keys], "window": self._windows}

    def carry(self, before: Fold | None, folds: Mapping[str, Fold], at: int) -> list[Record]:
        """The rows of open panes go on too."""
        records = super().carry(before, folds, at)
        if isinstance(before, Computed):
            mine, theirs = shared_rows(self._windows, before.row_keys()["window"])
            self._moving.carry(self.state, mine, before.state, theirs)
        return records

    def step(self, step: Step) -> Outputs:
        """Evaluate each tag where something changes that it reads; its rows are the output."""
        with np.errstate(over="ignore", invalid="ignore"):
            own = self._own(step.rows)
            if step.held is not None:
                own = joined([self._new(self._own(step.held), own), own])
            changes = self._changes(own, step)
        made = [one for shape in self._shapes if (one := self._evaluated(shape, changes)) is not None]
        self._remember(changes)
        return Outputs(rows=_joined(made))

    # --- what changed ------------------------------------------------------------------------------------------

    def _new(self, held: Changes, own: Changes) -> Changes:
        """What held of tags that only this edition of the model reads, as if it came at its beginning."""
        mine = np.unique(own.signal[own.time == held.time[0]]) if len(held) else own.signal[:0]
        return held.take((self.state["input"].seen[held.signal] == 0) & ~np.isin(held.signal, mine))

    def _own(self, r: Rows) -> Changes:
        """The samples of tags that are read, as values in their units."""
        sample, reader = self._tags.pairs(r.tag)
        value, status = r.meant[sample], r.meant_status[sample]
        why = np.where(np.isnan(value), np.uint32(BAD_NO_DATA), np.uint32(BAD_OUT_OF_RANGE))
        status = np.where(~is_bad(status) & ~np.isfinite(value), why, status)
        signal = self._value_row[reader]
        found = Changes(signal, r.time[sample], np.where(is_bad(status), np.nan, value), plain(status))
        return found.take(np.argsort(signal, kind="stable"))  # rows stand by time

    def _changes(self, own: Changes, step: Step) -> Changes:
        """All that changes: values, values before them, rates and windows; by (input, time)."""
        found = [own]
        if (self._previous >= 0).any():
            found.append(self._before(own))
        if len(self._of_rate):
            found.append(self._rates(step))
        if len(self._moving_row):
            sample, window = self._over.pairs(own.signal.astype(np.int32))
            order = np.argsort(window, kind="stable")
            rows_of = own.take(sample[order])
            new = Changes(window[order], rows_of.time, rows_of.value, rows_of.status)
            moved = self._moving.step(self.state, new, step.t0, step.t1)
            found.append(Changes(self._moving_row[moved.signal], moved.time, moved.value, moved.status))
        return joined(found) if len(found) > 1 else own

    def _before(self, own: Changes) -> Changes:
        """What held before each sample, for inputs that ask for it."""
        table = self.state["input"]
        picked = np.flatnonzero(self._previous[own.signal] >= 0)
        starts = np.zeros(len(own), np.bool_)
        starts[run_starts(own.signal)] = True
        first = starts[picked]
        signal = own.signal[picked]
        value = np.where(first, table.value[signal], own.value[picked - 1])
        status = np.where(first, table.status[signal], own.status[picked - 1])
        there = ~first | (table.seen[signal] > 0)
        return Changes(self._previous[signal], own.time[picked], value, status).take(there)

    def _rates(self, step: Step) -> Changes:
        series = step.series["rates"]
        mine = np.flatnonzero(series.key < len(self._of_rate))
        signal = self._of_rate[series.key[mine]]
        mine, signal = mine[signal >= 0], signal[signal >= 0]
        return Changes(signal, series.time[mine], series.value[mine], np.zeros(len(mine), np.uint32))

    def _remember(self, changes: Changes) -> None:
        ends = np.append(changes.signal[1:] != changes.signal[:-1], True)[: len(changes)]
        last = changes.take(ends)
        table = self.state["input"]
        table.value[last.signal], table.status[last.signal] = last.value, last.status
        table.seen[last.signal] = 1

    # --- evaluation --------------------------------------------------------------------------------------------

    def _evaluated(self, shape: Shape, changes: Changes) -> Samples | None:
        """The rows of all tags of one shape."""
        change, place = shape.readers.pairs(changes.signal.astype(np.int32))
        if not len(change):
            return None
        slots = shape.inputs.shape[1]
        member, slot = np.divmod(place, slots)
        order = np.lexsort((changes.time[change], member))
        change, member, slot = change[order], member[order], slot[order]
        time = changes.time[change]
        starts = run_starts(member, time)
        many = len(starts)
        latest = np.full((many, slots), -1, np.intp)
        latest[np.repeat(np.arange(many), np.diff(np.append(starts, len(change)))), slot] = change
        member, time = member[starts], time[starts]
        value, status, seen = self._held(shape, changes, member, latest)
        made = shape.evaluate(member, value, status)
        bad = is_bad(made.status)
        none = ~bad & ~np.isfinite(made.value)
        status_of = np.where(none, np.uint32(BAD_OUT_OF_RANGE), made.status)
        whole = np.logical_and.reduce(seen[:, shape.required], axis=1)
        tag = self._tag[shape.members[member]]
        found = Samples(tag, time, np.where(bad | none, np.nan, made.value), status_of, np.zeros(many, np.int64))
        return found.take(whole)

    def _held(
        self, shape: Shape, changes: Changes, member: Index, latest: Index
    ) -> tuple[NDArray[np.float64], NDArray[np.uint32], NDArray[np.bool_]]:
        """(value, status, seen) of every slot at every instant: the last change up to it, else what was held."""
        row = np.arange(len(member))
        first = np.repeat(run_starts(member), np.diff(np.append(run_starts(member), len(member))))
        last = np.maximum.accumulate(np.where(latest >= 0, row[:, np.newaxis], -1), axis=0)
        changed = last >= first[:, np.newaxis]
        at = np.where(changed, latest[np.maximum(last, 0), np.arange(latest.shape[1])], 0)
        table, input_ = self.state["input"], shape.inputs[member]
        value = np.where(changed, changes.value[at], table.value[input_])
        status = np.where(changed, changes.status[at], table.status[input_])
        return value, status, changed | (table.seen[input_] > 0)


def _joined(made: Sequence[Samples]) -> Samples | None:
    """All rows, None for none; who merges them puts them in order."""
    whole = join(made)
    return whole if len(whole) else None
