"""Moving windows: what a tag came to over the last so long, in steps of a twentieth of the window.

Log time is cut into panes of that length. A pane is summed once, when it closes, over its own rows alone; a window is
its last PANES closed panes, added up in order. So the same rows give the same bits however a span is cut, and a window
forgets what has left it. At each full pane within reach of a row the window has a value; then nothing moves any more,
and the last value holds until the next row comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.readers import Index
from twin.core.state import State, rows
from twin.core.status import BAD_NO_DATA, BAD_WAITING_FOR_INITIAL_DATA, GOOD, UNCERTAIN_SUB_NORMAL, is_bad, is_good
from twin.core.window import run_starts, window_sum
from twin.model.rule import PANES

Times = NDArray[np.int64]

_OVER_TIME = frozenset({"mean", "minimum", "maximum"})
_FAR = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class MovingSpec:
    """One window over one tag. function: of twin.model.rule_functions.OVER_TIME. window: ns, a multiple of PANES."""

    unit: int
    function: str
    window: int


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Values that begin to hold: number of the signal, time, value, status; by (signal, time), one of each."""

    signal: Index
    time: Times
    value: NDArray[np.float64]
    status: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.signal)

    def take(self, picked: Index | NDArray[np.bool_]) -> Changes:
        """Some of them, in the order of the index."""
        return Changes(self.signal[picked], self.time[picked], self.value[picked], self.status[picked])


def joined(parts: Sequence[Changes]) -> Changes:
    """All of them, by (signal, time)."""
    found = Changes(
        np.concatenate([one.signal for one in parts]),
        np.concatenate([one.time for one in parts]),
        np.concatenate([one.value for one in parts]),
        np.concatenate([one.status for one in parts]),
    )
    return found.take(np.lexsort((found.time, found.signal)))


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """Rows, and full panes before rows of the same instant, by (window, time); what holds from each on."""

    window: Index
    time: Times
    is_row: NDArray[np.bool_]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]


