"""The newest sample of every tag, and how often one usually comes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.core.fold import Fold, Outputs, Step
from twin.core.state import row_of, rows, rows_by_tag

KEPT = 4
"""So many sample times are kept to tell the usual interval; the state forgets everything older."""


class LastValue(Fold):
    """The newest sample of every tag. A late one changes nothing here unless it is the newest after all.

    tags: ids, ascending. State `tag`: time, value (the wire's number), status, text; times: the last four sample
    times, oldest first, 0 where there are none yet.
    """

    name = "last_value"

    def __init__(self, tags: Sequence[int], units: Sequence[int]) -> None:
        self.tags = np.asarray(tags, dtype=np.int32)
        self._rows = rows_by_tag(self.tags)
        table = rows(np.asarray(units, np.int32), time=np.int64, value=np.float64, status=np.uint32, text=np.object_)
        table.columns["times"] = np.zeros((len(self.tags), KEPT), np.int64)
        self.state = {"tag": table}

    def step(self, step: Step) -> Outputs:
        """Take over the last row of each tag; nothing is emitted."""
        newest = step.rows.last_of_each_tag
        row = row_of(self._rows, step.rows.tag[newest])
        mine = row >= 0
        row, newest = row[mine], newest[mine]
        state = self.state["tag"]
        state.time[row] = step.rows.time[newest]
        state.value[row] = step.rows.value[newest]
        state.status[row] = step.rows.status[newest]
        none = np.full(len(row), None, dtype=object)
        state.text[row] = none if step.rows.text is None else step.rows.text[newest]
        self._keep_times(row, newest, step)
        return Outputs()

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


def usual_interval(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """The mean distance of the kept sample times in ns, 0 where fewer than two are known. times: int64[n, 4]."""
    known = (times > 0).sum(axis=1)
    first = times[np.arange(len(times)), np.maximum(KEPT - known, 0) % KEPT]
    return np.where(known > 1, (times[:, -1] - first) // np.maximum(known - 1, 1), 0)
