"""Part: anything that wears and has no physics here; a health index by one of the laws of `degradation`, which pulls at
the motor, shakes and warms in proportion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from simulators.components.component import Duty, Quantities, Series
from simulators.components.degradation import Exponential, Gamma, Law, Path, Wiener
from simulators.components.wear import Wear
from simulators.components.wearing import Wearing
from simulators.streams import Stream


@dataclass(frozen=True, slots=True)
class PartSpec:
    """law: of its index. life_h: mean (median of the exponential), hours at full duty. scatter: standard deviation of
    the index at that time; of the exponential's ln beta. wears: by its work (load and speed), or by the time that it
    turns.

    friction: load that it adds to a motor at its limit. healthy_mm_s, worn_mm_s: vibration (rms velocity) at full
    speed. shortest_s, longest_s: seconds at full duty where the fault does not say.
    """

    law: Literal["wiener", "gamma", "exponential"] = "gamma"
    life_h: float = 5000.0
    scatter: float = 0.2
    wears: Literal["work", "time"] = "work"
    friction: float = 0.2
    healthy_mm_s: float = 1.0
    worn_mm_s: float = 6.0
    shortest_s: float = 2700.0
    longest_s: float = 5400.0

    gives: ClassVar[tuple[str, ...]] = ("index", "friction", "vibration")
    modes: ClassVar[tuple[str, ...]] = ("wear",)

    def make(self, source: Stream) -> Part:
        """A new one."""
        return Part(self, source)

    def of_law(self) -> Law:
        """In seconds at full duty."""
        life = 3600.0 * self.life_h
        match self.law:
            case "wiener":
                return Wiener(1.0 / life, self.scatter / life**0.5)
            case "gamma":
                return Gamma(life, self.scatter)
            case "exponential":
                return Exponential(life, scatter=self.scatter)


class Part(Wearing[PartSpec]):
    """One part. Quantities: index 0 to 1, friction as load on a motor, vibration mm/s. Usage: s at full duty."""

    kind = "part"
    _path: Path

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """Live through a duty; nothing else acts on it."""
        spec = self._spec
        rate = np.minimum(duty.speed, 1.0) * (np.minimum(duty.load, 1.0) if spec.wears == "work" else 1.0)
        index = self._path.at(self._wear.run(rate))
        loud = spec.healthy_mm_s + (spec.worn_mm_s - spec.healthy_mm_s) * np.clip(index, 0.0, 1.0)
        return {"index": index, "friction": spec.friction * np.maximum(0.0, index), "vibration": loud * duty.speed}

    def _new(self, used: float) -> Wear:
        self._path = self._spec.of_law().draw(self._source)
        return Wear(self._path.life)
