"""A fold of one's own: the highest good value of every tag in every minute, as a record.

tests/unit/testing/test_check_fold.py shows that it keeps the contract of folds, and what is said of one that does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from twin.core.fold import Fold, Outputs, Record, Step
from twin.core.instant import MINUTE
from twin.core.state import rows

EMPTY = -1
"""Stands for `no minute is open`."""


class Peaks(Fold):
    """A row of state for each tag: the minute that is open, and the highest value in it."""

    name = "peaks"
    version = 1

    def __init__(self, tags: Sequence[int], units: Sequence[int]) -> None:
        self._row = {tag: row for row, tag in enumerate(tags)}
        self._tags = list(tags)
        self.state = {"tag": rows(np.array(units, np.int32), minute=np.int64, peak=np.float64)}
        self.state["tag"].minute[:] = EMPTY

    def step(self, step: Step) -> Outputs:
        """A minute closes as a timer at its end, whether or not something comes after it."""
        records: list[Record] = []
        for tag, time, value, status in self._entries(step):
            row = self._row[tag]
            records += self._close(row, time)
            if status >> 30 == 0:  # Good
                self._add(row, time // MINUTE, value)
        for row in range(len(self._tags)):
            records += self._close(row, step.t1 - 1)
        return Outputs(records)

    def _entries(self, step: Step) -> Iterator[tuple[int, int, float, int]]:
        columns = (step.rows.tag, step.rows.time, step.rows.value, step.rows.status)
        for entry in zip(*[column.tolist() for column in columns], strict=True):
            if entry[0] in self._row:
                yield entry

    def _add(self, row: int, minute: int, value: float) -> None:
        table = self.state["tag"]
        table.peak[row] = value if table.minute[row] == EMPTY else max(table.peak[row], value)
        table.minute[row] = minute

    def _close(self, row: int, time: int) -> list[Record]:
        """The record of the open minute, when it has ended by this instant."""
        table = self.state["tag"]
        minute = int(table.minute[row])
        if minute == EMPTY or (minute + 1) * MINUTE > time:
            return []
        data = (("peak", float(table.peak[row])),)
        table.minute[row], table.peak[row] = EMPTY, 0.0
        start = minute * MINUTE
        return [Record(int(table.unit[row]), "peak", f"tag{self._tags[row]}", start, start + MINUTE, data)]
