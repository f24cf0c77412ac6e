"""A line that stands outside its shifts goes on so; one that worked through them goes on too."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.unit.forecast.lines import BEGIN, history
from twin.core.instant import HOUR, MINUTE
from twin.forecast.calibrate import calibrate
from twin.forecast.forecast import forecast
from twin.forecast.history import LineHistory, MachineHistory
from twin.forecast.standing import standing
from twin.mes.calendar import Calendar
from twin.model.week import WeekTimes

SHIFTS = Calendar(ZoneInfo("UTC"), {"early": (WeekTimes(tuple(range(7)), 6 * 60, 14 * 60),)})


def with_shifts(*, stands: bool) -> LineHistory:
    """Three days of one machine, 60 pieces a minute; it stands outside of 06:00 to 14:00, or works through."""
    past = history(72, 1)
    minute = past.machines[0].minute
    works = np.full(len(minute), not stands)
    for first, last in SHIFTS.busy(BEGIN, past.until):
        works |= (minute >= first) & (minute < last)
    edges = np.flatnonzero(np.diff(works)) + 1
    start = minute[np.append(0, edges)]
    end = np.append(start[1:], past.until)
    state = works[np.append(0, edges)].astype(np.int32)
    made = np.where(works, 60, 0)
    one = MachineHistory(past.machines[0].machine, start, end, state, ("idle", "running"), minute, made, made)
    return replace(past, machines=[one], calendar=SHIFTS)


@pytest.mark.parametrize("stands", [True, False])
def test_pieces_come_in_shifts_where_they_came_in_shifts(stands: bool) -> None:
    past = with_shifts(stands=stands)
    midnight = past.until - past.until % (24 * HOUR)
    past = past.before(midnight - 11 * HOUR)  # 13:00
    model = calibrate(past)
    assert model.works_off is not stands
    found = forecast(model, standing(model, past, 4 * HOUR), 4 * HOUR, 60, 1)
    assert found.pieces.p50 == pytest.approx(3600.0 if stands else 4 * 3600.0, rel=0.05)
    assert found.machines[0].availability.p50 == pytest.approx(1.0, abs=0.03)
    if stands:
        assert {mode.cause for mode in model.machines[0].modes} == set()
        assert found.path[-1][1].p50 == pytest.approx(found.path[len(found.path) // 2][1].p50, rel=0.02)
    assert past.until % MINUTE == 0
