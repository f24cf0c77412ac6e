"""Inflow: what comes by itself, more in the morning and in the evening than at night, as water to a pump station does.

    q(h) / q_mean = 1 + day cos(2 pi (h - peak) / 24) + half cos(4 pi (h - peak) / 24),   h: hours on the wall's clock,

the first two harmonics of the dry-weather curve of a sewer (Metcalf & Eddy, Wastewater Engineering); 1 on average.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi
from typing import TYPE_CHECKING, Any

from simulators.agenda import PEOPLE_RANK
from simulators.people.hours import hour_of_day, zone_of

if TYPE_CHECKING:
    from simulators.hall import Hall, Role

EVERY_MS = 300_000
"""So often it is another one."""
LEAST = 0.05


@dataclass(frozen=True, slots=True)
class InflowSpec:
    """machine: whose cycle is the mean. day, half: swings of the day and of half a day, as shares of the mean. peak_h:
    hour of the peak. zone: of the wall's clock.
    """

    machine: str
    day: float = 0.35
    half: float = 0.2
    peak_h: float = 9.0
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if abs(self.day) + abs(self.half) > 1.0 - LEAST:
            raise ValueError(f"inflow of {self.machine!r}: day and half add up to more than {1.0 - LEAST:g}")
        zone_of(self.zone)

    @property
    def values(self) -> tuple[str, ...]:
        """None: the machine counts."""
        return ()

    def share(self, hour: float) -> float:
        """Of the mean, at an hour of the day."""
        turn = 2.0 * pi * (hour - self.peak_h) / 24.0
        return 1.0 + self.day * cos(turn) + self.half * cos(2.0 * turn)

    def enter(self, hall: Hall) -> Role:
        """From the first instant on. Raises ValueError where the line has no such machine."""
        if self.machine not in hall.machines:
            raise ValueError(f"inflow: there is no machine {self.machine!r}; there are: {', '.join(hall.machines)}")
        return Inflow(hall, self)


class Inflow:
    """The inflow of one life."""

    def __init__(self, hall: Hall, spec: InflowSpec) -> None:
        self._agenda = hall.agenda
        self._station = hall.machines[spec.machine].station
        self._spec = spec
        self._zone = zone_of(spec.zone)
        self._flow(0)

    def records(self, now: int) -> Iterator[dict[str, Any]]:
        """None: the counts of its machine tell all."""
        return iter(())

    def _flow(self, _: int) -> None:
        now = self._agenda.now
        share = self._spec.share(hour_of_day(now, self._zone))
        self._station.cycle_ms = round(self._station.spec.cycle_ms / share)
        self._agenda.at(now + EVERY_MS, PEOPLE_RANK, self._flow)
