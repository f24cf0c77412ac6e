"""Faults as they happen: what breaks on purpose or of old age, how it is mended, and the record of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from simulators.agenda import FAULT_RANK, OVER_RANK, Agenda
from simulators.components.sensor import MODES
from simulators.components.sensor import check as check_setting
from simulators.fault_name import JAM, WEAR, Breakable, Wanted, parse
from simulators.machine import Machine
from simulators.stoppage import stop
from simulators.truth import Fault


class Faults:
    """All faults of a line, in the order in which they began."""

    def __init__(self, machines: Mapping[str, Machine], agenda: Agenda) -> None:
        self.all: list[Fault] = []
        self._lasting: list[Fault] = []
        self._machines = machines
        self._agenda = agenda
        self._names = {name: breakable(machine) for name, machine in machines.items()}
        for machine in machines.values():
            machine.fails = self._failed

    def names(self) -> Sequence[tuple[str, Breakable]]:
        """Each machine and what can break in it."""
        return tuple(self._names.items())

    def read(self, what: str) -> Wanted:
        """What a name asks for. Raises ValueError for what cannot break, or not so."""
        wanted = parse(what, self._names)
        if wanted.part in self._names[wanted.machine].sensors:
            try:
                check_setting(wanted.mode, wanted.settings)
            except ValueError as error:
                raise ValueError(f"fault {what!r}: {error}") from error
        return wanted

    def break_(self, wanted: Wanted, at: int) -> None:
        """Break it at an instant (ms)."""
        self._agenda.at(at, FAULT_RANK, partial(self._break, wanted))

    def mend(self, wanted: Wanted, at: int) -> None:
        """End it at an instant (ms), if it lasts then."""
        self._agenda.at(at, FAULT_RANK, partial(self._mend, wanted))

    def _break(self, wanted: Wanted, _: int) -> None:
        machine = self._machines[wanted.machine]
        open_ = self._open(machine, wanted.part, wanted.mode)
        if wanted.part == JAM:
            self._jam(machine, wanted)
        elif wanted.part in machine.spec.sensors:
            self._lie(machine, wanted, open_)
        elif open_ is None or wanted.lasts_s is not None:
            self._damage(machine, wanted, open_)

    def _jam(self, machine: Machine, wanted: Wanted) -> None:
        station = machine.station
        fault = self._note(machine, JAM, JAM)
        jam = stop(JAM, station.spec.jam, station.stream, partial(self._end, fault), wanted.lasts_s)

        def unjam() -> None:
            self._end(fault)
            station.end(jam)

        fault.undo = unjam
        station.interrupt(jam)

    def _lie(self, machine: Machine, wanted: Wanted, open_: Fault | None) -> None:
        panel = machine.physics.panel
        for other in self._open_of(machine, wanted.part):
            if other is not open_:
                other.undo()
        machine.touch(partial(panel.fault, wanted.part, wanted.mode, wanted.settings))
        fault = open_ or self._note(machine, wanted.part, wanted.mode)

        def mend() -> None:
            self._end(fault)
            machine.touch(partial(panel.mend, wanted.part))

        fault.undo = mend
        self._mend_after(fault, wanted.lasts_s)

    def _damage(self, machine: Machine, wanted: Wanted, open_: Fault | None) -> None:
        component = machine.physics.components[wanted.part]
        life_s = wanted.lasts_s if wanted.mode == WEAR else None
        machine.touch(partial(component.fault, wanted.mode, life_s))
        fault = open_ or self._note(machine, wanted.part, wanted.mode)
        if wanted.mode == WEAR:
            fault.undo = partial(self._renew, machine, wanted.part)
            return

        def mend() -> None:
            self._end(fault)
            machine.touch(partial(component.mend, wanted.mode))

        fault.undo = mend
        self._mend_after(fault, wanted.lasts_s)

    def _mend_after(self, fault: Fault, lasts_s: float | None) -> None:
        """The last word on how long it lasts counts."""
        undo = fault.undo

        def over(_: int) -> None:
            if fault.end is None and fault.undo is undo:
                undo()

        if lasts_s is not None:
            self._agenda.at(self._agenda.now + max(1, round(1000 * lasts_s)), OVER_RANK, over)

    def _mend(self, wanted: Wanted, _: int) -> None:
        for fault in self._open_of(self._machines[wanted.machine], wanted.part):
            if fault.mode == wanted.mode and fault.end is None:
                fault.undo()

    def _failed(self, machine: Machine, component: str) -> None:
        """A component has failed now: the machine stops until it is replaced."""
        faults = self._open_of(machine, component)
        if any(fault.failure is not None for fault in faults):
            return
        station = machine.station
        phases = machine.spec.repairs.get(component, station.spec.repair)
        repair = stop(component, phases, station.stream, partial(self._renew, machine, component))
        for fault in faults or [self._note(machine, component, WEAR)]:
            fault.failure = self._agenda.now
            fault.undo = partial(station.end, repair)
        station.interrupt(repair)

    def _renew(self, machine: Machine, component: str) -> None:
        machine.replace(component)
        for fault in self._open_of(machine, component):
            self._end(fault)

    def _note(self, machine: Machine, component: str, mode: str) -> Fault:
        fault = Fault(machine.path, component, mode, self._agenda.now)
        self.all.append(fault)
        self._lasting.append(fault)
        return fault

    def _end(self, fault: Fault) -> None:
        if fault.end is None:
            fault.end = self._agenda.now
            self._lasting.remove(fault)

    def _open_of(self, machine: Machine, component: str) -> list[Fault]:
        return [f for f in self._lasting if (f.machine, f.component) == (machine.path, component)]

    def _open(self, machine: Machine, component: str, mode: str) -> Fault | None:
        return next((fault for fault in self._open_of(machine, component) if fault.mode == mode), None)


def breakable(machine: Machine) -> Breakable:
    """What can break in a machine."""
    spec = machine.spec
    modes = {JAM: (JAM,)} | {
        name: tuple(component.modes) for name, component in spec.components.items() if component.modes
    }
    sensors = frozenset(spec.sensors)
    lies = tuple(mode for mode in MODES if mode != "swapped" or len(sensors) > 1)
    return Breakable(modes | dict.fromkeys(spec.sensors, lies), sensors)
