"""From the records of a line to its flow model, with the error of every fit."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.core.errors import Misconfigured
from twin.core.instant import HOUR, SECOND, duration_text
from twin.forecast.history import Curve, LineHistory, MachineHistory, Times
from twin.forecast.levels import Levels, Side
from twin.forecast.model import BufferModel, Fit, LineModel, MachineModel
from twin.forecast.rates import Windows, clean_windows, clustered, pace_of, rates
from twin.forecast.sequence import sequence
from twin.forecast.spells import Spells, spells
from twin.forecast.stop_modes import changeovers, planned, stop_modes, waits_for_material
from twin.mes.calendar import Interval, clipped, common, length, without
from twin.mes.flow import Flow, flow_of
from twin.model.plant import Buffer, Line, Product

LEAST_HISTORY = 2 * HOUR
"""Of less nothing is said."""
THIN_HISTORY = 8 * HOUR
HANDS_ON = 2.0
"""Line pieces, times the greatest content: what lies between machines without a buffer in the plant file."""
WORKS_OFF = 0.1
"""A line that runs this share of its breaks as much as of its shifts works through them."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A machine of the flow with what all fits read."""

    history: MachineHistory
    row: int
    station: int
    content: int
    total: Curve
    good: Curve
    spells: Spells


def calibrate(history: LineHistory) -> LineModel:
    """The model of a line. Raises Misconfigured where its records are too few or its flow is not known."""
    line, flow = history.line, flow_of(history.line)
    _check(history, flow)
    seen = _seen(history, flow)
    busy = history.calendar.busy(history.begins, history.until) if history.calendar.is_known else []
    works_off = not busy or _works_off(seen, busy, history)
    breaks = [] if works_off else without([(history.begins, history.until)], busy)
    changes = np.array([one.start for one in history.products[1:]], np.int64)
    windows = clean_windows(history.products, history.begins, history.until)
    levels = _levels(history, seen, flow)
    tag_station = _tag_station(line, seen)
    machines = [
        _machine(one, history, windows, levels, changes, breaks, beside=one.station == tag_station) for one in seen
    ]
    at_tag = [(one.total, one.content) for one in seen if one.station == tag_station]
    stations = [tuple(one.row for one in seen if one.station == s) for s in range(len(flow.stations))]
    outputs = [one.row for one in seen if one.history.machine.path in {m.path for m in flow.outputs}]
    products = sequence(history.products, tag_station, at_tag, history.begins)
    buffers = [level[1] for level in levels]
    fits = _fits(machines, buffers)
    return LineModel(
        line.path, flow.unit, history.begins, history.until, machines, stations, buffers, outputs,
        _ideals(flow, history), products, works_off, fits, _notes(history, machines, buffers, works_off, busy),
        digest=_digest(history, fits),
    )  # fmt: skip


def _check(history: LineHistory, flow: Flow) -> None:
    line = history.line
    if not line.flow and len(line.machines) > 1:
        raise Misconfigured(f"line {line.path}: the plant file names no flow; add `flow: [first, {{buffer: ..}}, ..]`")
    if not flow.unit:
        raise Misconfigured(f"line {line.path}: its counts have no unit in common; say `makes` of its machines")
    if history.until - history.begins < LEAST_HISTORY:
        told = duration_text(max(history.until - history.begins, 0))
        need = duration_text(LEAST_HISTORY)
        raise Misconfigured(f"line {line.path}: {told} of it are recorded; a forecast needs {need} at least")
    for one in history.machines:
        if one.machine.state is None or not one.machine.counts:
            raise Misconfigured(f"machine {one.machine.path}: the plant file gives it no state or no counts; add both")
        if not one.total.sum():
            raise Misconfigured(
                f"machine {one.machine.path}: no piece of it was counted; nothing can be learnt from it"
            )


def _seen(history: LineHistory, flow: Flow) -> list[Seen]:
    by_path = {one.machine.path: one for one in history.machines}
    last = len(flow.stations) - 1
    found: list[Seen] = []
    for station, machines in enumerate(flow.stations):
        for machine in machines:
            one = by_path[machine.path]
            total, good = Curve(one, one.total), Curve(one, one.good)
            told = spells(one, station > 0, station < last)
            found.append(Seen(one, len(found), station, flow.content[machine.path], total, good, told))
    return found


def _works_off(seen: Sequence[Seen], busy: Sequence[Interval], history: LineHistory) -> bool:
    """Whether the line runs outside its plan as it does within, as far as was seen; not, where that was never seen."""
    off = without([(history.begins, history.until)], busy)
    if length(off) < HOUR // 6:
        return False
    edges = [np.array(one, np.int64).T for one in (busy, off)]
    ran = [sum(int((one.total.running(b) - one.total.running(a)).sum()) for one in seen) for a, b in edges]
    return ran[1] / length(off) > WORKS_OFF * ran[0] / max(length(busy), 1)


def _levels(history: LineHistory, seen: Sequence[Seen], flow: Flow) -> list[tuple[Levels, BufferModel]]:
    found: list[tuple[Levels, BufferModel]] = []
    capacities = _capacities(history.line)
    for station in range(len(flow.stations) - 1):
        before = [Side(one.good, one.content, one.spells) for one in seen if one.station == station]
        after = [Side(one.total, one.content, one.spells) for one in seen if one.station == station + 1]
        buffer = capacities[station] if station < len(capacities) else None
        named = buffer is not None and buffer.capacity > 0
        pieces = max(side.content for side in (*before, *after))
        capacity = float(buffer.capacity * _content(buffer.unit, flow)) if named and buffer else HANDS_ON * pieces
        levels = Levels(before, after, capacity, history.begins, history.until)
        low, high = levels.between(history.until)
        found.append((levels, BufferModel(f"buffer{station + 1}", station, capacity, low, high, named)))
    return found


