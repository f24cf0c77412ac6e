"""Drive: motor and bearing on one shaft, with the three sensors a maintainer would put there."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulators.components.bearing import Bearing, BearingSpec
from simulators.components.motor import Motor, MotorSpec
from simulators.condition import Condition
from simulators.streams import Stream, stream

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
        self.motor = Motor(spec.motor, load=0.9)
        self.bearing = Bearing(spec.bearing)
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
