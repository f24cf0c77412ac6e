"""Bearing: healthy until fatigue pits it; then the spall grows, and vibration with it, until the machine trips.

Life to the first pit (ISO 281, basic rating life; two-parameter Weibull with the slope of its reliability factor a1):

    L10 = (C / P)^p 10^6 revolutions,  P(L > t) = 0.9^((t / L10)^e),  p = 3 for balls, e = 1.5,

where a revolution at the load P counts (P / P_full)^p (Palmgren-Miner). Growth of the spall, Paris type (P. C. Paris
and F. Erdogan 1963, for fatigue cracks; the usual form for spalls): with the damage D from D0 at the first pit to 1 at
the trip, and usage t,

    dD/dt = c D^n,  n = 1.5   =>   D(u) = (s - (s - 1) u)^-2,  s = D0^(-1/2),

where u is the share of the usage between pit and trip that is gone. Vibration and friction are in proportion to D: for
most of this time little is seen, in the last tenth it grows tenfold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulators.components.component import Duty, Hidden, Quantities, Series, check_mode
from simulators.components.wear import Wear, weibull
from simulators.components.wearing import Wearing
from simulators.streams import Stream

MILLION = 1e6
L10_SURVIVE = 0.9


@dataclass(frozen=True, slots=True)
class BearingSpec:
    """healthy_mm_s, trip_mm_s: vibration (rms velocity) of a good bearing, and where the machine is switched off.

    friction: load that a bearing at its trip adds to the motor. first_pit: D0. shortest_s, longest_s: seconds at full
    duty from the first pit to the trip, where the fault does not say how many. dynamic_kn, load_kn: C of its maker and
    P at full load. preload: share of P that is there without work (pull of belts, weight). rpm: at full speed.
    exponent: p, 10/3 for rollers. slope: e. growth: usage from pit to trip of an untouched life, as share of the usage
    to the pit.
    """

    healthy_mm_s: float = 1.4
    trip_mm_s: float = 9.0
    friction: float = 0.3
    first_pit: float = 0.01
    shortest_s: float = 2700.0
    longest_s: float = 5400.0
    dynamic_kn: float = 19.5
    load_kn: float = 1.5
    preload: float = 0.8
    rpm: float = 1450.0
    exponent: float = 3.0
    slope: float = 1.5
    growth: float = 0.02

    gives: ClassVar[tuple[str, ...]] = ("vibration", "friction")
    modes: ClassVar[tuple[str, ...]] = ("wear",)

    def make(self, source: Stream) -> Bearing:
        """A new bearing."""
        return Bearing(self, source)

    @property
    def l10_s(self) -> float:
        """L10 in seconds at full duty."""
        return (self.dynamic_kn / self.load_kn) ** self.exponent * MILLION * 60.0 / self.rpm


class Bearing(Wearing[BearingSpec]):
    """One bearing. Quantities: vibration in mm/s, friction as load that it adds to the motor. Usage: s at full duty."""

    kind = "bearing"

    def __init__(self, spec: BearingSpec, source: Stream) -> None:
        self._pit = 1.0 / (1.0 + spec.growth)
        super().__init__(spec, source)

    @property
    def hidden(self) -> Hidden:
        """health: 1 - D."""
        return Hidden(1.0 - float(self._damage(np.array([self._wear.share]))[0]), self._wear.left)

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """Live through a duty; nothing else acts on it."""
        spec = self._spec
        pressed = spec.preload + (1.0 - spec.preload) * duty.load
        rate = duty.speed * np.power(pressed, spec.exponent)
        damage = self._damage(self._wear.run(np.minimum(rate, 1.0)))
        full = spec.healthy_mm_s + (spec.trip_mm_s - spec.healthy_mm_s) * damage
        return {"vibration": full * (0.4 + 0.6 * duty.load) * duty.speed, "friction": spec.friction * damage}

    def fault(self, mode: str, life_s: float | None) -> None:
        """Pit it. One that is pitted already stays as it is, unless a shorter life is named."""
        check_mode(self.kind, mode, self.modes)
        if life_s is None:
            if self._wear.share >= self._pit:
                return
            life_s = self._source.uniform(self._spec.shortest_s, self._spec.longest_s)
        self._wear.shorten(life_s, self._pit)

    def _new(self, used: float) -> Wear:
        spec = self._spec
        scale = spec.l10_s / (-np.log(L10_SURVIVE)) ** (1.0 / spec.slope)
        return Wear(weibull(self._source, float(scale), spec.slope) * (1.0 + spec.growth))

    def _damage(self, share: Series) -> Series:
        start = self._spec.first_pit**-0.5
        grown = np.maximum(0.0, (share - self._pit) / (1.0 - self._pit))
        left = start - (start - 1.0) * grown
        return np.where(share >= self._pit, 1.0 / (left * left), 0.0)
