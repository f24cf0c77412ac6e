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

from simulators.components.component import Duty, Hidden, Quantities, Series, check_mode
from simulators.components.wear import Wear, drawn, lognormal
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


class Gear:
    """A pair of gears. Quantities: vibration mm/s, backlash mm, friction as load on a motor. Usage: s at full duty."""

    def __init__(self, spec: GearSpec, source: Stream) -> None:
        self._spec = spec
        self._source = source
        self._dry = False
        self._wear = self._new()

    @property
    def modes(self) -> tuple[str, ...]:
        """wear: nearly worn out; dry: no lubricant until mended."""
        return self._spec.modes

    @property
    def failed(self) -> bool:
        """Whether the flanks are worn out."""
        return self._wear.failed

    @property
    def safe_s(self) -> float:
        """Usage left, at full duty."""
        return self._wear.safe_s(self._factor)

    @property
    def hidden(self) -> Hidden:
        """health: what is left of the flanks."""
        return Hidden(1.0 - self._wear.share, self._wear.left / self._factor)

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """Live through a duty; nothing else acts on it."""
        spec = self._spec
        pressed = np.minimum(1.0, spec.idle + (1.0 - spec.idle) * duty.load)
        share = self._wear.run(self._factor * pressed * np.minimum(duty.speed, 1.0))
        loud = spec.healthy_mm_s + (spec.worn_mm_s - spec.healthy_mm_s) * share
        drag = spec.drag + (spec.worn_drag - spec.drag) * share
        return {
            "vibration": loud * (0.4 + 0.6 * duty.load) * duty.speed,
            "backlash": 2.0 * spec.limit_mm * share,
            "friction": np.where(duty.speed > 0.0, drag * (spec.dry[1] if self._dry else 1.0), 0.0),
        }

    def fault(self, mode: str, life_s: float | None) -> None:
        """Wear it to what is left at full duty, or drain its oil."""
        check_mode("gear", mode, self.modes)
        if mode == "dry":
            self._dry = True
            return
        spec = self._spec
        self._wear.shorten(drawn(self._source, life_s, (spec.shortest_s, spec.longest_s)) * self._factor)

    def mend(self, mode: str) -> None:
        """Fill up its oil."""
        if mode == "dry":
            self._dry = False

    def replace(self) -> None:
        """A new pair, with oil."""
        self._dry = False
        self._wear = self._new()

    @property
    def _factor(self) -> float:
        return self._spec.dry[0] if self._dry else 1.0

    def _new(self) -> Wear:
        return Wear(lognormal(self._source, self._spec.life_s, self._spec.scatter))
