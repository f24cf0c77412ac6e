"""Motor: current follows the load, the winding warms and cools as a first-order system."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MotorSpec:
    """current_a: at full load. no_load: share of it when the motor turns without work. rise_k: of the winding at
    full load in the end. tau_s: time constant of the winding. ambient_c: temperature of the hall.
    """

    current_a: float
    no_load: float
    rise_k: float
    tau_s: float
    ambient_c: float = 22.0


class Motor:
    """State of one motor. temperature in degC, current in A."""

    def __init__(self, spec: MotorSpec, load: float) -> None:
        self._spec = spec
        self.current = 0.0
        self.temperature = spec.ambient_c + spec.rise_k * load * load

    def step(self, load: float, friction: float) -> None:
        """One second at a load of 0 (stands) to 1; friction is what a worn bearing adds to the load."""
        spec = self._spec
        turning = load > 0.0
        effort = load + friction if turning else 0.0
        share = spec.no_load + (1.0 - spec.no_load) * effort if turning else 0.0
        self.current = spec.current_a * share
        target = spec.ambient_c + spec.rise_k * effort * effort
        self.temperature += (target - self.temperature) / spec.tau_s
