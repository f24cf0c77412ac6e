"""Truth: what really happened, as JSON records, never on the wire. All instants are ns since 1970 UTC.

{kind: state, machine, state, from, to}             the generic states of one machine cover all time, no overlap
{kind: count, machine, counter, times}              counter `total` or `reject`; one instant for each piece
{kind: stop, machine, cause, start, end}            why it stopped; end is null while it lasts
{kind: fault, machine, component, start, failure, end} what was broken on purpose; null when not (yet)
{kind: buffer, after, unit, capacity, first, level} pieces behind a machine, at the start and now
{kind: process, machine, busy, holding}             pieces of work now inside a machine
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from simulators.buffer import Buffer, nobody
from simulators.samples import NS_PER_MS
from simulators.station import Station

Record = dict[str, Any]


@dataclass(slots=True)
class Fault:
    """Something broken on purpose. start, failure, end: ms; None when it has not happened (yet). undo: mends it."""

    machine: str
    component: str
    start: int
    failure: int | None = None
    end: int | None = None
    undo: Callable[[], None] = nobody

    def record(self) -> Record:
        """Its record."""
        times = {"start": ns(self.start), "failure": ns(self.failure), "end": ns(self.end)}
        return {"kind": "fault", "machine": self.machine, "component": self.component, **times}


class MachineTruth:
    """States and pieces of one machine, followed from instant to instant."""

    def __init__(self, path: str, station: Station) -> None:
        self._path = path
        self._station = station
        self._states: list[tuple[int, str]] = []
        self._times = {"total": array("q"), "reject": array("q")}
        self._counted = {"total": station.total, "reject": station.reject}

    def follow(self, time: int) -> int:
        """Note the state and the new pieces at the end of an instant (ms); how many pieces are new."""
        state = self._station.condition.state
        if not self._states or self._states[-1][1] != state:
            self._states.append((time, state))
        self._count("reject", self._station.reject, time)
        return self._count("total", self._station.total, time)

    def _count(self, counter: str, value: int, time: int) -> int:
        new = value - self._counted[counter]
        if new:
            self._counted[counter] = value
            self._times[counter].extend([time] * new)
        return new

    def records(self, now: int) -> Iterator[Record]:
        """Everything before an instant (ms)."""
        for place, (start, state) in enumerate(self._states):
            end = self._states[place + 1][0] if place + 1 < len(self._states) else now
            yield {"kind": "state", "machine": self._path, "state": state, "from": ns(start), "to": ns(end)}
        for counter, times in self._times.items():
            in_ns = [time * NS_PER_MS for time in times]
            yield {"kind": "count", "machine": self._path, "counter": counter, "times": in_ns}
        for stop in self._station.stops:
            times = {"start": ns(stop.start), "end": ns(stop.end)}
            yield {"kind": "stop", "machine": self._path, "cause": stop.cause, **times}
        work = {"busy": int(self._station.busy), "holding": int(self._station.holding)}
        yield {"kind": "process", "machine": self._path, **work}


def buffer_record(after: str, buffer: Buffer) -> Record:
    """The record of the buffer behind a machine."""
    levels = {"capacity": buffer.capacity, "first": buffer.first_level, "level": buffer.level}
    return {"kind": "buffer", "after": after, "unit": buffer.unit, **levels}


def ns(time: int | None) -> int | None:
    """Ms as ns; None stays None."""
    return None if time is None else time * NS_PER_MS
