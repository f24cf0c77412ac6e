"""`--set`: assumptions of a forecast that differ from what was recorded, as `filler.rate=130/min`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from twin.core.errors import Misconfigured
from twin.core.instant import HOUR, MINUTE, SECOND, duration
from twin.forecast.lifetime import Lifetime
from twin.forecast.model import BufferModel, LineModel, MachineModel, Pace, Setting, StopMode
from twin.mes.calendar import Calendar
from twin.model.quantity import ns_per_piece
from twin.model.report import suggestion
from twin.model.wall_clock import day_of, instant_of

MACHINE_KEYS: Mapping[str, str] = {
    "rate": "pieces of the machine while it runs: 130/min",
    "repair": "mean length of its stops: 5m",
    "every": "mean running time between two of its stops: 2h",
    "reject": "share of its pieces that are bad: 1%",
    "changeover": "length of its changeovers: 6m",
    "off": "it stands by plan: 2h@14:00, on the wall of the plant, the next time it is then",
}
BUFFER_KEYS: Mapping[str, str] = {
    "capacity": "line pieces that it holds: 400",
    "level": "line pieces that are in it at the beginning: 120",
}
_TEXT = re.compile(r"([A-Za-z0-9_/-]+)\.([a-z_]+)=(.+)")
_WALL = re.compile(r"(\d\d):(\d\d)")


def read_settings(texts: Sequence[str], model: LineModel, calendar: Calendar) -> list[Setting]:
    """Of a line. Raises Misconfigured with what there is, for a name or value that is none."""
    return [_read(text, model, calendar) for text in texts]


def _read(text: str, model: LineModel, calendar: Calendar) -> Setting:
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise Misconfigured(f"--set {text}: write NAME.WHAT=VALUE, as filler.rate=130/min or buffer1.capacity=400")
    asset, what, value = match.groups()
    machines = {one.name for one in model.machines}
    buffers = {one.name for one in model.buffers}
    if asset not in machines | buffers:
        raise Misconfigured(f"--set {text}: no machine or buffer {asset!r}{suggestion(asset, [*machines, *buffers])}")
    keys = MACHINE_KEYS if asset in machines else BUFFER_KEYS
    if what not in keys:
        raise Misconfigured(f"--set {text}: {asset} has no {what!r}{suggestion(what, keys)}")
    try:
        number, at = _VALUES[what](value.strip(), calendar, model.until)
    except ValueError as error:
        raise Misconfigured(f"--set {text}: {error}; {what}: {keys[what]}") from error
    return Setting(asset, what, number, value.strip(), at)


def _seconds(text: str, calendar: Calendar, now: int) -> tuple[float, int]:
    length = duration(text)
    if length <= 0:
        raise ValueError(f"{text!r} is no time at all")
    return length / SECOND, 0


def _share(text: str, calendar: Calendar, now: int) -> tuple[float, int]:
    found = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    if not 0.0 <= found < 1.0:
        raise ValueError(f"{text!r} is not a share from 0 to 100 %")
    return found, 0


def _rate(text: str, calendar: Calendar, now: int) -> tuple[float, int]:
    return SECOND / ns_per_piece(text), 0


def _pieces(text: str, calendar: Calendar, now: int) -> tuple[float, int]:
    found = float(text)
    if not 0.0 <= found < 1e9:
        raise ValueError(f"{text!r} is not a number of pieces")
    return found, 0


def _slot(text: str, calendar: Calendar, now: int) -> tuple[float, int]:
    length, _, wall = text.partition("@")
    match = _WALL.fullmatch(wall)
    minutes = int(match[1]) * 60 + int(match[2]) if match else -1
    if not 0 <= minutes < HOUR // MINUTE * 24:
        raise ValueError(f"{wall!r} is not a time on the wall like 14:00")
    today = day_of(now, calendar.zone)
    instants = [instant_of(today + timedelta(days=days), minutes, calendar.zone) for days in (0, 1, 2)]
    return _seconds(length, calendar, now)[0], next(one for one in instants if one >= now)


_VALUES: Mapping[str, Callable[[str, Calendar, int], tuple[float, int]]] = {
    "rate": _rate, "repair": _seconds, "every": _seconds, "reject": _share, "changeover": _seconds, "off": _slot,
    "capacity": _pieces, "level": _pieces,
}  # fmt: skip


def changed(model: LineModel, settings: Sequence[Setting]) -> LineModel:
    """The model under other assumptions; `off` is of the state, not of the model. What is set is taken for certain."""
    machines = {one.name: one for one in model.machines}
    buffers = {one.name: one for one in model.buffers}
    for one in settings:
        if one.asset in machines:
            machines[one.asset] = _machine(machines[one.asset], one)
        else:
            buffers[one.asset] = _buffer(buffers[one.asset], one)
    return replace(model, machines=list(machines.values()), buffers=list(buffers.values()))


def _machine(one: MachineModel, setting: Setting) -> MachineModel:
    value = setting.value
    match setting.what:
        case "rate":
            return replace(one, rate=dict.fromkeys(one.rate, value * one.content), pace=Pace())
        case "repair":
            stops = np.concatenate([mode.lengths for mode in one.modes] or [np.empty(0)])
            _check(one, stops)
            factor = value / float(stops.mean())
            return replace(one, modes=[replace(mode, lengths=mode.lengths * factor) for mode in one.modes])
        case "every":
            many = sum(len(mode.life.lives) for mode in one.modes)
            _check(one, np.empty(many))
            factor = value * many / max(one.running_s, 1e-9)
            return replace(one, modes=[_rarer(mode, factor) for mode in one.modes])
        case "reject":
            return replace(one, counted=100_000_000, rejects=round(100_000_000 * value), clustered=1.0)
        case "changeover":
            return replace(one, changeover=np.full(len(one.changeover), value))
        case _:
            return one


def _check(one: MachineModel, stops: np.ndarray) -> None:
    if not len(stops):
        raise Misconfigured(f"{one.name}: it was never seen to stop, so there is nothing to make longer or rarer")


def _rarer(mode: StopMode, factor: float) -> StopMode:
    life = mode.life
    longer = Lifetime(life.lives * factor, life.exposure * factor, life.shape, life.open_life * factor, life.ks)
    return replace(mode, life=longer, age=mode.age * factor)


def _buffer(one: BufferModel, setting: Setting) -> BufferModel:
    if setting.what == "level":
        level = min(setting.value, one.capacity)
        return replace(one, lowest=level, highest=level)
    capacity = max(setting.value, 1.0)
    return replace(one, capacity=capacity, lowest=min(one.lowest, capacity), highest=min(one.highest, capacity))
