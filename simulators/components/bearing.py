"""Bearing: healthy until something pits it; then the spall grows, and vibration with it, until the machine trips.

Paris-type growth (P. C. Paris and F. Erdogan 1963, for fatigue cracks; the usual form for spalls): with the damage D
from D0 at the first pit to 1 at the trip, and turning time t,

    dD/dt = c D^n,  n = 1.5   =>   D(u) = (s - (s - 1) u)^-2,  s = D0^(-1/2),

where u = t / life is the share of the life that is used. Vibration and friction are in proportion to D: for most of
its life little is seen, in the last tenth it grows tenfold.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BearingSpec:
    """healthy_mm_s, trip_mm_s: vibration (rms velocity) of a good bearing, and where the machine is switched off.

    friction: load that a bearing at its trip adds to the motor. first_pit: D0. shortest_s, longest_s: seconds of
    turning from the first pit to the trip, where the fault does not say how many.
    """

    healthy_mm_s: float = 1.4
    trip_mm_s: float = 9.0
    friction: float = 0.3
    first_pit: float = 0.01
    shortest_s: float = 2700.0
    longest_s: float = 5400.0


class Bearing:
    """State of one bearing. used: share of the life after the first pit, 0 healthy, 1 trips. vibration in mm/s."""

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
    def damage(self) -> float:
        """D of the growth law: 0 healthy, 1 at the trip."""
        if not self.damaged:
            return 0.0
        start = self._spec.first_pit**-0.5
        left = start - (start - 1.0) * self.used
        return 1.0 / (left * left)

    @property
    def friction(self) -> float:
        """Load that the damage adds to the motor."""
        return self._spec.friction * self.damage

    def pit(self, life_s: float) -> None:
        """From now on it wears and has this many seconds of turning left."""
        self.life_s = life_s

    def replace(self) -> None:
        """A new one."""
        self.used = self.life_s = 0.0

    def step(self, load: float) -> bool:
        """One second at a load of 0 (stands) to 1; True when this is more vibration than the machine allows."""
        if load > 0.0 and self.damaged:
            self.used = min(1.0, self.used + 1.0 / self.life_s)
        spec = self._spec
        full = spec.healthy_mm_s + (spec.trip_mm_s - spec.healthy_mm_s) * self.damage
        self.vibration = full * (0.4 + 0.6 * load) if load > 0.0 else 0.0
        return load > 0.0 and self.used >= 1.0
