"""What the store and a live view know of a line, as a forecast reads it. Blocking reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from twin.core.instant import DAY, FAR_FUTURE, MINUTE, Span
from twin.forecast.history import LineHistory, MachineHistory, Made
from twin.mes.calendar import calendar_of
from twin.mes.flow import flow_of
from twin.mes.products import PRODUCT
from twin.mes.quantities import pieces_of
from twin.model.plant import Line, Machine, Plant
from twin.runtime.intervals import Interval, intervals
from twin.runtime.live import LiveView
from twin.runtime.shown import Shown

COUNT = "count"
LOOK_BACK = 14 * DAY
"""A model is fitted to so much of what was recorded last: a line changes."""

Minutes = Mapping[str, Mapping[int, int]]
"""Path of a counter -> minute -> pieces."""


def line_history(twin: Shown, view: LiveView, line: Line, complete_from: int) -> LineHistory:
    """Up to the last full minute of the view. complete_from: from when the log is complete."""
    until = view.as_of - view.as_of % MINUTE
    machines = [machine for station in flow_of(line).stations for machine in station]
    begins = min(max(_begins(view, machines), complete_from, until - LOOK_BACK), until)
    begins += -begins % MINUTE
    told = intervals(twin, view, sorted(machine.path for machine in machines), Span(begins, until), FAR_FUTURE)
    minutes = _minutes(twin, view, [path for one in machines for path in one.counts.values()], begins, until)
    states: defaultdict[str, list[Interval]] = defaultdict(list)
    for one in told:
        states[one.asset].append(one)
    return LineHistory(
        line, calendar_of(twin.plant, line.path), begins, until,
        [_machine(machine, states[machine.path], minutes, begins, until) for machine in machines],
        _products(twin.plant, twin, view, line, begins, until),
    )  # fmt: skip


def _begins(view: LiveView, machines: Sequence[Machine]) -> int:
    """Pieces are known from the first reading on."""
    counters = [machine.counts.get(role) for machine in machines for role in ("total", "good")]
    return max([view.counting.get(path, 0) for path in counters if path is not None], default=0)


def _machine(machine: Machine, told: Sequence[Interval], minutes: Minutes, begins: int, until: int) -> MachineHistory:
    names = sorted({one.state for one in told})
    start = np.array([max(one.start, begins) for one in told], np.int64)
    end = np.array([until if one.end is None else min(one.end, until) for one in told], np.int64)
    state = np.array([names.index(one.state) for one in told], np.int32)
    kept = start < end
    at = sorted({minute for path in machine.counts.values() for minute in minutes[path]})
    counted = [pieces_of({role: minutes[path].get(one, 0) for role, path in machine.counts.items()}) for one in at]
    return MachineHistory(
        machine, start[kept], end[kept], state[kept], names, np.array(at, np.int64),
        np.array([one.produced or 0 for one in counted], np.int64),
        np.array([one.good or 0 for one in counted], np.int64),
    )  # fmt: skip


def _minutes(twin: Shown, view: LiveView, paths: list[str], start: int, end: int) -> dict[str, dict[int, int]]:
    """Every minute once. What is stored is read after the view was made, so it knows a closed minute better."""
    found: dict[str, dict[int, int]] = {path: {} for path in paths}
    provisional = [(one.key, one.start, int(dict(one.data)["pieces"])) for one in view.records if one.kind == COUNT]
    opened = [(path, minute, pieces) for path, (minute, pieces) in view.open_minutes.items()]
    for path, minute, pieces in [*opened, *provisional]:
        if path in found and start <= minute < end:
            found[path][minute] = pieces
    stored = twin.results.columns(COUNT, paths, start, end)
    pieces = np.array([int(one["pieces"]) for one in stored.distinct], np.int64)
    rows = zip(stored.key.tolist(), stored.start.tolist(), stored.data.tolist(), strict=True)
    for key, minute, data in rows:
        if start <= minute < end:
            found[paths[key]][minute] = int(pieces[data])
    return found


def _products(plant: Plant, twin: Shown, view: LiveView, line: Line, begins: int, until: int) -> list[Made]:
    """To the instant, unlike those that counts are shared out by. One product only needs no tag."""
    if not line.product:
        only = list(plant.products.values())
        return [Made(begins, until, only[0] if len(only) == 1 else None)]
    stored = twin.results.columns(PRODUCT, [line.path], begins, until)
    told = [
        (int(start), int(end), stored.distinct[int(data)]["product"])
        for start, end, data in zip(stored.start, stored.end, stored.data, strict=True)
    ]
    told += [
        (one.start, one.end, dict(one.data)["product"])
        for one in view.records
        if one.kind == PRODUCT and one.key == line.path
    ]
    now = view.products.get(line.path)
    told += [] if now is None else [(now.since, until, now.name)]
    found = {
        start: Made(max(start, begins), min(end, until), plant.products.get(str(name)))
        for start, end, name in sorted(told, key=lambda one: one[:2])
        if start < until and end > begins
    }
    return list(found.values()) or [Made(begins, until, None)]
