"""Truth: what really happened, as JSON records, never on the wire. All instants are ns since 1970 UTC.

{kind: state, machine, state, from, to}             the generic states of one machine cover all time, no overlap
{kind: count, machine, counter, times}              counter `total` or `reject`; one instant for each piece
{kind: stop, machine, cause, reason, start, end}    why it stopped, and the number it tells; end is null while it lasts
{kind: fault, machine, component, mode, start, failure, end}
                                                    what broke, on purpose or of old age (then start is the failure);
                                                    component: or the tag of a sensor, or `jam`; null when not (yet)
{kind: health, machine, component, from, every, health, left_s}
                                                    hidden state at `from` and each `every` ns: health 1 new, 0 failed;
                                                    left_s: seconds at full duty until it fails, null: not by wear
{kind: buffer, buffer, after, givers, takers, unit, capacity, first, level, cleared}
                                                    pieces between machines, at the start and now; cleared: by hand
                                                    after: the first of the givers
{kind: process, machine, busy, holding, order}      pieces of work now inside a machine
{kind: end, machine, side, pieces}                  pieces that came into the line here (`in`) or left it (`out`)
{kind: order, order, product, machine, start, end, total, reject}
                                                    what a machine made for an order; end: null while it works on it
{kind: job, trade, person, machine, called, start, end}
                                                    work of one person, from when he was there
{kind: standstill, line, why, start, end}           a break of the whole line, or a time out of its shifts
{kind: machine_alarm, machine, code, text, on, off} what a machine reported itself; off: null while it stands
{kind: reject, machine, cause, times}               one instant for each piece that was bad for a cause
{kind: setpoint, machine, setpoint, value, at}      what was asked of a machine from outside
{kind: ambient, line, from, every, celsius}         temperature of the hall each hour
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from simulators.buffer import Buffer, nobody
from simulators.components.component import Component
from simulators.samples import NS_PER_MS
from simulators.station import Station

Record = dict[str, Any]

HEALTH_MS = 600_000
"""So often it is noted how healthy the components are."""


@dataclass(slots=True, eq=False)
class Fault:
    """Something that broke. start, failure, end: ms; None when it has not happened (yet). undo: mends it."""

    machine: str
    component: str
    mode: str
    start: int
    failure: int | None = None
    end: int | None = None
    undo: Callable[[], None] = nobody

    def record(self) -> Record:
        """Its record."""
        what = {"machine": self.machine, "component": self.component, "mode": self.mode}
        return {"kind": "fault", **what, "start": ns(self.start), "failure": ns(self.failure), "end": ns(self.end)}


class MachineTruth:
    """States and pieces of one machine, followed from instant to instant."""

    def __init__(self, path: str, station: Station) -> None:
        self._path = path
        self._station = station
        self.asked: list[tuple[int, str, float]] = []
        """Setpoints as they were given: (ms, name, value)."""
        self._states: list[tuple[int, str]] = []
        self._healths: dict[str, tuple[int, list[float], list[float | None]]] = {}

    def follow(self, time: int, state: str) -> None:
        """Note the generic state at the end of an instant (ms)."""
        if not self._states or self._states[-1][1] != state:
            self._states.append((time, state))

    def note_health(self, time: int, components: Mapping[str, Component]) -> None:
        """Note the hidden state of components, each HEALTH_MS from the first instant (ms) on."""
        for name, component in components.items():
            if not component.modes:  # a meter has no health
                continue
            hidden = component.hidden
            _, health, left = self._healths.setdefault(name, (time, [], []))
            health.append(round(hidden.health, 6))
            left.append(round(hidden.left_s, 1) if isfinite(hidden.left_s) else None)

    def records(self, now: int) -> Iterator[Record]:
        """Everything before an instant (ms)."""
        for place, (start, state) in enumerate(self._states):
            end = self._states[place + 1][0] if place + 1 < len(self._states) else now
            yield {"kind": "state", "machine": self._path, "state": state, "from": ns(start), "to": ns(end)}
        for counter, times in self._station.made.items():
            in_ns = [time * NS_PER_MS for time in times]
            yield {"kind": "count", "machine": self._path, "counter": counter, "times": in_ns}
        for stop in self._station.stops:
            times = {"start": ns(stop.start), "end": ns(stop.end)}
            yield {"kind": "stop", "machine": self._path, "cause": stop.cause, "reason": stop.reason, **times}
        for name, (start, health, left) in self._healths.items():
            row = {"from": ns(start), "every": ns(HEALTH_MS), "health": list(health), "left_s": list(left)}
            yield {"kind": "health", "machine": self._path, "component": name, **row}
        for time, setpoint, value in self.asked:
            asked = {"setpoint": setpoint, "value": value, "at": ns(time)}
            yield {"kind": "setpoint", "machine": self._path, **asked}
        work = {"busy": int(self._station.busy), "holding": int(self._station.holding), "order": self._station.order}
        yield {"kind": "process", "machine": self._path, **work}


def buffer_record(buffer: Buffer, givers: Sequence[str], takers: Sequence[str]) -> Record:
    """The record of the buffer between machines."""
    spec = buffer.spec
    ends = {"after": givers[0] if givers else None, "givers": list(givers), "takers": list(takers)}
    levels = {"capacity": spec.capacity, "first": spec.first, "level": buffer.level, "cleared": buffer.cleared}
    return {"kind": "buffer", "buffer": spec.name, **ends, "unit": spec.unit, **levels}


def ns(time: int | None) -> int | None:
    """Ms as ns; None stays None."""
    return None if time is None else time * NS_PER_MS