def _capacities(line: Line) -> list[Buffer | None]:
    """Between each two stations of the flow."""
    found: list[Buffer | None] = []
    waiting: Buffer | None = None
    stations = 0
    for one in line.flow:
        if isinstance(one, Buffer):
            waiting = one
        elif one:
            found += [waiting] if stations else []
            stations, waiting = stations + 1, None
    return found


def _content(unit: str, flow: Flow) -> int:
    """Line pieces in one of a unit: what a machine makes, else one."""
    return next(
        (flow.content[machine.path] for station in flow.stations for machine in station if machine.makes == unit), 1
    )


def _tag_station(line: Line, seen: Sequence[Seen]) -> int:
    return next((one.station for one in seen if line.product.startswith(f"{one.history.machine.path}/")), 0)


def _machine(
    one: Seen, history: LineHistory, windows: Windows, levels: Sequence[tuple[Levels, BufferModel]], changes: Times,
    breaks: Sequence[Interval], *, beside: bool,
) -> MachineModel:  # fmt: skip
    begins, until = history.begins, history.until
    changed = changeovers(one.spells, changes, beside)
    apart = np.union1d(changed, planned(one.spells, breaks)) if breaks else changed
    rate = rates(one.total, one.content, windows, begins, until)
    if not rate:
        raise Misconfigured(f"machine {one.history.machine.path}: it has not run yet; nothing can be learnt from it")
    ended = changed[one.spells.end[changed] < until]
    level = levels[one.station - 1][0].restart_level(one.spells) if one.station else None
    room = levels[one.station][0].restart_room(one.spells) if one.station < len(levels) else None
    ran = one.total.running(np.array([begins, until], np.int64))
    return MachineModel(
        one.history.machine.path, one.history.machine.name, one.station, one.content, rate,
        stop_modes(one.spells, one.total, apart, begins, until),
        pace_of(one.total, one.content, rate, windows, history.calendar.zone),
        one.total.total() - one.good.total(), one.total.total(),
        max(float(one.content), 0.0 if level is None else level), float(0.0 if room is None else max(room, 0.0)),
        (one.spells.end[ended] - one.spells.start[ended]) / SECOND, float(ran[1] - ran[0]) / SECOND,
        waits_for_material(one.spells, changed), clustered(one.history),
    )  # fmt: skip


def _ideals(flow: Flow, history: LineHistory) -> dict[str, float]:
    products: dict[str, Product] = {one.product.name: one.product for one in history.products if one.product}
    told = {name: flow.slowest_ns(product) for name, product in products.items()}
    return {name: float(ns) / SECOND for name, ns in told.items() if ns is not None}


def _fits(machines: Sequence[MachineModel], buffers: Sequence[BufferModel]) -> list[Fit]:
    found: list[Fit] = []
    for one in machines:
        for product, rate in one.rate.items():
            what = f"rate of {product}" if product else "rate"
            found.append(Fit(one.name, what, rate * 60.0, "1/min", one.pace.seen, one.pace.scatter, "scatter"))
        for mode in one.modes:
            life, n = mode.life, len(mode.life.lives)
            found.append(Fit(one.name, f"running until {mode.cause}", life.mean, "s", n, life.ks, "ks"))
            lasts = float(mode.lengths.mean()) if len(mode.lengths) else 0.0
            found.append(Fit(one.name, f"length of {mode.cause}", lasts, "s", len(mode.lengths), mode.drift, "drift"))
        share = one.rejects / max(one.counted, 1)
        found.append(Fit(one.name, "share of bad pieces", share, "", one.counted, None, ""))
        if len(one.changeover):
            lasts = float(one.changeover.mean())
            found.append(Fit(one.name, "length of changeover", lasts, "s", len(one.changeover), None, ""))
    for buffer in buffers:
        known = (buffer.highest - buffer.lowest) / buffer.capacity
        middle = (buffer.highest + buffer.lowest) / 2
        found.append(Fit(buffer.name, "level now", middle, "pieces", 1, known, "range"))
    return found


def _notes(
    history: LineHistory, machines: Sequence[MachineModel], buffers: Sequence[BufferModel], works_off: bool,
    busy: Sequence[Interval],
) -> list[str]:  # fmt: skip
    found: list[str] = []
    span = history.until - history.begins
    if span < THIN_HISTORY:
        found.append(f"only {duration_text(span)} are recorded: what is rare was not seen, and the interval is wide")
    for one in machines:
        rare = [mode.cause for mode in one.modes if len(mode.life.lives) < 3]
        if rare:
            found.append(f"{one.name}: {', '.join(rare)} was seen less than three times")
    for buffer in buffers:
        if not buffer.named:
            found.append(f"{buffer.name}: the plant file names none; {buffer.capacity:g} pieces are assumed")
    if not busy:
        found.append(
            "the plant file has no shifts, or none was in the recorded time: the line is assumed to work always"
        )
    elif works_off and length(without([(history.begins, history.until)], busy)):
        found.append("the line also ran outside its shifts and in breaks: it is assumed to go on so")
    return found


def _digest(history: LineHistory, fits: Sequence[Fit]) -> str:
    told = repr(
        (history.line.path, history.begins, history.until, [(f.machine, f.quantity, f.value, f.n) for f in fits])
    )
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def closed_times(history: LineHistory, works_off: bool, start: int, end: int) -> list[Interval]:
    """When the line stands by plan in [start, end): breaks and the time outside shifts."""
    if works_off or not history.calendar.is_known:
        return []
    return common(without([(start, end)], history.calendar.busy(start, end)), clipped([(start, end)], start, end))
