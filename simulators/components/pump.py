"""Centrifugal pump: flow where its curve meets that of the plant; cavitation, worn impeller, leak.

Affinity laws (Q ~ n, H ~ n^2, P ~ n^3; ISO 9906) on a parabolic curve, against a static head, pipes and what lies in
them (a filter, linear in Q), head in m, flow in m3/h, speed n as share of rated:

    H = f (n^2 H_0 - k Q^2),    H = H_s + R Q + r Q^2   =>   Q in closed form, for f = 1.

Cavitation: NPSH available against required,

    NPSHa = (p_a - p_v) / (rho g) + z - h_s Q^2,   NPSHr = NPSH_0 n^2 + c Q^2,

and the head falls by 3 % where they are equal, which is how NPSH3 is defined (ISO 9906); below, it collapses:

    f = 1 - 0.03 e^(k_c (1 - NPSHa / NPSHr)).

A worn impeller has less head (in proportion to the share of its life that is used), and cavitation eats it faster. A
leak behind the pump takes an orifice's flow, c sqrt(H).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulators.components.component import Duty, Quantities, Series
from simulators.components.wear import Wear, weibull
from simulators.components.wearing import Wearing
from simulators.streams import Stream

KPA_PER_M = 9.79
"""Of water at 20 degC."""
ATMOSPHERE_M, STEEPNESS = 10.1, 10.0
"""(p_a - p_v) / (rho g) of water at 20 degC; k_c."""
AT_NPSH3 = 0.03
FAR, HALVINGS = 2.5, 40
"""With so many times the NPSH that is required nothing is lost; halvings of the flow until it is exact."""


@dataclass(frozen=True, slots=True)
class PumpSpec:
    """shutoff_m: H_0. rated_m3_h, rated_m: best point; they give k. static_m: H_s. pipe_m: of r Q^2 at the rated flow.
    resistance_of: quantities in kPa h/m3 that add to R (`filter.resistance`).

    suction_m: z, level of the water above the pump. suction_loss_m: h_s Q^2 at the rated flow. npsh_m: NPSHr at the
    best point; npsh_zero: share of it that is NPSH_0. cavitation_m: what a blocked suction takes from NPSHa at the
    rated flow. efficiency: at the best point. healthy_mm_s, rough_mm_s: vibration (rms velocity) at full speed, and
    what full cavitation adds.

    life_h, slope: Weibull scale and slope of the impeller's life. worn: share of the head that is lost at its end.
    eaten: how much faster it wears at NPSHa = NPSHr and below. leak_m3_h: at the rated head. shortest_s, longest_s:
    seconds at full duty where the fault does not say.
    """

    shutoff_m: float = 40.0
    rated_m3_h: float = 20.0
    rated_m: float = 32.0
    static_m: float = 20.0
    pipe_m: float = 12.0
    resistance_of: tuple[str, ...] = ()
    suction_m: float = 1.0
    suction_loss_m: float = 1.0
    npsh_m: float = 3.0
    npsh_zero: float = 0.3
    cavitation_m: float = 16.0
    efficiency: float = 0.68
    healthy_mm_s: float = 1.6
    rough_mm_s: float = 6.0
    life_h: float = 12_000.0
    slope: float = 2.0
    worn: float = 0.15
    eaten: float = 20.0
    leak_m3_h: float = 4.0
    shortest_s: float = 2700.0
    longest_s: float = 5400.0

    gives: ClassVar[tuple[str, ...]] = (
        "flow",
        "head",
        "pressure",
        "shaft",
        "load",
        "npsh",
        "vibration",
        "strainer",
        "pace",
    )
    modes: ClassVar[tuple[str, ...]] = ("cavitation", "wear", "leak")

    def make(self, source: Stream) -> Pump:
        """A new pump."""
        return Pump(self, source)

    @property
    def curve(self) -> float:
        """k, m per (m3/h)^2."""
        return (self.shutoff_m - self.rated_m) / self.rated_m3_h**2

    @property
    def pipe(self) -> float:
        """r, m per (m3/h)^2."""
        return self.pipe_m / self.rated_m3_h**2

    @property
    def rated_kw(self) -> float:
        """Power on the shaft at the best point."""
        return hydraulic_kw(self.rated_m3_h, self.rated_m) / self.efficiency


class Pump(Wearing[PumpSpec]):
    """One pump. Quantities: flow m3/h behind its leak; head m, and the same as pressure bar; shaft: power on it in W;
    load that this adds to the duty's, for a motor; npsh m, available over required; vibration mm/s; strainer: kPa over
    what lies in the pipe; pace: flow as share of the rated one, for the machine's (1 while it stands). Usage of the
    impeller: seconds at full speed, sound suction. cavitation: its suction is blocked; leak: behind it; until mended.
    """

    kind = "pump"

    def advance(self, duty: Duty, of: Quantities) -> dict[str, Series]:
        """Live through a duty against what lies in the pipe."""
        spec = self._spec
        speed = np.where(duty.working > 0.0, np.minimum(duty.speed, 1.0), 0.0)
        resistance = sum((of[name] for name in spec.resistance_of), np.zeros(speed.size)) / KPA_PER_M
        spare, required = self._npsh(speed, self._flow(speed, resistance, np.ones(speed.size)))
        share = self._wear.run(speed * np.where(spare < required, 1.0 + spec.eaten, 1.0))
        sound = 1.0 - spec.worn * share
        flow = self._meet(speed, resistance, sound)
        spare, required = self._npsh(speed, flow)
        rough = np.clip(1.0 - spare / required, 0.0, 1.0)
        head = cavitating(spare, required) * np.maximum(
            0.0, sound * speed * speed * spec.shutoff_m - spec.curve * flow * flow
        )
        power = self._power(speed, flow)
        delivered = np.maximum(0.0, flow - self._leaks(head))
        return {
            "flow": delivered,
            "head": head,
            "pressure": KPA_PER_M * head / 100.0,
            "shaft": 1000.0 * power,
            "load": power / spec.rated_kw - duty.load,
            "npsh": spare - required,
            "vibration": speed * (spec.healthy_mm_s * (1.0 + share) + spec.rough_mm_s * np.minimum(1.0, 4.0 * rough)),
            "strainer": resistance * flow * KPA_PER_M,
            "pace": np.where(duty.working > 0.0, delivered / spec.rated_m3_h, 1.0),
        }

    @property
    def _rate(self) -> float:
        return self._fastest if "cavitation" in self._active else 1.0

    @property
    def _fastest(self) -> float:
        return 1.0 + self._spec.eaten

    def _new(self, used: float) -> Wear:
        return Wear(3600.0 * weibull(self._source, self._spec.life_h, self._spec.slope))

    def _meet(self, speed: Series, resistance: Series, sound: Series) -> Series:
        """The flow, m3/h. Where it cavitates it is halved in on: less flow leaves more NPSH and so more head."""
        spec = self._spec
        free = self._flow(speed, resistance, sound)
        available, required = self._npsh(speed, free)
        near = available < FAR * required
        if not near.any():
            return free
        low, high = np.zeros(free.size), free
        for _ in range(HALVINGS):
            flow = 0.5 * (low + high)
            gives = cavitating(*self._npsh(speed, flow)) * (
                sound * speed * speed * spec.shutoff_m - spec.curve * flow * flow
            )
            more = gives > spec.static_m + resistance * flow + spec.pipe * flow * flow
            low, high = np.where(more, flow, low), np.where(more, high, flow)
        return np.where(near, low, free)

    def _flow(self, speed: Series, resistance: Series, sound: Series) -> Series:
        """Where the curves meet without cavitation; nothing where the static head is more than it gives."""
        spec = self._spec
        spare = np.maximum(0.0, sound * speed * speed * spec.shutoff_m - spec.static_m)
        square = spec.curve + spec.pipe
        return (np.sqrt(resistance * resistance + 4.0 * square * spare) - resistance) / (2.0 * square)

    def _npsh(self, speed: Series, flow: Series) -> tuple[Series, Series]:
        """Available and required, m."""
        spec = self._spec
        share = flow / spec.rated_m3_h
        blocked = spec.cavitation_m if "cavitation" in self._active else 0.0
        available = ATMOSPHERE_M + spec.suction_m - (spec.suction_loss_m + blocked) * share * share
        required = spec.npsh_m * (spec.npsh_zero * speed * speed + (1.0 - spec.npsh_zero) * share * share)
        return available, np.maximum(required, 0.1)

    def _power(self, speed: Series, flow: Series) -> Series:
        """P ~ n^3 at like points: idle part and a part that goes with the flow."""
        spec = self._spec
        return spec.rated_kw * (0.4 * speed**3 + 0.6 * speed * speed * flow / spec.rated_m3_h)

    def _leaks(self, head: Series) -> Series:
        if "leak" not in self._active:
            return np.zeros(head.size)
        return self._spec.leak_m3_h * np.sqrt(head / self._spec.rated_m)


def cavitating(available: Series, required: Series) -> Series:
    """Share of its head that a pump keeps: 97 % where the NPSH available is just what is required.

    >>> cavitating(np.array([3.0, 6.0]), np.array([3.0, 3.0])).round(4).tolist()
    [0.97, 1.0]
    """
    return np.maximum(0.0, 1.0 - AT_NPSH3 * np.exp(np.minimum(50.0, STEEPNESS * (1.0 - available / required))))


def hydraulic_kw(flow_m3_h: float, head_m: float) -> float:
    """What the water takes: rho g Q H."""
    return KPA_PER_M * flow_m3_h * head_m / 3600.0
