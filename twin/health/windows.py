"""Means of the watched tags over closed windows of log time, while the machine is in its state and has settled."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.fold import Fold, Outputs, Record, Series, Step
from twin.core.instant import FAR_PAST
from twin.core.rows import Rows
from twin.core.state import rows, shared_rows
from twin.core.status import is_good
from twin.core.window import run_starts, window_sum
from twin.health.watch import SETTLE, WINDOW, Watches

Index = NDArray[np.intp]
Times = NDArray[np.int64]
_NAME = "health_windows"


@dataclass(frozen=True, slots=True)
class _Changes:
    """Watches that come into their state or leave it, by (watch, time)."""

    watch: Index
    time: Times
    inside: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Values:
    """Samples of watched tags, by (place, time). place: of the tag among all watched tags."""

    place: Index
    time: Times
    value: NDArray[np.float64]

    def take(self, rows: Index | NDArray[np.bool_]) -> _Values:
        return _Values(self.place[rows], self.time[rows], self.value[rows])


class HealthWindows(Fold):
    """Emits a series at the end of each window: key 2 * place for the mean of a tag, 2 * place + 1 for its spread
    (greatest less least); the place of a tag is that in `places`.

    Only samples of Good quality count, and only of windows that begin when the machine has been in its state for
    SETTLE; one in which it leaves the state says nothing. State `watch`: inside and since when; `open`, ragged:
    samples of open windows, `place` counted from the first of the unit: the same whatever units are folded.
    """

    name = _NAME

    def __init__(self, watches: Watches) -> None:
        self.watches = list(watches.watches)
        self.places = [(number, tag) for number, watch in enumerate(self.watches) for tag in watch.tags]
        self._watch_of = np.array([number for number, _ in self.places], dtype=np.intp)
        self._unit_of = np.array([self.watches[number].unit for number, _ in self.places], dtype=np.int32)
        self.first_place = np.searchsorted(self._unit_of, np.arange(int(self._unit_of.max(initial=-1)) + 1))
        self._by_tag, self._of_tag = _places_of_tags(np.array([tag.tag for _, tag in self.places], dtype=np.int32))
        self._machine = np.array([watch.place for watch in self.watches], dtype=np.int32)
        self._code = np.array([watch.code for watch in self.watches], dtype=np.int32)
        units = np.array([watch.unit for watch in self.watches], dtype=np.int32)
        self.state = {
            "watch": rows(units, inside=np.int8, since=np.int64),
            "open": rows(np.empty(0, np.int32), ragged=True, place=np.int32, time=np.int64, value=np.float64),
        }
        stateless = self._machine < 0  # nothing tells what it is doing: it is always judged
        self.state["watch"].inside[stateless] = 1
        self.state["watch"].since[stateless] = FAR_PAST

    def step(self, step: Step) -> Outputs:
        """Keep the samples that count, close the windows that end in [t0, t1)."""
        changes = self._changes(step)
        fresh = self._settled(self._values(step.rows), changes)
        held = self.state["open"]
        values = _Values(
            np.concatenate([held.place + self.first_place[held.unit], fresh.place]),
            np.concatenate([held.time, fresh.time]),
            np.concatenate([held.value, fresh.value]),
        )
        values = values.take(np.lexsort((values.time, values.place)))
        values = values.take(~self._spoilt(values, changes))
        closed = (values.time // WINDOW + 1) * WINDOW < step.t1
        self._keep(values.take(~closed))
        return Outputs(series=_series(values.take(closed)))

    def row_keys(self) -> Mapping[str, Sequence[Hashable]]:
        """What is watched, and in which state."""
        return {"watch": [(watch.signature, watch.code) for watch in self.watches]}

    def carry(self, before: Fold | None, folds: Mapping[str, Fold], at: int) -> list[Record]:
        """Open windows stay open; a machine that is watched from now on may be in its state already."""
        records = super().carry(before, folds, at)
        old = [] if before is None else before.row_keys()["watch"]
        mine, theirs = shared_rows(self.row_keys()["watch"], old)
        self._begin(np.setdiff1d(np.arange(len(self.watches)), mine), folds)
        if isinstance(before, HealthWindows):
            self._carry_open(before, dict(zip(theirs.tolist(), mine.tolist(), strict=True)))
        return records

    def _begin(self, watches: Index, folds: Mapping[str, Fold]) -> None:
        machines, table = folds["machine_state"].state["machine"], self.state["watch"]
        for watch in watches[self._machine[watches] >= 0].tolist():
            code, since = (int(machines.columns[name][self._machine[watch]]) for name in ("code", "since"))
            table.inside[watch] = code > 0 if self._code[watch] < 0 else code == self._code[watch]
            table.since[watch] = since

    def _carry_open(self, before: HealthWindows, watch_of: Mapping[int, int]) -> None:
        """Samples of open windows, under the places of their tags now."""
        place_of = {(number, tag.tag): place for place, (number, tag) in enumerate(self.places)}
        moved = [place_of.get((watch_of.get(number, -1), tag.tag), -1) for number, tag in before.places]
        held = before.state["open"]
        place = np.array(moved, np.intp)[held.place + before.first_place[held.unit]]
        order = np.argsort(place, kind="stable")
        order = order[place[order] >= 0]
        self._keep(_Values(place[order], held.time[order], held.value[order]))

    def _changes(self, step: Step) -> _Changes:
        """From the states of the machines; leaves the last change of each watch in the state."""
        states = step.series["machine_state"]
        first = np.searchsorted(states.key, self._machine, "left")
        many = np.searchsorted(states.key, self._machine, "right") - first
        watch = np.repeat(np.arange(len(many)), many)
        row = np.arange(len(watch)) + np.repeat(first - (np.cumsum(many) - many), many)
        code = states.value[row].astype(np.int32)
        inside = np.where(self._code[watch] < 0, code != 0, code == self._code[watch])
        return _Changes(watch, states.time[row], inside)

    def _values(self, r: Rows) -> _Values:
        """Good samples of the watched tags in their units."""
        first, many = self._of_tag
        tag = np.minimum(r.tag, len(many) - 1)
        read = np.flatnonzero(many[tag])  # the last place stands for all tags that nobody watches
        read = read[is_good(r.meant_status[read]) & np.isfinite(r.meant[read])]
        tag = tag[read]
        row = np.repeat(read, many[tag])
        inner = np.arange(len(row)) - np.repeat(np.cumsum(many[tag]) - many[tag], many[tag])
        place = self._by_tag[np.repeat(first[tag], many[tag]) + inner]
        order = np.argsort(place, kind="stable")  # rows stand by time
        place, row = place[order], row[order]
        return _Values(place, r.time[row], r.meant[row])

    def _settled(self, values: _Values, changes: _Changes) -> _Values:
        """The samples at which the machine has been in its state for long enough; takes the changes over."""
        table = self.state["watch"]
        watch = self._watch_of[values.place]
        watches = np.concatenate([changes.watch, watch])
        order = np.lexsort((np.repeat([0, 1], [len(changes.watch), len(watch)]), _times(changes, values), watches))
        is_change = order < len(changes.watch)
        last = np.maximum.accumulate(np.where(is_change, np.arange(len(order)), -1))
        sample = np.flatnonzero(~is_change)
        row = order[sample] - len(changes.watch)
        change = np.where(last[sample] >= 0, order[np.maximum(last[sample], 0)], -1)
        mine = (change >= 0) & (watches[np.maximum(change, 0)] == watch[row])
        change = np.where(mine, change, 0)
        inside, since = table.inside[watch[row]] > 0, table.since[watch[row]]
        if len(changes.watch):
            inside = np.where(mine, changes.inside[change], inside)
            since = np.where(mine, changes.time[change], since)
        counts = np.zeros(len(watch), np.bool_)
        begin = values.time[row] - values.time[row] % WINDOW  # a window counts whole or not at all
        counts[row] = inside & (begin - SETTLE >= since)
        self._take_over(changes)
        return values.take(counts)

    def _take_over(self, changes: _Changes) -> None:
        ends = np.append(changes.watch[1:] != changes.watch[:-1], True)[: len(changes.watch)]
        table = self.state["watch"]
        table.inside[changes.watch[ends]] = changes.inside[ends]
        table.since[changes.watch[ends]] = changes.time[ends]

    def _spoilt(self, values: _Values, changes: _Changes) -> NDArray[np.bool_]:
        """Samples of windows in which their machine left its state."""
        left = ~changes.inside
        gone = _window_key(changes.watch[left], changes.time[left])
        return np.isin(_window_key(self._watch_of[values.place], values.time), gone)

    def _keep(self, values: _Values) -> None:
        unit = self._unit_of[values.place]
        place = values.place - self.first_place[unit]
        self.state["open"].replace(unit, place=place, time=values.time, value=values.value)


def _times(changes: _Changes, values: _Values) -> Times:
    return np.concatenate([changes.time, values.time])


def _window_key(watch: Index, time: Times) -> Times:
    """(watch, window) as one number; windows fit into 32 bits until the year 3331."""
    return watch.astype(np.int64) * 2**32 + time // WINDOW


def _series(values: _Values) -> Series:
    """Mean and spread of each (place, window), stamped with the end of the window."""
    window = values.time // WINDOW
    starts = run_starts(values.place, window)
    if not len(starts):
        return Series(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0))
    many = np.diff(np.append(starts, len(window)))
    mean = window_sum(values.value, starts) / many
    spread = np.maximum.reduceat(values.value, starts) - np.minimum.reduceat(values.value, starts)
    place, end = values.place[starts], (window[starts] + 1) * WINDOW
    key = np.concatenate([2 * place, 2 * place + 1]).astype(np.int32)
    time, value = np.concatenate([end, end]), np.concatenate([mean, spread])
    order = np.lexsort((time, key))
    return Series(key[order], time[order], value[order])


def _places_of_tags(tag: NDArray[np.int32]) -> tuple[Index, tuple[Index, Index]]:
    """Places packed by tag, and by tag id (first, how many) of them; one more at the end, of no place."""
    packed = np.argsort(tag, kind="stable")
    ids = np.arange(int(tag.max(initial=-1)) + 2)
    first, last = np.searchsorted(tag[packed], ids, "left"), np.searchsorted(tag[packed], ids, "right")
    return packed, (first, last - first)
