"""Setpoints: values of a machine that are given to it from outside, over the wire or by a test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetpointSpec:
    """The speed that is asked of a machine, percent of its rated one; it works so from the next piece on.

    first: at the start. low, high: what it takes; another value is refused, and nothing changes.
    """

    first: float = 100.0
    low: float = 10.0
    high: float = 120.0

    def __post_init__(self) -> None:
        if not 0.0 < self.low < self.high:
            raise ValueError(f"a setpoint from {self.low:g} to {self.high:g} takes nothing; write 0 < low < high")
        self.check(self.first)

    def check(self, value: float) -> None:
        """Raise ValueError for a value that it does not take."""
        if not self.low <= value <= self.high:
            raise ValueError(f"{value:g} is not in {self.low:g} to {self.high:g} %")
