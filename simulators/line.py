"""One life of a line, as a test, the demo or a wire steps it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from simulators.agenda import PEOPLE_RANK
from simulators.fault import Faults
from simulators.hall import Hall, LineSpec
from simulators.samples import NS_PER_MS, Columns, Newest
from simulators.truth import Record
from simulators.wiring import Clock, Wiring

if TYPE_CHECKING:
    from simulators.wire.serve import Addresses


class LineRun:
    """A line that lives. `step` is the only thing that moves time; the same seed gives the same bytes however it is
    stepped. Every value has a sample at the start; states and counters have one at the ms of each change, sensors
    one each second.
    """

    def __init__(
        self, spec: LineSpec, wiring: Wiring, seed: int, start: int, faults: Sequence[tuple[str, int]] = ()
    ) -> None:
        self.seed = seed
        self._until = to_ms(start)
        self._wiring = wiring
        self._hall = Hall(spec, seed, self._until)
        self._faults = Faults(self._hall.machines, self._hall.agenda)
        for what, at in faults:
            self.fault(what, at)

    def step(self, until: int) -> Columns:
        """All samples with time < until (ns) not given yet, by time; an `until` that has passed gives none."""
        self._until = max(self._until, to_ms(until))
        self._hall.advance(self._until)
        return self._hall.samples.drain()

    @property
    def until(self) -> int:
        """The instant (ns) before which everything has happened."""
        return self._until * NS_PER_MS

    @property
    def newest(self) -> dict[str, Newest]:
        """The newest sample of every value: name -> (time in ns, value, status)."""
        newest = self._hall.samples.newest.items()
        return {name: (time * NS_PER_MS, value, status) for name, (time, value, status) in newest}

    def fault(self, what: str, at: int) -> None:
        """Break something at an instant (ns) not yet passed: see simulators.fault_name. ValueError otherwise."""
        self._faults.break_(self._faults.read(what), self._ahead(what, at))

    def mend(self, what: str, at: int) -> None:
        """End what was broken, at an instant (ns) not yet passed: `filler.jam`. Nothing happens when nothing is."""
        self._faults.mend(self._faults.read(what), self._ahead(what, at))

    def setpoints(self) -> tuple[str, ...]:
        """Names of the values that may be set, as samples have them."""
        machines = self._hall.machines.values()
        return tuple(f"{machine.path}/{name}" for machine in machines for name in machine.spec.setpoints)

    def ask(self, name: str, value: float) -> None:
        """Set one of them from now on. Raises ValueError for a value that its machine does not take."""
        path, _, setpoint = name.rpartition("/")
        machine = self._hall.machines[path.rpartition("/")[2]]
        machine.spec.setpoints[setpoint].check(value)
        self._hall.agenda.at(self._until, PEOPLE_RANK, lambda _: machine.ask(setpoint, value))

    def breakable(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Machine -> part -> its modes, the first by default."""
        return {name: {part: tuple(modes) for part, modes in one.modes.items()} for name, one in self._faults.names()}

    def sensors(self) -> dict[str, tuple[str, ...]]:
        """Machine -> the tags of its sensors."""
        return {machine.name: tuple(machine.sensors) for machine in self._hall.spec.machines}

    def switches(self) -> dict[str, str]:
        """Name of a nasty switch -> what the wire does then."""
        from simulators.wire.nasty import SWITCHES  # noqa: PLC0415 - the drivers, as below

        return {name: switch.effect for name, switch in SWITCHES.items()}

    def truth(self) -> list[Record]:
        """What really happened until now: see simulators.truth."""
        return [*self._hall.records(self._until), *(fault.record() for fault in self._faults.all)]

    def serve(
        self, clock: Clock, opcua_port: int = 0, mqtt: str | None = None, nasty: Sequence[str] = ()
    ) -> AbstractAsyncContextManager[Addresses]:
        """Put the line on real wires while it lives by the clock: see simulators.wire.serve."""
        from simulators.wire.serve import serve  # noqa: PLC0415 - the drivers; a line in a test needs none

        return serve(self, self._wiring, clock, opcua_port, mqtt, nasty)

    def _ahead(self, what: str, at: int) -> int:
        if to_ms(at) < self._until:
            raise ValueError(f"fault {what!r} at {at}: this instant has passed, the line is at {self.until}")
        return to_ms(at)


def to_ms(instant: int) -> int:
    """Ns as the first whole ms that is not earlier."""
    return -(-instant // NS_PER_MS)
