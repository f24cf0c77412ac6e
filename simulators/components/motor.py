"""Motor: current follows the load, the winding warms and cools as one body, its insulation ages by its temperature.

Current of an induction motor, magnetising and load current at right angles (the equivalent circuit), and the winding as
one thermal body (IEC 60034-11 and every thermal relay):

    I^2 = I_n^2 (m^2 + (1 - m^2) load^2),     tau dT/dt = rise (I / I_n)^2 - (T - T_ambient).

Ageing of the insulation (Arrhenius: T. W. Dakin 1948; half the life for each 8 to 10 K is V. M. Montsinger's rule of
1930; classes of IEC 60085), added up by Miner:

    life(T) = life_ref exp(B (1/T - 1/T_ref)), T in K,     it fails where the sum of dt / life(T) reaches its own limit,

which scatters from motor to motor (Weibull). Insulation resistance falls log-linearly with the sum, to the least that
IEEE 43 asks of a machine of random windings. Blocked cooling multiplies both the rise and the time constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from typing import ClassVar, TypeVar

import numpy as np

from simulators.components.component import NEVER_FAILS, Duty, Hidden, Quantities, Series, check_mode
from simulators.components.running import lag
from simulators.components.wear import SURELY, Wear, weibull
from simulators.streams import Stream

Numbers = TypeVar("Numbers", float, Series)

KELVIN = 273.15
USUAL_C = 22.0
"""Ambient for what is told of full duty."""
HOTTEST_C, HARDEST = 50.0, 1.5
"""Ambient and load never count for more: so there is a hardest duty."""
HORIZONS_S = (1.0, 10.0, 60.0, 600.0, 3600.0, 36_000.0, NEVER_FAILS)
FIRST_SHARE = 0.81
"""(I / I_n)^2 that it was warmed by when its life here begins."""


@dataclass(frozen=True, slots=True)
class MotorSpec:
    """current_a: at full load. no_load: share of it when the motor turns without work. rise_k: of the winding at full
    load in the end. tau_s: time constant of the winding. load_of: quantities that add to its load (`bearing.friction`).

    volts: between phases. trip_c: where its thermistors switch it off. blocked_c: where full load would bring it with
    its cooling blocked. class_c, life_h, slope: temperature of the insulation's class, Weibull scale
    (63 % have failed) and slope of the life there.
    halves_k: step in temperature above class_c that halves the life. new_mohm, worn_mohm: insulation resistance.
    shortest_s, longest_s: seconds at full duty that worn insulation still lives, where the fault does not say.
    """

    current_a: float = 10.0
    no_load: float = 0.35
    rise_k: float = 35.0
    tau_s: float = 800.0
    load_of: tuple[str, ...] = ()
    volts: float = 400.0
    trip_c: float = 130.0
    blocked_c: float = 200.0
    class_c: float = 155.0
    life_h: float = 20_000.0
    slope: float = 3.0
    halves_k: float = 10.0
    new_mohm: float = 2000.0
    worn_mohm: float = 5.0
    shortest_s: float = 2700.0
    longest_s: float = 5400.0

    gives: ClassVar[tuple[str, ...]] = ("temperature", "current", "power", "insulation")
    modes: ClassVar[tuple[str, ...]] = ("overheating", "wear")

    def make(self, source: Stream) -> Motor:
        """A new motor, warm from work."""
        return Motor(self, source)

    @property
    def arrhenius_k(self) -> float:
        """B, in K."""
        reference = self.class_c + KELVIN
        return log(2.0) * reference * (reference + self.halves_k) / self.halves_k

    def ageing(self, celsius: Series) -> Series:
        """Seconds of life at the class temperature that a second at this temperature takes."""
        return np.exp(self.arrhenius_k * (1.0 / (self.class_c + KELVIN) - 1.0 / (celsius + KELVIN)))


class Motor:
    """One motor. Quantities: temperature of the winding in degC, current in A, power in W, insulation in MOhm.

    Usage: seconds at the class temperature.
    """

    def __init__(self, spec: MotorSpec, source: Stream) -> None:
        self._spec = spec
        self._source = source
        self._celsius: float | None = None
        self._blocked = 1.0
        self._tripped = False
        self._wear = self._new()

    @property
    def modes(self) -> tuple[str, ...]:
        """overheating: cooling is blocked until mended; wear: of the insulation."""
        return self._spec.modes

    @property
    def failed(self) -> bool:
        """Whether the thermistors have switched it off or the winding is through."""
        return self._tripped or self._wear.failed

    @property
    def safe_s(self) -> float:
        """The longer it looks ahead, the hotter it may be by then: the best of some looks."""
        hottest = HOTTEST_C + self._rise * self._heat(HARDEST)
        looks = (min(ahead, self._wear.safe_s(self._ageing(self._after(ahead, hottest)))) for ahead in HORIZONS_S)
        return min(SURELY * self._until_trip(hottest), max(looks))

    @property
    def hidden(self) -> Hidden:
        """health: what the Miner sum leaves of the insulation. left_s ends at the trip, where blocked cooling leads."""
        full = self._full_c
        left = min(self._until_trip(full), self._wear.left / self._ageing(min(full, self._spec.trip_c)))
        return Hidden(1.0 - self._wear.share, 0.0 if self.failed else left)

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """Live through a duty under the load of what it drives."""
        spec = self._spec
        added = sum((of[name] for name in spec.load_of), np.zeros_like(duty.load))
        load = np.where(duty.load > 0.0, np.clip(duty.load + added, 0.0, HARDEST), 0.0)
        heat = np.where(load > 0.0, self._heat(load), 0.0)
        target = np.minimum(duty.ambient, HOTTEST_C) + self._rise * heat
        temperature = self._warm(duty.ambient, target)
        share = self._wear.run(spec.ageing(temperature))
        active = sqrt(3.0) * spec.volts * spec.current_a * sqrt(1.0 - spec.no_load**2)
        return {
            "temperature": temperature,
            "current": spec.current_a * np.sqrt(heat),
            "power": active * load,
            "insulation": spec.new_mohm * np.exp(log(spec.worn_mohm / spec.new_mohm) * share),
        }

    def fault(self, mode: str, life_s: float | None) -> None:
        """Block its cooling, or age its insulation to what is left at full duty and 22 degC."""
        spec = self._spec
        check_mode("motor", mode, self.modes)
        if mode == "overheating":
            self._blocked = max(1.0, (spec.blocked_c - USUAL_C) / spec.rise_k)
            return
        left = self._source.uniform(spec.shortest_s, spec.longest_s) if life_s is None else life_s
        self._wear.shorten(left * self._ageing(min(self._full_c, spec.trip_c)))

    def mend(self, mode: str) -> None:
        """Free its cooling."""
        if mode == "overheating":
            self._blocked = 1.0

    def replace(self) -> None:
        """A new one; as warm as the old one was, for the repair has let it cool."""
        self._blocked = 1.0
        self._tripped = False
        self._wear = self._new()

    def _new(self) -> Wear:
        return Wear(3600.0 * weibull(self._source, self._spec.life_h, self._spec.slope))

    def _warm(self, ambient: Series, target: Series) -> Series:
        if self._celsius is None and ambient.size:
            self._celsius = float(ambient[0]) + self._spec.rise_k * FIRST_SHARE
        temperature = lag(self._celsius or 0.0, target, self._tau_s)
        if temperature.size:
            self._celsius = float(temperature[-1])
            self._tripped = self._tripped or bool(np.any(temperature >= self._spec.trip_c))
        return temperature

    @property
    def _rise(self) -> float:
        return self._spec.rise_k * self._blocked

    @property
    def _tau_s(self) -> float:
        return self._spec.tau_s * self._blocked

    @property
    def _full_c(self) -> float:
        return USUAL_C + self._rise

    @property
    def _now_c(self) -> float:
        return HOTTEST_C + self._spec.rise_k * FIRST_SHARE if self._celsius is None else self._celsius

    def _heat(self, load: Numbers) -> Numbers:
        idle = self._spec.no_load**2
        return idle + (1.0 - idle) * load * load

    def _ageing(self, celsius: float) -> float:
        return float(self._spec.ageing(np.array(celsius)))

    def _after(self, ahead_s: float, target: float) -> float:
        """The hottest within so many seconds on the way to a temperature; it is switched off at the trip."""
        now = self._now_c
        kept = (1.0 - 1.0 / self._tau_s) ** ahead_s
        return min(max(now, target - (target - now) * kept), self._spec.trip_c)

    def _until_trip(self, target: float) -> float:
        now, trip = self._now_c, self._spec.trip_c
        if self._tripped or now >= trip:
            return 0.0
        if target <= trip:
            return NEVER_FAILS
        if self._tau_s <= 1.0:
            return 1.0
        return log((target - trip) / (target - now)) / log(1.0 - 1.0 / self._tau_s)
