"""Hall: everything of a line while it lives, for those who act on it from outside its machines: people, orders, faults.

Machines are joined by the names of their buffers. Several may take from one buffer or put into one (parallel
machines): whoever comes first in the flow is served first within an instant. A machine without an infeed takes from a
source of its own, one without an outfeed puts into a sink of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from simulators.agenda import FLOW_RANK, Agenda
from simulators.buffer import Buffer, BufferSpec, Sink, Source, Supply
from simulators.machine import Machine, MachineSpec
from simulators.physics import Surroundings
from simulators.samples import Samples
from simulators.station import Station
from simulators.truth import Record, buffer_record


class Role(Protocol):
    """Somebody in a hall of one life: what he did goes into the truth."""

    def records(self, now: int) -> Iterator[Record]:
        """Everything before an instant (ms)."""
        ...


class Behaviour(Protocol):
    """What acts on a line from outside its machines: a crew, shifts, orders. Frozen, the same for every life.

    values: names of values of the line itself that it sends.
    """

    @property
    def values(self) -> tuple[str, ...]:
        """Names of its values."""
        ...

    def enter(self, hall: Hall) -> Role:
        """Enter a hall before its first instant: hang into stations, put acts on the agenda at PEOPLE_RANK."""
        ...


@dataclass(frozen=True, slots=True)
class LineSpec:
    """path: of the line within the plant. machines in the order of the flow. behaviours in the order of entering."""

    path: str
    machines: tuple[MachineSpec, ...]
    buffers: tuple[BufferSpec, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()

    def __post_init__(self) -> None:
        for what, names in (("machine", [m.name for m in self.machines]), ("buffer", [b.name for b in self.buffers])):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"line {self.path!r} has two {what}s of the name {twice[0]!r}; names differ")
        known = {buffer.name for buffer in self.buffers}
        for machine in self.machines:
            for name in (machine.infeed, machine.outfeed):
                if name and name not in known:
                    there = ", ".join(sorted(known)) or "none"
                    raise ValueError(f"machine {machine.name!r}: there is no buffer {name!r}; there are: {there}")
        for buffer in self.buffers:
            takes = [m.station.takes for m in self.machines if m.infeed == buffer.name]
            if max(takes, default=0) > buffer.capacity:
                raise ValueError(
                    f"buffer {buffer.name!r}: {buffer.capacity} pieces are less than a machine takes at once"
                )

    @property
    def names(self) -> tuple[str, ...]:
        """Paths of all its values, in the order in which they are sent."""
        own = tuple(f"{self.path}/{value}" for behaviour in self.behaviours for value in behaviour.values)
        return own + tuple(
            f"{self.path}/{machine.name}/{value}" for machine in self.machines for value in machine.values
        )


class Hall:
    """machines, buffers, sources and sinks by name; those of the two ends by the name of their machine."""

    def __init__(self, spec: LineSpec, seed: int, start: int) -> None:
        self.spec = spec
        self.seed = seed
        self.agenda = Agenda(start)
        self.samples = Samples(spec.names)
        self.buffers = {buffer.name: Buffer(buffer) for buffer in spec.buffers}
        self.sources: dict[str, Supply] = {}
        self.sinks: dict[str, Sink] = {}
        self.machines: dict[str, Machine] = {}
        self._changed: list[Machine] = []
        for place, machine in enumerate(spec.machines):
            self.machines[machine.name] = self._machine(machine, place)
        self._roles = [behaviour.enter(self) for behaviour in spec.behaviours]
        for machine in self.machines.values():
            machine.begin()

    def surround(self, surroundings: Surroundings) -> None:
        """What is around all machines from now on."""
        for machine in self.machines.values():
            machine.physics.surroundings = surroundings

    def advance(self, until: int) -> None:
        """Live through all instants earlier than `until` (ms)."""
        agenda, changed = self.agenda, self._changed
        while agenda.advance(until):
            if changed:
                now = agenda.now
                for machine in changed:
                    machine.look(now)
                changed.clear()
        for machine in self.machines.values():
            machine.live(until)

    def records(self, now: int) -> Iterator[Record]:
        """The truth about machines, buffers, ends and roles until an instant (ms)."""
        for machine in self.machines.values():
            yield from machine.truth.records(now)
            yield from machine.report.records(machine.path)
        for name, buffer in self.buffers.items():
            givers = [m.path for m in self.machines.values() if m.spec.outfeed == name]
            takers = [m.path for m in self.machines.values() if m.spec.infeed == name]
            yield buffer_record(buffer, givers, takers)
        for side, pieces in (
            ("in", {name: source.given for name, source in self.sources.items()}),
            ("out", {name: sink.arrived for name, sink in self.sinks.items()}),
        ):
            for name, count in pieces.items():
                yield {"kind": "end", "machine": self.machines[name].path, "side": side, "pieces": count}
        for role in self._roles:
            yield from role.records(now)

    def _machine(self, spec: MachineSpec, place: int) -> Machine:
        infeed = self.buffers[spec.infeed] if spec.infeed else self.sources.setdefault(spec.name, Source())
        outfeed = self.buffers[spec.outfeed] if spec.outfeed else self.sinks.setdefault(spec.name, Sink())
        station = Station(spec.station, FLOW_RANK + place, self.agenda, self.seed, infeed, outfeed)
        path = f"{self.spec.path}/{spec.name}"
        machine = Machine(path, spec, station, self.agenda, self.seed, self.samples, place)
        changed = self._changed
        station.changed = lambda: changed.append(machine)
        return machine
