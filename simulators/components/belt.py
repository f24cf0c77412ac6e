"""Belt: creeps, wears thinner, loses tension, and slips when the pull is more than the wrap can hold.

Euler-Eytelwein (L. Euler 1769, J. A. Eytelwein 1808): the tight side holds at most e^(mu theta) times the slack side,
so with the tension T of both at rest (T1 + T2 = 2 T) the greatest pull is

    F_max = 2 T (e^(mu theta) - 1) / (e^(mu theta) + 1).

Below it the belt only creeps, by the pull over its stiffness. Wear is Archard's (1953), of the work that creep rubs
away (F v creep, so it goes with the square of the load); tension falls exponentially with it, T = T_new (T_end /
T_new)^share. Beyond F_max the driven side, whose resistance goes with its speed, runs at F_max / F.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import ClassVar

import numpy as np

from simulators.components.component import Duty, Quantities, Series
from simulators.components.wear import Wear, lognormal
from simulators.components.wearing import Wearing
from simulators.streams import Stream


@dataclass(frozen=True, slots=True)
class BeltSpec:
    """tension_n: T of a new belt. worn: share of it at the end. friction: mu, for a V-belt that of its groove.
    wrap_rad: theta on the smaller pulley. pull_n: F at full load. stiffness_n: pull per unit of strain. belt_m_s: at
    full speed.

    rate_mm3_nm: specific wear rate k / H. scatter: standard deviation of its logarithm. limit_mm3: volume rubbed off at
    the end. loose: share of the tension that is left when its tensioner comes loose. healthy_mm_s, worn_mm_s: vibration
    (rms velocity) new and at the end. shortest_s, longest_s: seconds at full duty where the fault does not say.
    """

    tension_n: float = 600.0
    worn: float = 0.4
    friction: float = 0.35
    wrap_rad: float = 2.8
    pull_n: float = 270.0
    stiffness_n: float = 40_000.0
    belt_m_s: float = 8.0
    rate_mm3_nm: float = 8e-6
    scatter: float = 0.3
    limit_mm3: float = 3000.0
    loose: float = 0.4
    healthy_mm_s: float = 0.6
    worn_mm_s: float = 4.0
    shortest_s: float = 2700.0
    longest_s: float = 5400.0

    gives: ClassVar[tuple[str, ...]] = ("ratio", "slip", "tension", "vibration")
    modes: ClassVar[tuple[str, ...]] = ("wear", "loose")

    def make(self, source: Stream) -> Belt:
        """A new belt."""
        return Belt(self, source)

    @property
    def grip(self) -> float:
        """F_max / T."""
        held = exp(self.friction * self.wrap_rad)
        return 2.0 * (held - 1.0) / (held + 1.0)

    @property
    def life_s(self) -> float:
        """Median life at full duty."""
        rubbed_nm_s = self.pull_n * self.belt_m_s * self.pull_n / self.stiffness_n
        return self.limit_mm3 / (self.rate_mm3_nm * rubbed_nm_s)


class Belt(Wearing[BeltSpec]):
    """One belt. Quantities: ratio of the driven speed to that without slip, slip (1 - ratio), tension N, vibration
    mm/s.

    Usage: seconds at full duty. loose: its tensioner, until it is set.
    """

    kind = "belt"

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """Live through a duty; nothing else acts on it."""
        spec = self._spec
        load = np.minimum(duty.load, 1.0)
        share = self._wear.run(load * load * np.minimum(duty.speed, 1.0))
        tension = spec.tension_n * np.power(spec.worn, share) * (spec.loose if "loose" in self._active else 1.0)
        pull = spec.pull_n * duty.load
        holds = np.minimum(1.0, spec.grip * tension / np.maximum(pull, 1e-9))
        ratio = holds * (1.0 - np.minimum(pull, spec.grip * tension) / spec.stiffness_n)
        loud = spec.healthy_mm_s + (spec.worn_mm_s - spec.healthy_mm_s) * np.maximum(share, 1.0 - holds)
        turning = duty.speed > 0.0
        return {
            "ratio": np.where(turning, ratio, 1.0),
            "slip": np.where(turning, 1.0 - ratio, 0.0),
            "tension": tension,
            "vibration": loud * duty.speed,
        }

    def _new(self, used: float) -> Wear:
        return Wear(lognormal(self._source, self._spec.life_s, self._spec.scatter))
