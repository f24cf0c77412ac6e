"""A fold that keeps the contract passes, and each way to break it is named."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest

from examples.peaks import EMPTY, Peaks
from twin.core.batch import Batch, batch
from twin.core.fold import Outputs, Record
from twin.core.instant import MINUTE, SECOND
from twin.core.routing import Routing
from twin.core.state import rows
from twin.testing import ContractBroken, check_fold

BEGIN = 1_700_000_040 * SECOND
TAGS, UNITS = (0, 1, 2), (0, 0, 1)
ROUTING = Routing(np.array(UNITS, np.int32), {})


def a_log(seed: int) -> list[Batch]:
    rng = np.random.default_rng(seed)
    times = BEGIN + rng.integers(0, 600, 300) * SECOND // 2
    return [batch("c", rng.integers(0, 3, 300), times, rng.integers(0, 90, 300), rng.choice([0, 0, 2**31], 300))]


def made(kind: type[Peaks]):
    def make(units: Sequence[int]) -> list[Peaks]:
        mine = [(tag, unit) for tag, unit in zip(TAGS, UNITS, strict=True) if unit in units]
        return [kind([tag for tag, _ in mine], [unit for _, unit in mine])]

    return make


def test_the_fold_of_the_example_keeps_the_contract() -> None:
    check_fold(made(Peaks), a_log, ROUTING, (0, 1))


def test_one_log_is_enough() -> None:
    check_fold(made(Peaks), a_log(7), ROUTING, (0, 1), seeds=2)


class DependsOnBatchSize(Peaks):
    """Takes the mean of what a step brings."""

    def step(self, step):
        for row, tag in enumerate(self._tags):
            mine = step.rows.value[step.rows.tag == tag]
            if len(mine):
                self.state["tag"].peak[row] = mine.mean()
        return Outputs()


class KeepsStateElsewhere(Peaks):
    """A counter that no snapshot holds."""

    count = 0

    def step(self, step):
        self.count += len(step.rows)
        return super().step(step)

    def _close(self, row, time):
        return [Record(r.unit, r.kind, r.key, r.start, r.end, (("n", self.count),)) for r in super()._close(row, time)]


class JoinsUnits(Peaks):
    """Adds something of the lines beside."""

    def _add(self, row, minute, value):
        super()._add(row, minute, value + len(self._tags))


class WaitsForTheNextRow(Peaks):
    """A minute ends only when a later row comes."""

    def step(self, step):
        records = []
        for tag, instant, value, _ in self._entries(step):
            records += self._close(self._row[tag], instant)
            self._add(self._row[tag], instant // MINUTE, value)
        return Outputs(records)


class LooksAtTheClock(Peaks):
    def _add(self, row, minute, value):
        super()._add(row, minute, value + time.perf_counter_ns() % 1000)


class SpeaksFirst(Peaks):
    def step(self, step):
        first = [Record(0, "hello", "x", step.t0, step.t0, ())] if self.state["tag"].minute.max() == EMPTY else []
        return Outputs([*super().step(step).records, *first])


class NeverForgets(Peaks):
    """State shared between forks: a mutable thing beside the columns."""

    def __init__(self, tags, units):
        super().__init__(tags, units)
        self.state["shared"] = rows(np.array(units, np.int32), seen=object)
        for row in range(len(units)):
            self.state["shared"].seen[row] = []

    def step(self, step):
        for seen in self.state["shared"].seen:
            seen.append(1)
        return super().step(step)


@pytest.mark.parametrize(
    ("kind", "broken"),
    [
        (DependsOnBatchSize, r"however a span is cut into steps.*state of fold 'peaks' differs in tag\.peak"),
        (KeepsStateElsewhere, "however a span is cut into steps and restored from snapshots: records missing"),
        (JoinsUnits, "a unit is the same whatever units are folded beside it: records missing"),
        (WaitsForTheNextRow, "however a span is cut into steps.*(not of this step|records missing)"),
        (LooksAtTheClock, "folding the same log twice gives the same bytes"),
        (SpeaksFirst, "in its first state a fold emits nothing until something comes"),
        (NeverForgets, "a fold on a fork leaves the state it came from alone"),
    ],
)
def test_a_wrong_fold_is_told_the_clause(kind: type[Peaks], broken: str) -> None:
    with pytest.raises(ContractBroken, match=broken):
        check_fold(made(kind), a_log, ROUTING, (0, 1))
