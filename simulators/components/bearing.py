"""Bearing: healthy until something damages it, then vibration grows with the cube of the life used, until it trips."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BearingSpec:
    """healthy_mm_s, trip_mm_s: vibration (rms velocity) of a good bearing, and where the machine is switched off.

    friction: load that a bearing at its trip adds to the motor. shortest_s, longest_s: seconds of turning from
    the damage to the trip.
    """

    healthy_mm_s: float = 1.4
    trip_mm_s: float = 9.0
    friction: float = 0.3
    shortest_s: float = 1200.0
    longest_s: float = 2400.0


class Bearing:
    """State of one bearing. used: share of the life after the damage, 0 healthy, 1 trips. vibration in mm/s."""

    def __init__(self, spec: BearingSpec) -> None:
        self._spec = spec
        self.used = 0.0
        self.life_s = 0.0
        self.vibration = 0.0

    @property
    def damaged(self) -> bool:
        """Whether it wears."""
        return self.life_s > 0.0

    @property
    def friction(self) -> float:
        """Load that the damage adds to the motor."""
        return self._spec.friction * self.used * self.used

    def damage(self, life_s: float) -> None:
        """From now on it wears and has this many seconds of turning left."""
        self.life_s = life_s

    def replace(self) -> None:
        """A new one."""
        self.used = self.life_s = 0.0

    def step(self, load: float) -> bool:
        """One second at a load of 0 (stands) to 1; True when this is more vibration than the machine allows."""
        if load > 0.0 and self.damaged:
            self.used = min(1.0, self.used + 1.0 / self.life_s)
        spec, used = self._spec, self.used
        full = spec.healthy_mm_s + (spec.trip_mm_s - spec.healthy_mm_s) * used * used * used
        self.vibration = full * (0.4 + 0.6 * load) if load > 0.0 else 0.0
        return load > 0.0 and used >= 1.0
