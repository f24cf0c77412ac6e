"""Gauge: how full a buffer is, as a machine beside it shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulators.agenda import PEOPLE_RANK

if TYPE_CHECKING:
    from simulators.hall import Hall, Role

EVERY_MS = 5000
"""So often it is read; sent when it has changed."""


@dataclass(frozen=True, slots=True)
class GaugeSpec:
    """buffer: its name. machine, setting: which value of which machine shows it. each: what a piece is on its scale."""

    buffer: str
    machine: str
    setting: str = "level"
    each: float = 1.0

    @property
    def values(self) -> tuple[str, ...]:
        """None of the line: the machine has it."""
        return ()

    def enter(self, hall: Hall) -> Role:
        """From the first instant on. Raises ValueError where the line has no such buffer or setting."""
        if self.buffer not in hall.buffers:
            raise ValueError(f"gauge: there is no buffer {self.buffer!r}; there are: {', '.join(hall.buffers)}")
        machine = hall.machines.get(self.machine)
        if machine is None or self.setting not in machine.spec.settings:
            raise ValueError(f"gauge of {self.buffer!r}: machine {self.machine!r} has no setting {self.setting!r}")
        return Gauge(hall, self)


class Gauge:
    """The gauge of one life."""

    def __init__(self, hall: Hall, spec: GaugeSpec) -> None:
        self._agenda = hall.agenda
        self._buffer = hall.buffers[spec.buffer]
        self._machine = hall.machines[spec.machine]
        self._spec = spec
        self._read(0)

    def records(self, now: int) -> Iterator[dict[str, Any]]:
        """None: the record of its buffer tells all."""
        return iter(())

    def _read(self, _: int) -> None:
        self._machine.show(self._spec.setting, round(self._buffer.level * self._spec.each, 6))
        self._agenda.at(self._agenda.now + EVERY_MS, PEOPLE_RANK, self._read)
