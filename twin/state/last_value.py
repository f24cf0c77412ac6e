"""The newest sample of every tag, how often one usually comes, and for how long it is usually silent at most."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.fold import Fold, Outputs, Record, Step
from twin.core.instant import MINUTE
from twin.core.rows import Rows
from twin.core.state import Table, row_of, rows, rows_by_tag
from twin.core.window import run_ends, run_starts

Index = NDArray[np.intp]
Times = NDArray[np.int64]

KEPT = 4
"""So many sample times are kept to tell the usual interval; the state forgets everything older."""
PERIOD = 15 * MINUTE
PERIODS = 5
"""Of so many of the last periods with samples the longest silence that ended in each is kept."""
_PLACE = np.arange(KEPT)
_BACK = _PLACE - (KEPT - 1)
"""Of each kept time its place, and how far it stands from the newest."""


class LastValue(Fold):
    """The newest sample of every tag. A late one changes nothing here unless it is the newest after all.

    unit_of_tag: int32 by tag id, -1 for tags of other units. others: the unit of ids past its end, tags that nobody
    knew when the model was loaded; -1 when it is not among those folded. State `tag`, a row for each tag that had a
    sample, by unit, then tag: time, value (the wire's number), status, text; times: the last four sample times, oldest
    first, 0 where there are none yet; silences: the longest interval that ended in each of the last five periods of a
    quarter of an hour in which samples came, ns, the newest last; period: the number of the newest.
    """

    name = "last_value"
    version = 3

    def __init__(self, unit_of_tag: NDArray[np.int32], others: int = -1) -> None:
        self._unit_of_tag = np.append(unit_of_tag, np.int32(others))
        nothing = np.empty(0, np.int32)
        table = rows(
            nothing, ragged=True, tag=np.int32, time=np.int64, value=np.float64, status=np.uint32, text=np.object_,
            period=np.int64,
        )  # fmt: skip
        table.columns["times"] = np.zeros((0, KEPT), np.int64)
        table.columns["silences"] = np.zeros((0, PERIODS), np.int64)
        self.state = {"tag": table}
        self._indexed: NDArray[np.int32] = nothing
        self._rows = rows_by_tag(nothing)

    def step(self, step: Step) -> Outputs:
        """Take over the last row of each tag; nothing is emitted."""
        r = step.rows
        order, starts = r.by_tag, r.tag_starts
        row = self._row_of(r.tag[order[starts]])
        if (row < 0).any():
            order = order[self._unit_of(r.tag[order]) >= 0]
            starts = run_starts(r.tag[order])
            tag = r.tag[order[starts]]
            self._add(tag[self._row_of(tag) < 0])
            row = self._row_of(tag)
        if len(row):
            self._take_over(r, row, order, starts)
        return Outputs()

    def _take_over(self, r: Rows, row: Index, order: Index, starts: Index) -> None:
        """row: of each tag; order: its rows, from `starts` on."""
        table = self.state["tag"]
        ends = run_ends(starts, len(order))
        newest, time = order[ends], r.time[order]
        _keep_silences(table, row, starts, time)
        table.time[row] = time[ends]
        table.value[row] = r.value[newest]
        table.status[row] = r.status[newest]
        table.text[row] = None if r.text is None else r.text[newest]
        _keep_times(table, row, starts, ends, time)

    def row_keys(self) -> Mapping[str, Sequence[Hashable]]:
        """Rows come with the tags."""
        return {}

    def carry(self, before: Fold | None, folds: Mapping[str, Fold], at: int) -> list[Record]:
        """What is known of a tag stays known, whatever unit it belongs to now."""
        if before is None:
            return []
        table = before.state["tag"]
        unit = self._unit_of(table.tag)
        order = np.lexsort((table.tag, unit))
        order = order[unit[order] >= 0]
        self.state["tag"].replace(unit[order], **{name: column[order] for name, column in table.columns.items()})
        return []

    def _unit_of(self, tag: NDArray[np.int32]) -> NDArray[np.int32]:
        return self._unit_of_tag[np.minimum(tag, len(self._unit_of_tag) - 1)]

    def _row_of(self, tag: NDArray[np.int32]) -> NDArray[np.intp]:
        table = self.state["tag"]
        if self._indexed is not table.tag:  # other rows than last time
            self._indexed, self._rows = table.tag, rows_by_tag(table.tag)
        return row_of(self._rows, tag)

    def _add(self, tag: NDArray[np.int32]) -> None:
        """Rows for tags that have their first sample."""
        table = self.state["tag"]
        tags = np.concatenate([table.tag, tag])
        unit = self._unit_of(tags)
        order = np.lexsort((tags, unit))
        columns: dict[str, NDArray[Any]] = {"tag": tags[order]}
        for name, column in table.columns.items():
            if name != "tag":
                none = np.full((len(tag), *column.shape[1:]), None if column.dtype == object else 0, column.dtype)
                columns[name] = np.concatenate([column, none])[order]
        table.replace(unit[order], **columns)


def _keep_silences(table: Table, row: Index, starts: Index, time: Times) -> None:
    """The longest interval of each tag and period. A maximum: however the samples are cut, it is the same."""
    length = np.empty_like(time)
    np.subtract(time[1:], time[:-1], out=length[1:])
    before = table.time[row]
    length[starts] = np.where(before > 0, time[starts] - before, 0)
    period = time // PERIOD
    if period.min() == period.max():
        _take_in(table, row, period[starts], np.maximum.reduceat(length, starts))
        return
    of = np.repeat(np.arange(len(row)), np.diff(starts, append=len(time)))
    groups = run_starts(of, period)
    of, longest = of[groups], np.maximum.reduceat(length, groups)
    place = np.arange(len(of)) - np.searchsorted(of, of)
    for number in range(int(place.max()) + 1):
        now = place == number
        _take_in(table, row[of[now]], period[groups[now]], longest[now])


def _keep_times(table: Table, row: Index, starts: Index, ends: Index, time: Times) -> None:
    """Shift the new sample times of each run in, at most four per tag."""
    at = ends[:, None] + _BACK
    shifted = np.minimum((ends - starts + 1)[:, None] + _PLACE, KEPT - 1)
    old = table.times.ravel()[(row * KEPT)[:, None] + shifted]
    table.times[row] = np.where(at >= starts[:, None], time[np.maximum(at, 0)], old)


def _take_in(table: Table, row: Index, period: Times, longest: Times) -> None:
    """A period of each row, the one that it is in or a later one."""
    new = (period != table.period[row]).nonzero()[0]
    if len(new):
        of = row[new]
        table.silences[of, :-1] = table.silences[of, 1:]
        table.silences[of, -1] = 0
        table.period[of] = period[new]
    table.silences[row, -1] = np.maximum(table.silences[row, -1], longest)


def usual_silence(silences: NDArray[np.int64]) -> NDArray[np.int64]:
    """The median of the longest silences that are known, ns; 0 where there are none. silences: int64[n, 5].

    Of a tag that comes in bursts it is the pause between them, and one outage does not move it.
    """
    ordered = np.sort(silences, axis=1)
    known = (ordered > 0).sum(axis=1)
    return ordered[np.arange(len(ordered)), np.minimum(PERIODS - known + known // 2, PERIODS - 1)]


def usual_interval(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """The mean distance of the kept sample times in ns, 0 where fewer than two are known. times: int64[n, 4]."""
    known = (times > 0).sum(axis=1)
    first = times[np.arange(len(times)), np.maximum(KEPT - known, 0) % KEPT]
    return np.where(known > 1, (times[:, -1] - first) // np.maximum(known - 1, 1), 0)
