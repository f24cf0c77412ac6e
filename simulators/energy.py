"""Energy meter of a machine: what its parts draw and a stand-by, as power (kW) and as a register that only grows (kWh).

E(t) = E0 + sum over seconds of P(s) * 1 s / 3.6e6   [kWh, P in W]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.components.component import Quantities, Series
from simulators.components.running import running_sum

W_PER_KW = 1000.0
J_PER_KWH = 3.6e6


@dataclass(frozen=True, slots=True)
class EnergySpec:
    """of: quantities in W, `motor.power`. standby_w: control, lights, valves, as long as the machine is switched on.

    power_step: kW; energy_step: kWh: what one step of its two displays is. first_kwh: where the register stands.
    """

    of: tuple[str, ...] = ()
    standby_w: float = 150.0
    power_step: float = 0.01
    energy_step: float = 0.01
    first_kwh: float = 0.0


class Meter:
    """One meter as it counts. joule: since the start."""

    def __init__(self, spec: EnergySpec) -> None:
        self._spec = spec
        self.joule = 0.0

    def read(self, quantities: Quantities, switched_on: Series) -> tuple[Series, Series]:
        """Power (kW) and register (kWh) second by second. switched_on: 1 or 0 each second."""
        spec = self._spec
        power = spec.standby_w * switched_on
        for name in spec.of:
            power = power + quantities[name]
        joule = running_sum(self.joule, power)
        if len(joule):
            self.joule = float(joule[-1])
        kw = steps(np.rint(power / W_PER_KW / spec.power_step), spec.power_step)
        kwh = steps(np.floor((spec.first_kwh * J_PER_KWH + joule) / (J_PER_KWH * spec.energy_step)), spec.energy_step)
        return kw, kwh


def steps(count: Series, step: float) -> Series:
    """Whole steps as a reading that has no more digits than its step."""
    return np.round(count * step, 6)


def power_names(quantities: Sequence[str]) -> tuple[str, ...]:
    """Which quantities of a machine are power in W: those named so."""
    return tuple(name for name in quantities if name.rpartition(".")[2] == "power")
