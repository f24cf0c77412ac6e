"""Inspection: a machine that finds what others have done badly, as a measuring machine sees that tools are worn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulators.agenda import PEOPLE_RANK

if TYPE_CHECKING:
    from simulators.hall import Hall, Role

EVERY_MS = 60_000
"""So often it hears how bad the parts are by now."""


@dataclass(frozen=True, slots=True)
class InspectionSpec:
    """machine: that inspects. of: shares of bad pieces, as `machine.component.quantity`. Pieces come from these
    machines alike, so the mean is what it finds, beside the share that is its own.
    """

    machine: str
    of: tuple[str, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """None: the machine counts."""
        return ()

    def enter(self, hall: Hall) -> Role:
        """From the first minute on. Raises ValueError where the line has no such machine or quantity."""
        if self.machine not in hall.machines:
            raise ValueError(f"inspection: there is no machine {self.machine!r}; there are: {', '.join(hall.machines)}")
        for name in self.of:
            machine, _, quantity = name.partition(".")
            component, _, gives = quantity.partition(".")
            there = hall.machines.get(machine)
            if there is None or component not in there.spec.components:
                raise ValueError(f"inspection by {self.machine!r}: no machine has {name!r}")
            if gives not in there.spec.components[component].gives:
                known = ", ".join(there.spec.components[component].gives)
                raise ValueError(f"inspection by {self.machine!r}: {machine}.{component} gives {known}, not {gives!r}")
        return Inspection(hall, self)


class Inspection:
    """The inspection of one life."""

    def __init__(self, hall: Hall, spec: InspectionSpec) -> None:
        self._agenda = hall.agenda
        self._station = hall.machines[spec.machine].station
        parts = (name.partition(".") for name in spec.of)
        self._of = [(hall.machines[machine], quantity) for machine, _, quantity in parts]
        self._agenda.at(self._agenda.now + EVERY_MS, PEOPLE_RANK, self._hear)

    def records(self, now: int) -> Iterator[dict[str, Any]]:
        """None: counts and health tell all."""
        return iter(())

    def _hear(self, _: int) -> None:
        now = self._agenda.now
        bad = 0.0
        for machine, quantity in self._of:
            machine.live(now)
            bad += machine.physics.newest[quantity]
        self._station.spoil(self._station.spec.reject + bad / len(self._of))
        self._agenda.at(now + EVERY_MS, PEOPLE_RANK, self._hear)
