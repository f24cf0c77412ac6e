"""One life of a line: machines in a row with a buffer between each two, second by second and event by event."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from simulators.agenda import Agenda
from simulators.buffer import Buffer
from simulators.fault import Wanted, parse
from simulators.machine import Machine, MachineSpec
from simulators.samples import NS_PER_MS, Columns, Newest, Samples
from simulators.station import Station, connect
from simulators.stoppage import Stop, stop
from simulators.truth import Fault, Record, buffer_record
from simulators.wiring import Clock, Wiring

if TYPE_CHECKING:
    from simulators.wire.serve import Addresses

FAULT_RANK, FIRST_RANK, SECOND_RANK = 0, 1, 1_000
"""Order within an instant: what is broken, then the machines along the flow, then the sensors."""


@dataclass(frozen=True, slots=True)
class BufferSpec:
    """capacity and first: pieces, of this unit."""

    capacity: int
    unit: str
    first: int


@dataclass(frozen=True, slots=True)
class LineSpec:
    """path: of the line within the plant. machines in the order of the flow; buffers: one between each two."""

    path: str
    machines: tuple[MachineSpec, ...]
    buffers: tuple[BufferSpec, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Paths of all its values, in the order in which they are sent."""
        return tuple(f"{self.path}/{m.station.name}/{value}" for m in self.machines for value in m.values)


class LineRun:
    """A line that lives. `step` is the only thing that moves time; the same seed gives the same bytes however it is
    stepped. Every value has a sample at the start; states and counters have one at the ms of each change, sensors
    one each second.
    """

    def __init__(
        self, spec: LineSpec, wiring: Wiring, seed: int, start: int, faults: Sequence[tuple[str, int]] = ()
    ) -> None:
        self._spec = spec
        self._until = to_ms(start)
        self._agenda = Agenda(self._until)
        self._samples = Samples(spec.names)
        self._wiring = wiring
        self._buffers = [Buffer(b.capacity, b.unit, b.first) for b in spec.buffers]
        stations = connect([m.station for m in spec.machines], self._buffers, self._agenda, seed, FIRST_RANK)
        self._machines = [
            Machine(f"{spec.path}/{s.spec.name}", m, s, seed, self._samples)
            for m, s in zip(spec.machines, stations, strict=True)
        ]
        self._faults: list[Fault] = []
        for machine in self._machines:
            machine.begin(self._until)
        self._agenda.at(self._until, SECOND_RANK, self._second)
        for what, at in faults:
            self.fault(what, at)

    def step(self, until: int) -> Columns:
        """All samples with time < until (ns) not given yet, by time; an `until` that has passed gives none."""
        end = to_ms(until)
        while self._agenda.advance(end):
            now = self._agenda.now
            for machine in self._machines:
                machine.look(now)
        self._until = max(self._until, end)
        return self._samples.drain()

    @property
    def until(self) -> int:
        """The instant (ns) before which everything has happened."""
        return self._until * NS_PER_MS

    @property
    def newest(self) -> dict[str, Newest]:
        """The newest sample of every value: name -> (time in ns, value, status)."""
        names = self._samples.names
        newest = self._samples.newest.items()
        return {names[index]: (time * NS_PER_MS, value, status) for index, (time, value, status) in newest}

    def fault(self, what: str, at: int) -> None:
        """Break something at an instant (ns) not yet passed: see simulators.fault. ValueError otherwise."""
        by_name = {machine.station.spec.name: machine for machine in self._machines}
        wanted = parse(what, by_name)
        act = self._jam if wanted.component == "jam" else partial(self._damage, wanted.life_s)
        self._agenda.at(self._ahead(what, at), FAULT_RANK, partial(act, by_name[wanted.machine]))

    def mend(self, what: str, at: int) -> None:
        """End what was broken, at an instant (ns) not yet passed: `filler.jam`. Nothing happens when nothing is."""
        wanted = parse(what, [machine.station.spec.name for machine in self._machines])
        self._agenda.at(self._ahead(what, at), FAULT_RANK, partial(self._mend, wanted))

    def truth(self) -> list[Record]:
        """What really happened until now: see simulators.truth."""
        records = [record for machine in self._machines for record in machine.truth.records(self._until)]
        records += [fault.record() for fault in self._faults]
        between = zip(self._machines[:-1], self._buffers, strict=True)
        return records + [buffer_record(machine.path, buffer) for machine, buffer in between]

    def serve(
        self, clock: Clock, opcua_port: int = 0, mqtt: str | None = None, nasty: Sequence[str] = ()
    ) -> AbstractAsyncContextManager[Addresses]:
        """Put the line on real wires while it lives by the clock: see simulators.wire.serve."""
        from simulators.wire.serve import serve  # noqa: PLC0415 - the drivers; a line in a test needs none

        return serve(self, self._wiring, clock, opcua_port, mqtt, nasty)

    def _second(self, _: int) -> None:
        now = self._agenda.now
        for machine in self._machines:
            if machine.second(now):
                self._trip(machine)
        self._agenda.at(now + 1000, SECOND_RANK, self._second)

    def _ahead(self, what: str, at: int) -> int:
        if to_ms(at) < self._until:
            raise ValueError(f"fault {what!r} at {at}: this instant has passed, the line is at {self.until}")
        return to_ms(at)

    def _mend(self, wanted: Wanted, _: int) -> None:
        for fault in self._faults:
            if fault.end is None and (fault.machine, fault.component) == (self._path(wanted), wanted.component):
                fault.undo()

    def _path(self, wanted: Wanted) -> str:
        return f"{self._spec.path}/{wanted.machine}"

    def _jam(self, machine: Machine, _: int) -> None:
        station, fault = machine.station, self._note(machine, "jam")
        jam = stop("jam", station.spec.jam, station.stream, partial(self._end, fault))
        fault.undo = partial(self._unjam, station, jam, fault)
        station.interrupt(jam)

    def _unjam(self, station: Station, jam: Stop, fault: Fault) -> None:
        station.end(jam)
        self._end(fault)

    def _damage(self, life_s: float | None, machine: Machine, _: int) -> None:
        if not machine.drive.bearing.damaged:
            self._note(machine, "bearing").undo = partial(self._renew, machine)
            machine.drive.damage(life_s)

    def _renew(self, machine: Machine) -> None:
        machine.drive.bearing.replace()
        for fault in self._faults:
            if fault.machine == machine.path and fault.component == "bearing" and fault.end is None:
                self._end(fault)

    def _trip(self, machine: Machine) -> None:
        fault = next(
            f for f in self._faults if f.machine == machine.path and f.component == "bearing" and f.end is None
        )
        if fault.failure is not None:
            return
        fault.failure = self._agenda.now
        station = machine.station

        repair = stop("bearing", station.spec.repair, station.stream, partial(self._renew, machine))
        fault.undo = partial(station.end, repair)
        station.interrupt(repair)

    def _note(self, machine: Machine, component: str) -> Fault:
        fault = Fault(machine.path, component, self._agenda.now)
        self._faults.append(fault)
        return fault

    def _end(self, fault: Fault) -> None:
        fault.end = self._agenda.now


def to_ms(instant: int) -> int:
    """Ns as the first whole ms that is not earlier."""
    return -(-instant // NS_PER_MS)
