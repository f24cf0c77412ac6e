"""Heater: an element that keeps a process warm; scale on it and its own age take what it can give.

The process is one thermal body under a controller that gives what is needed and no more than there is:

    tau dT/dt = T_a + (T_set - T_a) min(1, P / need) - T,   need = P_0 demand (hold + (1 - hold) load),

with the power P = V^2 / R. The element is hotter than the process by its heat q = min(P, need) over its film and its
scale, which grows towards an end (D. Q. Kern and R. E. Seaton 1959):

    T_e = T + rise (q / P_0) (1 + r_f),   r_f = r_end (1 - e^(-t / t_s)).

Its resistance grows as it oxidises, parabolically (C. Wagner 1933), to a tenth more at the end of its life; the life
scatters (Weibull) and halves for each `halves_k` that the element is hotter (Arrhenius, linear in T nearby).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulators.components.component import Duty, Quantities, Series
from simulators.components.running import lag, running_sum
from simulators.components.wear import Wear, weibull
from simulators.components.wearing import Wearing
from simulators.streams import Stream


@dataclass(frozen=True, slots=True)
class HeaterSpec:
    """power_kw: P_0. set_c: T_set. tau_s: of the process. demand: share of P_0 that full load needs. hold: share of
    that without load. rise_k: of the element over the process at P_0, clean.

    scaling_h: t_s, hours of work. scale: r_end. oxide: share that the resistance has grown by at the end. life_h,
    slope: Weibull scale and slope at P_0, clean. halves_k: see above. shortest_s, longest_s: seconds at full duty where
    the fault does not say.
    """

    power_kw: float = 12.0
    set_c: float = 85.0
    tau_s: float = 600.0
    demand: float = 0.94
    hold: float = 0.3
    rise_k: float = 120.0
    scaling_h: float = 800.0
    scale: float = 0.5
    oxide: float = 0.1
    life_h: float = 6000.0
    slope: float = 2.0
    halves_k: float = 30.0
    shortest_s: float = 2700.0
    longest_s: float = 5400.0

    gives: ClassVar[tuple[str, ...]] = ("temperature", "element", "power", "duty")
    modes: ClassVar[tuple[str, ...]] = ("wear", "scaling")

    def make(self, source: Stream) -> Heater:
        """A new element in a warm process."""
        return Heater(self, source)


class Heater(Wearing[HeaterSpec]):
    """One heater. Quantities: temperature of the process and of the element in degC, power W, duty: share of the time
    that it is on. Usage: seconds at P_0, clean. scaling: all the scale there can be, until it is descaled.
    """

    kind = "heater"

    def __init__(self, spec: HeaterSpec, source: Stream) -> None:
        super().__init__(spec, source)
        self._celsius = spec.set_c
        self._worked_s = 0.0

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """Live through a duty; the process is kept warm where the machine stands too."""
        spec = self._spec
        worked = running_sum(self._worked_s, duty.working)
        scale = self._scale(worked)
        need = spec.demand * (spec.hold + (1.0 - spec.hold) * np.minimum(duty.load, 1.0))
        there = 1.0 / (1.0 + spec.oxide * np.sqrt(self._shares(need, scale)))
        given = np.minimum(need, there)
        temperature = lag(self._celsius, duty.ambient + (spec.set_c - duty.ambient) * (given / need), spec.tau_s)
        if temperature.size:
            self._celsius, self._worked_s = float(temperature[-1]), float(worked[-1])
        return {
            "temperature": temperature,
            "element": temperature + spec.rise_k * given * (1.0 + scale),
            "power": 1000.0 * spec.power_kw * given,
            "duty": given / there,
        }

    def mend(self, mode: str) -> None:
        """Descale it."""
        super().mend(mode)
        if mode == "scaling":
            self._worked_s = 0.0

    def replace(self) -> None:
        """A new element, clean."""
        super().replace()
        self._worked_s = 0.0

    @property
    def _rate(self) -> float:
        """With the scale that it has."""
        spec = self._spec
        scale = float(self._scale(np.array([self._worked_s]))[0])
        return spec.demand * 2.0 ** (spec.rise_k * (spec.demand * (1.0 + scale) - 1.0) / spec.halves_k)

    @property
    def _fastest(self) -> float:
        """Full power under all the scale there can be."""
        return 2.0 ** (self._spec.rise_k * self._spec.scale / self._spec.halves_k)

    def _new(self, used: float) -> Wear:
        return Wear(3600.0 * weibull(self._source, self._spec.life_h, self._spec.slope))

    def _scale(self, worked_s: Series) -> Series:
        spec = self._spec
        if "scaling" in self._active:
            return np.full(worked_s.size, spec.scale)
        return spec.scale * (1.0 - np.exp(-worked_s / (3600.0 * spec.scaling_h)))

    def _shares(self, need: Series, scale: Series) -> Series:
        """Share of the life that is used: by what is asked for, which is a little more than a worn element gives."""
        spec = self._spec
        hotter = spec.rise_k * (need * (1.0 + scale) - 1.0)
        return self._wear.run(np.minimum(self._fastest, need * np.exp2(hotter / spec.halves_k)))
