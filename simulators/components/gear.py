"""Gear: flanks that rub each other thin; backlash and noise grow with it.

Archard's law of sliding wear (J. F. Archard 1953), for the depth h that a flank loses:

    V = k F s / H   =>   dh/dt = k p v / H,

with the wear coefficient k, mean pressure p of the contact (in proportion to load), sliding speed v (to speed) and
hardness H. k scatters from pair to pair by its logarithm. Without lubricant k is orders of magnitude larger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulators.components.component import Duty, Quantities, Series
from simulators.components.wear import Wear, lognormal
from simulators.components.wearing import Wearing
from simulators.streams import Stream


@dataclass(frozen=True, slots=True)
class GearSpec:
    """coefficient: k, median. scatter: standard deviation of ln k. pressure_mpa: p at full load. sliding_mm: way that a
    tooth slides in a revolution. rpm: at full speed. hardness_mpa: H. limit_mm: depth at which it is worn out.

    idle: share of the pressure that is there without work. healthy_mm_s, worn_mm_s: vibration (rms velocity) at full
    load, new and at the limit. drag: load that it adds to the motor when new; worn_drag: at the limit. dry: wear and
    drag without lubricant, as factors. shortest_s, longest_s: seconds at full duty where the fault does not say.
    """

    coefficient: float = 5e-10
    scatter: float = 0.4
    pressure_mpa: float = 800.0
    sliding_mm: float = 2.0
    rpm: float = 1450.0
    hardness_mpa: float = 7000.0
    limit_mm: float = 0.25
    idle: float = 0.2
    healthy_mm_s: float = 0.8
    worn_mm_s: float = 6.0
    drag: float = 0.02
    worn_drag: float = 0.1
    dry: tuple[float, float] = (1000.0, 4.0)
    shortest_s: float = 2700.0
    longest_s: float = 5400.0

    gives: ClassVar[tuple[str, ...]] = ("vibration", "backlash", "friction")
    modes: ClassVar[tuple[str, ...]] = ("wear", "dry")

    def make(self, source: Stream) -> Gear:
        """A new pair of gears."""
        return Gear(self, source)

    @property
    def life_s(self) -> float:
        """Median life at full duty."""
        depth_mm_s = self.coefficient * self.pressure_mpa * self.sliding_mm * self.rpm / 60.0 / self.hardness_mpa
        return self.limit_mm / depth_mm_s


class Gear(Wearing[GearSpec]):
    """A pair of gears. Quantities: vibration mm/s, backlash mm, friction as load on a motor. Usage: s at full duty.

    dry: it has no lubricant, until mended.
    """

    kind = "gear"

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """Live through a duty; nothing else acts on it."""
        spec = self._spec
        pressed = np.minimum(1.0, spec.idle + (1.0 - spec.idle) * duty.load)
        share = self._wear.run(self._rate * pressed * np.minimum(duty.speed, 1.0))
        loud = spec.healthy_mm_s + (spec.worn_mm_s - spec.healthy_mm_s) * share
        drag = spec.drag + (spec.worn_drag - spec.drag) * share
        return {
            "vibration": loud * (0.4 + 0.6 * duty.load) * duty.speed,
            "backlash": 2.0 * spec.limit_mm * share,
            "friction": np.where(duty.speed > 0.0, drag * (spec.dry[1] if "dry" in self._active else 1.0), 0.0),
        }

    @property
    def _rate(self) -> float:
        return self._spec.dry[0] if "dry" in self._active else 1.0

    def _new(self, used: float) -> Wear:
        return Wear(lognormal(self._source, self._spec.life_s, self._spec.scatter))
