"""Filter: clogs with what it holds back, so the pressure over it rises and the flow falls.

Darcy's law with a cake that grows with the filtered volume V (H. Darcy 1856; B. F. Ruth 1935):

    dp = R Q,   R = mu (R_m + alpha c V / A) / A = R_0 + kappa V.

What drives the flow has a pressure that falls with it, p = p_0 n^2 - s Q at the speed n. Then R + s grows with V, the
work W = integral p_0 n^2 dt of the drive has a closed form,

    (R_0 + s) V + kappa V^2 / 2 = W   =>   Q = Q_0 n^2 / sqrt(1 + (1 / least^2 - 1) share),

and W is a clock that the duty alone drives. It is worn out where the flow is `least` of that of a clean one. The dirt
in the flow, and kappa with it, scatters by its logarithm.
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
class FilterSpec:
    """flow_m3_h: through a clean filter at full speed. clean_kpa: pressure over it then. drive_kpa: p_0. least: share
    of the clean flow at which it is worn out. life_h: median at full speed. scatter: standard deviation of its
    logarithm.

    used: share of its life that is gone when the plant begins. torn: share of its resistance that is left when it is
    torn. shortest_s, longest_s: seconds at full duty where the fault does not say.
    """

    flow_m3_h: float = 20.0
    clean_kpa: float = 15.0
    drive_kpa: float = 150.0
    least: float = 0.7
    life_h: float = 500.0
    scatter: float = 0.3
    used: float = 0.0
    torn: float = 0.2
    shortest_s: float = 2700.0
    longest_s: float = 5400.0

    gives: ClassVar[tuple[str, ...]] = ("dp", "flow", "resistance")
    modes: ClassVar[tuple[str, ...]] = ("wear", "torn")

    def make(self, source: Stream) -> Filter:
        """A filter as the plant begins with it."""
        return Filter(self, source, self.used)


class Filter(Wearing[FilterSpec]):
    """One filter. Quantities: dp kPa, flow m3/h, resistance kPa h/m3 for a pump. Usage: seconds at full speed.

    torn: lets nearly all through, until it is patched.
    """

    kind = "filter"

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """Live through a duty; nothing else acts on it."""
        spec = self._spec
        square = np.minimum(duty.speed, 1.0) ** 2
        share = self._wear.run(square)
        clean = spec.clean_kpa / spec.flow_m3_h
        inner = (spec.drive_kpa - spec.clean_kpa) / spec.flow_m3_h
        whole = (clean + inner) * np.sqrt(1.0 + (spec.least**-2 - 1.0) * share)
        resistance = (whole - inner) * (spec.torn if "torn" in self._active else 1.0)
        flow = spec.drive_kpa * square / (resistance + inner)
        return {"dp": resistance * flow, "flow": flow, "resistance": resistance}

    def _new(self, used: float) -> Wear:
        life = lognormal(self._source, 3600.0 * self._spec.life_h, self._spec.scatter)
        return Wear(life * (1.0 - used), used)
