"""Energy meter: what the parts of a machine draw and its stand-by, as power and as a register that only grows.

    E(t) = E0 + sum over seconds of P(s) * 1 s / 3.6e6     [kWh, P in W]

It does not wear and cannot fail; its displays are sensors, with the steps that they have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulators.components.component import NEVER_FAILS, Duty, Hidden, Quantities, Series
from simulators.components.running import running_sum
from simulators.streams import Stream

W_PER_KW = 1000.0
J_PER_KWH = 3.6e6


@dataclass(frozen=True, slots=True)
class MeterSpec:
    """power_of: quantities in W (`motor.power`). standby_w: control, lights, valves, day and night.

    first_kwh: where the register stands.
    """

    power_of: tuple[str, ...] = ()
    standby_w: float = 150.0
    first_kwh: float = 0.0

    gives: ClassVar[tuple[str, ...]] = ("kw", "kwh")
    modes: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if self.standby_w < 0.0 or self.first_kwh < 0.0:
            raise ValueError("meter: standby_w and first_kwh are 0 or more")

    def make(self, source: Stream) -> Meter:
        """One meter."""
        return Meter(self)


class Meter:
    """A meter as it counts. joule: since the start."""

    failed = False
    safe_s = NEVER_FAILS
    hidden = Hidden(1.0, NEVER_FAILS)
    modes = MeterSpec.modes

    def __init__(self, spec: MeterSpec) -> None:
        self._spec = spec
        self.joule = 0.0

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """kw: power now; kwh: the register."""
        power = np.full(len(duty.load), self._spec.standby_w)
        for name in self._spec.power_of:
            power = power + of[name]
        joule = running_sum(self.joule, power)
        if len(joule):
            self.joule = float(joule[-1])
        return {"kw": power / W_PER_KW, "kwh": self._spec.first_kwh + joule / J_PER_KWH}

    def fault(self, mode: str, life_s: float | None) -> None:
        """Raises ValueError: nothing can go wrong with it."""
        raise ValueError(f"a meter has no mode {mode!r}; it has none")

    def mend(self, mode: str) -> None:
        """Nothing to mend."""

    def replace(self) -> None:
        """The register goes on."""
