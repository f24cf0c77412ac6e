"""The newest sample of every tag, how often one usually comes, and for how long it is usually silent at most."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.fold import Fold, Outputs, Record, Step
from twin.core.instant import MINUTE
from twin.core.state import Table, row_of, rows, rows_by_tag
from twin.core.window import run_starts

KEPT = 4
"""So many sample times are kept to tell the usual interval; the state forgets everything older."""
PERIOD = 15 * MINUTE
PERIODS = 5
"""Of so many of the last periods with samples the longest silence that ended in each is kept."""


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
        newest = step.rows.last_of_each_tag
        newest = newest[self._unit_of(step.rows.tag[newest]) >= 0]
        row = self._row_of(step.rows.tag[newest])
        if (row < 0).any():
            self._add(step.rows.tag[newest[row < 0]])
            row = self._row_of(step.rows.tag[newest])
        self._keep_silences(step)
        state = self.state["tag"]
        state.time[row] = step.rows.time[newest]
        state.value[row] = step.rows.value[newest]
        state.status[row] = step.rows.status[newest]
        none = np.full(len(row), None, dtype=object)
        state.text[row] = none if step.rows.text is None else step.rows.text[newest]
        self._keep_times(row, newest, step)
        return Outputs()

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

    def _keep_times(self, row: NDArray[np.intp], newest: NDArray[np.intp], step: Step) -> None:
        """Shift the new sample times in, at most four per tag."""
        order = step.rows.by_tag
        tag = step.rows.tag[order]
        place = np.empty(len(order), np.intp)
        place[order] = np.arange(len(order))
        last = place[newest]
        count = last - np.searchsorted(tag, step.rows.tag[newest]) + 1
        old = self.state["tag"].times[row]
        new = np.empty_like(old)
        for back in range(KEPT):
            fresh = count > back
            at = order[np.maximum(last - back, 0)]
            shifted = np.clip(KEPT - 1 - back + count, 0, KEPT - 1)
            new[:, KEPT - 1 - back] = np.where(fresh, step.rows.time[at], old[np.arange(len(row)), shifted])
        self.state["tag"].times[row] = new

    def _keep_silences(self, step: Step) -> None:
        """The longest interval of each tag and period. A maximum: however the samples are cut, it is the same."""
        table = self.state["tag"]
        order = step.rows.by_tag
        row = self._row_of(step.rows.tag[order])
        order, row = order[row >= 0], row[row >= 0]
        if not len(row):
            return
        time = step.rows.time[order]
        before = np.empty_like(time)
        before[1:] = time[:-1]
        first = run_starts(row)
        before[first] = table.time[row[first]]
        length = np.where(before > 0, time - before, 0)
        period = time // PERIOD
        groups = run_starts(row, period)
        _take_in(table, row[groups], period[groups], np.maximum.reduceat(length, groups))


def _take_in(table: Table, row: NDArray[np.intp], period: NDArray[np.int64], longest: NDArray[np.int64]) -> None:
    """Periods of rows, those of one row behind each other in time."""
    first = run_starts(row)
    place = np.arange(len(row)) - np.repeat(first, np.diff(np.append(first, len(row))))
    for number in range(int(place.max()) + 1):
        now = place == number
        of, at, most = row[now], period[now], longest[now]
        silences = table.silences[of]
        is_new = at != table.period[of]
        silences[is_new, :-1] = silences[is_new, 1:]
        silences[:, -1] = np.where(is_new, most, np.maximum(silences[:, -1], most))
        table.silences[of], table.period[of] = silences, at


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
