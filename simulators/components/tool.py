"""Tool: a cutting edge that wears in three phases; force and roughness follow the wear land.

Life (F. W. Taylor 1907), usage added up by Miner where the cutting speed v changes:

    v T^n = C,   dshare/dt = 1 / T(v) = (v / v_rated)^(1/n) / T_rated while it cuts.

Width of the wear land VB (ISO 3685: worn out at 0.3 mm) over the share u of the life, running-in, steady, steep:

    VB(u) = a (1 - e^(-u/b)) + c u + d (e^((u-1)/w) - e^(-1/w)),   VB(1) = limit.

Force goes with 1 + k VB; the roughness of a new edge is f^2 / (32 r) (feed f, corner radius r) and grows with VB. A
part is bad when its roughness is beyond the limit of the drawing; roughness scatters from part to part, so that the
share of bad parts is a logistic curve around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import ClassVar, Literal

import numpy as np

from simulators.components.component import Duty, Hidden, Quantities, Series, check_mode
from simulators.components.wear import Wear, drawn, lognormal
from simulators.streams import Stream


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """cutting_m_min: v at full speed. taylor_m_min, exponent: C and n. scatter: standard deviation of the logarithm of
    a life. limit_mm: VB of a worn edge. running_in, steady: shares of it, a and c. early, late: b and w, in shares of
    the life.

    force: k, share of the force that each mm of VB adds. feed_mm, corner_mm: f and r. rougher: share of the roughness
    that VB at its limit adds. limit_um, spread_um: Ra of the drawing, and its scatter. used: share of its life that is
    gone when the plant begins. cuts_at: the speed of its machine, or always the rated one (where a
    slower cycle is a longer cut). chip_mm: what a chipped edge adds to VB. shortest_s, longest_s: seconds at full duty
    where the fault does not say.
    """

    cutting_m_min: float = 180.0
    taylor_m_min: float = 500.0
    exponent: float = 0.25
    scatter: float = 0.15
    limit_mm: float = 0.3
    running_in: float = 0.25
    steady: float = 0.45
    early: float = 0.05
    late: float = 0.08
    force: float = 1.5
    feed_mm: float = 0.2
    corner_mm: float = 0.8
    rougher: float = 1.0
    limit_um: float = 3.0
    spread_um: float = 0.08
    used: float = 0.0
    cuts_at: Literal["speed", "rated"] = "speed"
    chip_mm: float = 0.2
    shortest_s: float = 300.0
    longest_s: float = 900.0

    gives: ClassVar[tuple[str, ...]] = ("wear", "force", "roughness", "reject")
    modes: ClassVar[tuple[str, ...]] = ("wear", "chipped", "breakage")

    def make(self, source: Stream) -> Tool:
        """An edge as the plant begins with it."""
        return Tool(self, source)

    @property
    def life_s(self) -> float:
        """Median life at full duty: T."""
        return 60.0 * (self.taylor_m_min / self.cutting_m_min) ** (1.0 / self.exponent)

    def land_mm(self, share: Series) -> Series:
        """VB at a share of the life."""
        last = exp(-1.0 / self.late)
        steep = (1.0 - self.running_in * (1.0 - exp(-1.0 / self.early)) - self.steady) / (1.0 - last)
        grown = self.running_in * (1.0 - np.exp(-share / self.early)) + self.steady * share
        return self.limit_mm * (grown + steep * (np.exp((share - 1.0) / self.late) - last))


class Tool:
    """One edge. Quantities: wear (VB) mm, force as load it adds to its spindle, roughness (Ra) um, reject: share of
    parts that are bad for it. Usage: seconds of cutting at full speed.
    """

    def __init__(self, spec: ToolSpec, source: Stream) -> None:
        self._spec = spec
        self._source = source
        self._chip_mm = 0.0
        self._broken = False
        self._wear = self._new(spec.used)

    @property
    def modes(self) -> tuple[str, ...]:
        """wear: nearly worn out; chipped: until it is changed; breakage: now."""
        return self._spec.modes

    @property
    def failed(self) -> bool:
        """Whether it must be changed."""
        return self._broken or self._wear.failed

    @property
    def safe_s(self) -> float:
        """Usage left, at full speed."""
        return 0.0 if self._broken else self._wear.safe_s(1.0)

    @property
    def hidden(self) -> Hidden:
        """health: the share of its life that is left."""
        return Hidden(0.0, 0.0) if self._broken else Hidden(1.0 - self._wear.share, self._wear.left)

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """Live through a duty; it wears only while it cuts."""
        spec = self._spec
        speed = np.minimum(duty.speed, 1.0) if spec.cuts_at == "speed" else np.ones(duty.speed.size)
        rate = duty.working * np.power(speed, 1.0 / spec.exponent)
        land = spec.land_mm(self._wear.run(rate)) + self._chip_mm
        rough = 1000.0 * spec.feed_mm**2 / (32.0 * spec.corner_mm) * (1.0 + spec.rougher * land / spec.limit_mm)
        beyond = np.clip((rough - spec.limit_um) / spec.spread_um, -50.0, 50.0)
        return {
            "wear": land,
            "force": np.where(duty.working > 0.0, spec.force * land, 0.0),
            "roughness": rough,
            "reject": 1.0 / (1.0 + np.exp(-beyond)),
        }

    def fault(self, mode: str, life_s: float | None) -> None:
        """Wear it to what is left of cutting at full speed, chip it, or break it."""
        check_mode("tool", mode, self.modes)
        match mode:
            case "chipped":
                self._chip_mm = self._spec.chip_mm
            case "breakage":
                self._broken = True
            case _:
                self._wear.shorten(drawn(self._source, life_s, (self._spec.shortest_s, self._spec.longest_s)))

    def mend(self, mode: str) -> None:
        """Turn its insert: another corner is whole, as worn as the one before. What is broken is changed."""
        if mode == "chipped":
            self._chip_mm = 0.0

    def replace(self) -> None:
        """A new one."""
        self._chip_mm, self._broken = 0.0, False
        self._wear = self._new(0.0)

    def _new(self, used: float) -> Wear:
        return Wear(lognormal(self._source, self._spec.life_s, self._spec.scatter) * (1.0 - used), used)
