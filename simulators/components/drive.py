"""Drive: motor and bearing on one shaft, with the three sensors a maintainer would put there."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulators.components.bearing import BearingSpec
from simulators.components.motor import MotorSpec
from simulators.condition import Condition
from simulators.streams import Stream, stream

AMBIENT_C = 22.0
BLOCK = 5 * 600
"""Numbers of sensor noise drawn at once: ten minutes; each reading takes five."""

TURNS_WITHOUT_WORK = {Condition.STARVED, Condition.BLOCKED, Condition.IDLE}


@dataclass(frozen=True, slots=True)
class DriveSpec:
    """idles: whether the motor turns on while the machine waits, and at which load."""

    motor: MotorSpec
    bearing: BearingSpec = field(default_factory=BearingSpec)
    idle_load: float = 0.2


class Drive:
    """State of one drive and what its sensors read: temperature degC, current A, vibration mm/s, in steps of 0.0001.

    A sensor has noise even where the machine stands, so a reading hardly ever equals the one before.
    """

    def __init__(self, name: str, spec: DriveSpec, seed: int) -> None:
        self._spec = spec
        self.motor = Turning(spec.motor, load=0.9)
        self.bearing = Pitted(spec.bearing)
        self._wear = stream(seed, name, "wear")
        self._sensors = stream(seed, name, "sensors")
        self._noise = noise(self._sensors)
        self.readings = (0.0, 0.0, 0.0)

    def damage(self, life_s: float | None = None) -> None:
        """Damage the bearing; how many seconds of turning it still lives is drawn where nobody says."""
        spec = self._spec.bearing
        drawn = self._wear.uniform(spec.shortest_s, spec.longest_s)
        self.bearing.pit(drawn if life_s is None else life_s)

    def step(self, condition: Condition) -> bool:
        """One second in a condition; True when the drive switches itself off."""
        load = self._load(condition)
        tripped = self.bearing.step(load)
        self.motor.step(load, self.bearing.friction)
        self.readings = self._read()
        return tripped

    def _load(self, condition: Condition) -> float:
        if condition is Condition.RUNNING:
            return 1.0
        return self._spec.idle_load if condition in TURNS_WITHOUT_WORK else 0.0

    def _read(self) -> tuple[float, float, float]:
        if not self._noise:
            self._noise = noise(self._sensors)
        draw = self._noise.pop
        return (
            round(self.motor.temperature + 0.08 * draw(), 4),
            round(max(0.0, self.motor.current * (1.0 + 0.02 * draw()) + 0.02 + 0.004 * draw()), 4),
            round(max(0.0, self.bearing.vibration * (1.0 + 0.04 * draw()) + 0.04 + 0.008 * draw()), 4),
        )


def noise(source: Stream) -> list[float]:
    """Standard normal numbers for the next ten minutes."""
    return source.standard_normal(BLOCK).tolist()


class Turning:
    """State of one motor. temperature in degC, current in A."""

    def __init__(self, spec: MotorSpec, load: float) -> None:
        self._spec = spec
        self.current = 0.0
        self.temperature = AMBIENT_C + spec.rise_k * load * load

    def step(self, load: float, friction: float) -> None:
        """One second at a load of 0 (stands) to 1; friction is what a worn bearing adds to the load."""
        spec = self._spec
        turning = load > 0.0
        effort = load + friction if turning else 0.0
        share = spec.no_load + (1.0 - spec.no_load) * effort if turning else 0.0
        self.current = spec.current_a * share
        target = AMBIENT_C + spec.rise_k * effort * effort
        self.temperature += (target - self.temperature) / spec.tau_s


class Pitted:
    """State of one bearing. used: share of the life after the first pit, 0 healthy, 1 trips. vibration in mm/s."""

    def __init__(self, spec: BearingSpec) -> None:
        self._spec = spec
        self.used = 0.0
        self.life_s = 0.0
        self.vibration = 0.0

    @property
    def damaged(self) -> bool:
        """Whether it wears."""
        return self.life_s > 0.0

    @property
    def damage(self) -> float:
        """D of the growth law: 0 healthy, 1 at the trip."""
        if not self.damaged:
            return 0.0
        start = self._spec.first_pit**-0.5
        left = start - (start - 1.0) * self.used
        return 1.0 / (left * left)

    @property
    def friction(self) -> float:
        """Load that the damage adds to the motor."""
        return self._spec.friction * self.damage

    def pit(self, life_s: float) -> None:
        """From now on it wears and has this many seconds of turning left."""
        self.life_s = life_s

    def replace(self) -> None:
        """A new one."""
        self.used = self.life_s = 0.0

    def step(self, load: float) -> bool:
        """One second at a load of 0 (stands) to 1; True when this is more vibration than the machine allows."""
        if load > 0.0 and self.damaged:
            self.used = min(1.0, self.used + 1.0 / self.life_s)
        spec = self._spec
        full = spec.healthy_mm_s + (spec.trip_mm_s - spec.healthy_mm_s) * self.damage
        self.vibration = full * (0.4 + 0.6 * load) if load > 0.0 else 0.0
        return load > 0.0 and self.used >= 1.0
