"""Compressor with its tank: a pressure switch, air that is used, and air that leaks.

Mass in the tank of volume V, ideal gas, and a leak of area A where the flow is choked (any textbook of gas dynamics;
ISO 6358 for the coefficient):

    dp/dt = (R T / V) (m_in - m_out - m_leak),
    m_leak = C_d A p sqrt(g / (R T)) (2 / (g + 1))^((g + 1) / (2 (g - 1))),  p absolute, above 1.89 bar.

It runs from the lower to the upper pressure of its switch, so that a leak shows as a longer share of running and as a
quicker fall while it stands. Worn valves and rings deliver less. It trips where the pressure is too low to work with.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import ClassVar

import numpy as np

from simulators.components.component import NEVER_FAILS, Duty, Quantities, Series
from simulators.components.wear import Wear, weibull
from simulators.components.wearing import Wearing
from simulators.streams import Stream

GAS, GAMMA, KELVIN = 287.0, 1.4, 293.0
"""R of air, J/(kg K); ratio of its specific heats; temperature in the tank."""
CHOKED = sqrt(GAMMA / (GAS * KELVIN)) * (2.0 / (GAMMA + 1.0)) ** ((GAMMA + 1.0) / (2.0 * (GAMMA - 1.0)))
"""kg/s for each m2 and Pa."""
DENSITY, ATMOSPHERE_BAR, PA = 1.2, 1.013, 1e5
"""Of free air, kg/m3; bar; Pa in a bar."""


@dataclass(frozen=True, slots=True)
class CompressorSpec:
    """capacity_m3_min: free air that it delivers. demand_m3_min: what full load uses. tank_m3: V. low_bar, high_bar: of
    its switch; least_bar: it trips. All over atmosphere. power_kw: while it runs. leak_mm: diameter of the hole of a
    leak. discharge: C_d.

    life_h, slope: Weibull scale and slope of valves and rings, hours at full demand. worn: share of the capacity that
    is lost at the end. shortest_s, longest_s: seconds at full duty where the fault does not say.
    """

    capacity_m3_min: float = 1.2
    demand_m3_min: float = 0.7
    tank_m3: float = 0.5
    low_bar: float = 7.0
    high_bar: float = 8.5
    least_bar: float = 5.0
    power_kw: float = 7.5
    leak_mm: float = 1.5
    discharge: float = 0.65
    life_h: float = 8000.0
    slope: float = 2.0
    worn: float = 0.25
    shortest_s: float = 2700.0
    longest_s: float = 5400.0

    gives: ClassVar[tuple[str, ...]] = ("pressure", "running", "power")
    modes: ClassVar[tuple[str, ...]] = ("leak", "wear")

    def make(self, source: Stream) -> Compressor:
        """A new compressor with a full tank."""
        return Compressor(self, source)

    def bar_s(self, kg_s: float) -> float:
        """What a mass flow does to the pressure of the tank."""
        return GAS * KELVIN / self.tank_m3 * kg_s / PA

    def leak_kg_s(self, bar: float) -> float:
        """Through the hole, at a pressure over atmosphere; falls off below choked flow."""
        area = pi / 4.0 * (self.leak_mm / 1000.0) ** 2
        return self.discharge * area * (bar + ATMOSPHERE_BAR) * PA * CHOKED * min(1.0, max(0.0, bar / 0.9))


class Compressor(Wearing[CompressorSpec]):
    """One compressor. Quantities: pressure bar, running 1 or 0, power W. Usage: seconds at full demand.

    leak: a hole behind it, until it is closed.
    """

    kind = "compressor"

    def __init__(self, spec: CompressorSpec, source: Stream) -> None:
        super().__init__(spec, source)
        self._bar = spec.high_bar
        self._on = False
        self._low = False

    @property
    def failed(self) -> bool:
        """Whether it is worn out or the pressure was too low."""
        return self._low or self._wear.failed

    @property
    def safe_s(self) -> float:
        """Usage left at full demand; where a leak is more than it can follow, no longer than its tank lasts."""
        return 0.0 if self._low else min(self._wear.safe_s(1.0), self._lasts_s)

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """Live through a duty; its switch works on where the machine stands."""
        spec = self._spec
        load = np.minimum(duty.load, 1.0)
        share = self._wear.run(load)
        supply = spec.bar_s(1.0) * flow_kg_s(spec.capacity_m3_min) * (1.0 - spec.worn * share)
        use = spec.bar_s(1.0) * flow_kg_s(spec.demand_m3_min) * load
        pressure, running = self._switch(supply, use)
        return {"pressure": pressure, "running": running, "power": 1000.0 * spec.power_kw * running}

    def replace(self) -> None:
        """A new one on the same tank, filled and tight."""
        super().replace()
        self._low, self._on, self._bar = False, False, self._spec.high_bar

    @property
    def _lasts_s(self) -> float:
        spec = self._spec
        falls = spec.bar_s(flow_kg_s(spec.demand_m3_min) + self._leak(spec.high_bar))
        rises = spec.bar_s(flow_kg_s(spec.capacity_m3_min) * (1.0 - spec.worn))
        if rises >= falls and spec.low_bar - falls > spec.least_bar and self._bar > spec.low_bar - falls:
            return NEVER_FAILS
        return max(0.0, self._bar - spec.least_bar) / falls

    def _new(self, used: float) -> Wear:
        return Wear(3600.0 * weibull(self._source, self._spec.life_h, self._spec.slope))

    def _leak(self, bar: float) -> float:
        return self._spec.leak_kg_s(bar) if "leak" in self._active else 0.0

    def _switch(self, supply: Series, use: Series) -> tuple[Series, Series]:
        """The tank second by second: whether it runs depends on the pressure before."""
        spec, bar, on = self._spec, self._bar, self._on
        per_kg = spec.bar_s(1.0)
        pressure, running = np.empty(supply.size), np.empty(supply.size)
        for second, (more, less) in enumerate(zip(supply.tolist(), use.tolist(), strict=True)):
            on = bar <= spec.low_bar or (on and bar < spec.high_bar)
            bar = max(0.0, bar + (more if on else 0.0) - less - per_kg * self._leak(bar))
            pressure[second], running[second] = bar, float(on)
        self._bar, self._on = bar, on
        self._low = self._low or bool(np.any(pressure < spec.least_bar))
        return pressure, running


def flow_kg_s(m3_min: float) -> float:
    """Free air as mass."""
    return m3_min * DENSITY / 60.0