class Moving:
    """The windows of one fold; signals of `step` are their places in `specs`, which stand by unit.

    State `window`: time of the newest row (0: none), value and status that held when the open pane began, and of the
    last PANES panes value, known, good. Of windows over time that is the value times ns (or its extreme) and the ns for
    which it was known and Good; of `sum` and `count` the total, rows and Good rows; of `delta` the value at the end of
    the pane, whether it was known, whether Good. State `open`, ragged: the rows of the open pane; `place` counts from
    the first window of the unit.
    """

    def __init__(self, specs: Sequence[MovingSpec]) -> None:
        self._unit = np.array([one.unit for one in specs], dtype=np.int32)
        self._pane = np.array([one.window // PANES for one in specs], dtype=np.int64)
        self._function = np.array([one.function for one in specs], dtype=object)
        self._first = np.searchsorted(self._unit, np.arange(int(self._unit.max(initial=-1)) + 1)).astype(np.intp)

    def tables(self) -> State:
        """The state before anything came."""
        window = rows(self._unit, last=np.int64, value=np.float64, status=np.uint32)
        window.status[:] = BAD_WAITING_FOR_INITIAL_DATA
        for name, kind in (("panes", np.float64), ("known", np.int64), ("good", np.int64)):
            window.columns[name] = np.zeros((len(self._unit), PANES), kind)
        nothing = np.empty(0, np.int32)
        fresh = rows(nothing, ragged=True, place=np.int32, time=np.int64, value=np.float64, status=np.uint32)
        return {"window": window, "open": fresh}

    def carry(self, state: State, row: Index, before: State, other: Index) -> None:
        """Go on with the open panes of windows: (window here, window in the state before)."""
        old = before["open"]
        first = np.searchsorted(before["window"].unit, np.arange(int(before["window"].unit.max(initial=-1)) + 1))
        here = np.full(len(before["window"]) + 1, -1, np.intp)
        here[other] = row
        window = here[old.place + first[old.unit]]
        order = np.argsort(window, kind="stable")  # the rows of a window stand by time
        order = order[window[order] >= 0]
        unit = self._unit[window[order]]
        place = window[order] - self._first[unit]
        state["open"].replace(unit, place=place, time=old.time[order], value=old.value[order], status=old.status[order])

    def step(self, state: State, new: Changes, t0: int, t1: int) -> Changes:
        """The values of windows at the full panes of [t0, t1). new: the rows of it, once for each window over them."""
        table, held = state["window"], state["open"]
        place = held.place + self._first[held.unit]
        all_ = joined([Changes(place.astype(np.intp), held.time, held.value, held.status), new])
        window, full = self._full(table.last, new, t0, t1)
        if len(new):
            ends = np.append(new.signal[1:] != new.signal[:-1], True)
            table.last[new.signal[ends]] = new.time[ends]
        found = Changes(window, full, np.empty(0), np.empty(0, np.uint32))
        if len(window):
            points = self._points(state, all_, window, full, t0)
            found = self._moved(state, points)
        self._keep(state, all_, t1)
        return found

    def _full(self, last: Times, new: Changes, t0: int, t1: int) -> tuple[Index, Times]:
        """(window, instant) of the full panes at which something moves: the PANES + 1 that follow a row."""
        before = np.flatnonzero(last > 0)
        window = np.concatenate([before, new.signal])
        time = np.concatenate([last[before], new.time])
        order = np.argsort(window, kind="stable")
        window, time = window[order], time[order]
        pane = self._pane[window]
        number = time // pane
        following = np.full(len(window), _FAR, np.int64)
        same = window[1:] == window[:-1]
        following[:-1][same] = number[1:][same]
        first = np.maximum(number + 1, -(-t0 // pane))
        end = np.minimum(np.minimum(number + PANES + 1, following), (t1 - 1) // pane)
        many = np.maximum(end - first + 1, 0)
        which = np.repeat(np.arange(len(window)), many)
        inner = np.arange(len(which)) - np.repeat(np.cumsum(many) - many, many)
        return window[which], (first[which] + inner) * pane[which]

    def _points(self, state: State, all_: Changes, window: Index, full: Times, t0: int) -> _Points:
        """All rows of the windows that move, and the full panes, with the one at which the open pane began."""
        moving = window[run_starts(window)]
        pane = self._pane[moving]
        begin = (t0 - 1) // pane * pane
        moves = np.zeros(len(self._pane), np.bool_)
        moves[moving] = True
        mine = all_.take(moves[all_.signal])
        table = state["window"]
        blank = len(full)
        signal = np.concatenate([moving, window, mine.signal])
        time = np.concatenate([begin, full, mine.time])
        rank = np.concatenate([np.zeros(len(moving) + blank, np.int8), np.ones(len(mine), np.int8)])
        value = np.concatenate([table.value[moving], np.zeros(blank), mine.value])
        status = np.concatenate([table.status[moving], np.zeros(blank, np.uint32), mine.status])
        says = np.concatenate([np.ones(len(moving), np.bool_), np.zeros(blank, np.bool_), np.ones(len(mine), np.bool_)])
        order = np.lexsort((rank, time, signal))
        says = says[order]
        source = np.maximum.accumulate(np.where(says, np.arange(len(order)), 0))  # a full pane says what held before it
        return _Points(signal[order], time[order], rank[order] > 0, value[order][source], status[order][source])

    def _moved(self, state: State, points: _Points) -> Changes:
        """Close the panes, add up the windows, remember the last PANES of each."""
        edges = np.flatnonzero(~points.is_row)
        last = np.append(points.window[edges[1:]] != points.window[edges[:-1]], True)
        closes = np.append(edges[1:], edges[-1])  # of the last edge of each window no pane is closed
        value, known, good = self._panes(points, edges, closes, last)
        edge = closes[~last]
        window, at = points.window[edge], points.time[edge]
        panes = [column[~last] for column in (value, known, good)]
        table = state["window"]
        held, held_status = points.value[edges[last]], points.status[edges[last]]
        ends = points.window[edges[last]]
        table.value[ends], table.status[ends] = held, held_status
        return self._added(state, window, at, panes)

    def _panes(
        self, p: _Points, edges: Index, closes: Index, last: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], Times, Times]:
        """(value, known, good) of the pane that begins at each edge; those of `last` edges mean nothing."""
        pane = self._pane[p.window]
        run = np.repeat(np.arange(len(edges)), np.diff(np.append(edges, len(p.window))))
        end_of_pane = p.time[closes][run]
        until = np.append(p.time[1:], 0)
        length = np.maximum(until - np.maximum(p.time, end_of_pane - pane), 0)
        length[last[run]] = 0
        usable, good = ~is_bad(p.status), is_good(p.status)
        function = self._function[p.window[edges]]
        timed = np.isin(function, list(_OVER_TIME))
        known = window_sum(np.where(usable, length, 0), edges)
        well = window_sum(np.where(good, length, 0), edges)
        value = window_sum(np.where(usable, p.value * length, 0.0), edges)
        for name, extreme, none in (("minimum", np.minimum, np.inf), ("maximum", np.maximum, -np.inf)):
            if (mine := function == name).any():
                value[mine] = extreme.reduceat(np.where(usable & (length > 0), p.value, none), edges)[mine]
        if not timed.all():
            counted, rows_of = p.is_row & usable, ~timed
            known[rows_of] = window_sum(p.is_row.astype(np.int64), edges)[rows_of]
            well[rows_of] = window_sum((p.is_row & good).astype(np.int64), edges)[rows_of]
            value[rows_of] = window_sum(np.where(counted, p.value, 0.0), edges)[rows_of]
            how_many = window_sum(counted.astype(np.int64), edges)
            value[function == "count"] = how_many[function == "count"]
            ends = np.append(edges[1:], len(p.window)) - 1
            delta = function == "delta"
            value[delta] = np.where(usable, p.value, 0.0)[ends[delta]]
            known[delta], well[delta] = usable[ends[delta]], good[ends[delta]]
        return value, known, well

    def _added(self, state: State, window: Index, at: Times, panes: Sequence[NDArray[Any]]) -> Changes:
        """Windows out of their last PANES panes at each instant, by (window, time)."""
        table = state["window"]
        starts = run_starts(window)
        many = np.diff(np.append(starts, len(window)))
        moving = window[starts]
        begin = np.arange(len(starts)) * PANES + starts  # of the panes held before, in the columns that follow
        here = np.arange(len(window)) + np.repeat((np.arange(len(starts)) + 1) * PANES, many)
        there = (begin[:, np.newaxis] + np.arange(PANES)).ravel()
        columns: list[NDArray[Any]] = []
        for name, new in zip(("panes", "known", "good"), panes, strict=True):
            whole = np.empty(len(there) + len(here), table.columns[name].dtype)
            whole[there], whole[here] = table.columns[name][moving].ravel(), new
            columns.append(whole)
            latest = here[np.append(starts[1:], len(window)) - 1]
            table.columns[name][moving] = whole[latest[:, np.newaxis] + np.arange(1 - PANES, 1)]
        value, status = self._combined(self._function[window], self._pane[window], here, columns)
        return Changes(window, at, value, status)

    @staticmethod
    def _combined(
        function: NDArray[np.object_], pane: Times, here: Index, columns: Sequence[NDArray[Any]]
    ) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        """A written-out loop over the panes, so that the bits of a window depend on nothing but its panes."""
        value, known, good = columns
        total, least, most = value[here].copy(), value[here].copy(), value[here].copy()
        some, well = known[here].copy(), good[here].copy()
        least[some == 0], most[some == 0] = np.inf, -np.inf
        for back in range(1, PANES):
            at = here - back
            total = total + value[at]
            least = np.minimum(least, np.where(known[at] > 0, value[at], np.inf))
            most = np.maximum(most, np.where(known[at] > 0, value[at], -np.inf))
            some, well = some + known[at], well + good[at]
        whole = np.where(np.isin(function, list(_OVER_TIME)), pane * PANES, some)
        delta, before = function == "delta", here - PANES
        some = np.where(delta, known[here] * known[before] * 2, some)
        well = np.where(delta, good[here] + good[before], well)
        whole = np.where(delta, 2, whole)
        found = np.where(function == "mean", total / np.maximum(some, 1), total)
        found = np.where(function == "minimum", least, np.where(function == "maximum", most, found))
        found = np.where(delta, value[here] - value[before], found)
        nothing = (some == 0) & ~np.isin(function, ["sum", "count"])
        status = np.where(well == whole, np.uint32(GOOD), np.uint32(UNCERTAIN_SUB_NORMAL))
        return np.where(nothing, np.nan, found), np.where(nothing, np.uint32(BAD_NO_DATA), status)

    def _keep(self, state: State, all_: Changes, t1: int) -> None:
        """Leave the rows of the open panes in the state."""
        pane = self._pane[all_.signal]
        left = all_.take(all_.time >= (t1 - 1) // pane * pane)
        unit = self._unit[left.signal]
        place = left.signal - self._first[unit]
        state["open"].replace(unit, place=place, time=left.time, value=left.value, status=left.status)
