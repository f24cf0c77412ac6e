"""The limits of the demo plant: silent while nothing is wrong, and there before a bearing trips."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from simulators.plants import PACKAGING
from twin.alarms.occurrence import Occurrence, occurrence_of
from twin.core.batch import batch
from twin.core.fold import Step
from twin.core.instant import HOUR, MINUTE, SECOND
from twin.core.rows import in_order, samples_of
from twin.core.tags import TagTable
from twin.model.load import load
from twin.runtime.alarm_folds import alarms
from twin.runtime.plugins import connectors

START = 1_762_750_800 * SECOND
"""A Monday, 06:00 in Prague."""
FILLER = "demo/plant1/packaging/line1/filler"


def raised(seed: int, hours: int, faults: Sequence[tuple[str, int]] = ()) -> tuple[list[Occurrence], list[dict]]:
    """Every alarm of some hours of the line, by its activation, and the truth."""
    run, end = PACKAGING.build(seed, START, faults), START + hours * HOUR
    names, time, index, value, status = run.step(end)
    plant = load(PACKAGING.plant_file({}), "demo plant", connectors(), {})
    tags = TagTable()
    ids = tags.ids_of([f"{plant.path}/{name}" for name in names])
    fold = alarms(plant, {path: tags.id_of(path) for path in plant.tags}, dict.fromkeys(plant.tags, 0))
    rows = in_order(samples_of([(1, batch("sim", ids[index], time, value, status))]))
    ended = [occurrence_of(record) for record in fold.step(Step(START, end, rows)).records]
    return sorted([*ended, *fold.open()], key=lambda one: one.start), list(run.truth())


@pytest.mark.parametrize(("seed", "hours"), [(1, 4), pytest.param(2, 16, marks=pytest.mark.slow)])
def test_hours_without_a_fault_are_silent(seed: int, hours: int) -> None:
    assert raised(seed, hours)[0] == []


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_a_worn_bearing_warns_then_alarms_before_the_trip(seed: int) -> None:
    found, truth = raised(seed, 2, [("filler.bearing", START + 10 * MINUTE)])
    (trip,) = [fact["failure"] for fact in truth if fact["kind"] == "fault"]
    before = [one for one in found if one.start < trip]
    assert {one.key for one in before} == {f"{FILLER}/vibration~high", f"{FILLER}/vibration~high_high"}
    first = {one.name: one.start for one in reversed(before)}
    assert first["high"] < first["high_high"]
