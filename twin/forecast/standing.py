"""The state that a line is in at the end of its history: what a forecast starts from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.core.instant import SECOND
from twin.forecast.calibrate import closed_times
from twin.forecast.history import LineHistory
from twin.forecast.model import LineModel, LineState, MachineNow, Setting
from twin.forecast.spells import STOPPED, UNKNOWN, spells
from twin.forecast.stop_modes import CHANGEOVER

ALL_BUT = 0.02
"""A product of which no more than this is left to make, besides a piece or two in each machine, is made."""


def standing(model: LineModel, history: LineHistory, horizon: int, settings: Sequence[Setting] = ()) -> LineState:
    """Of each machine what it does and since when; breaks and maintenance slots of the time to come (ns)."""
    at = history.until
    by_path = {one.machine.path: one for one in history.machines}
    last = len(model.stations) - 1
    changing = _changing(model)
    now: list[MachineNow] = []
    for one in model.machines:
        told = spells(by_path[one.path], one.station > 0, one.station < last)
        if not len(told.start) or int(told.end[-1]) < at:
            now.append(MachineNow(UNKNOWN, "", 0.0))
            continue
        elapsed = (at - int(told.start[-1])) / SECOND
        kind, cause = int(told.kind[-1]), told.names[int(told.cause[-1])]
        if kind == STOPPED and CHANGEOVER not in told.names and one.station in changing and len(one.changeover):
            cause = CHANGEOVER
        now.append(MachineNow(kind, cause, elapsed))
    rows = {one.name: row for row, one in enumerate(model.machines)}
    off = [(rows[one.asset], one.at, one.at + round(one.value * SECOND)) for one in settings if one.what == "off"]
    return LineState(at, now, off, closed_times(history, model.works_off, at, at + horizon))


def _changing(model: LineModel) -> frozenset[int]:
    """The station whose machines change over now, if they stand: its product is all made, its tag not changed yet."""
    products = model.products
    if products is None or not products.whole or not len(products.amounts[products.current]):
        return frozenset()
    usual = float(np.median(products.amounts[products.current]))
    machines = [model.machines[row] for row in model.stations[products.at]]
    in_work = 2.0 * sum(one.content for one in machines)
    return frozenset({products.at}) if usual - products.done <= ALL_BUT * usual + in_work else frozenset()
