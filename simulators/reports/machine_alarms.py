"""Machine alarms: what a machine itself reports, by number, from when it stops until somebody resets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.condition import Condition
from simulators.stoppage import Stop

RESET = frozenset({
    Condition.CLEARING, Condition.UNHOLDING, Condition.RESETTING, Condition.IDLE, Condition.STARTING, Condition.RUNNING,
})  # fmt: skip
"""Conditions in which whatever was wrong is over."""


@dataclass(frozen=True, slots=True)
class AlarmSpec:
    """code: number in the machine's manual, above 0; as a bit of a word: that of the word `1 << (code - 1)`."""

    code: int
    text: str

    def __post_init__(self) -> None:
        if self.code < 1:
            raise ValueError(f"alarm '{self.text}' has the number {self.code}: take 1 or more")


@dataclass(slots=True)
class Occurrence:
    """One time that an alarm stood. on, off: ms; off is None while it stands."""

    code: int
    text: str
    on: int
    off: int | None = None


class MachineAlarms:
    """Alarms of one machine by the cause of its stops, followed from instant to instant."""

    def __init__(self, specs: Mapping[str, AlarmSpec]) -> None:
        self._specs = specs
        self._told: Stop | None = None
        self.past: list[Occurrence] = []
        self.standing: Occurrence | None = None

    def follow(self, stop: Stop | None, condition: Condition, now: int) -> None:
        """The stoppage that the machine is in and its condition at the end of an instant (ms)."""
        if self.standing is not None and (stop is not self._told or condition in RESET):
            self.standing.off = now
            self.standing = None
        if stop is not None and stop is not self._told and condition not in RESET:
            spec = self._specs.get(stop.cause)
            self._told = stop
            if spec is not None:
                self.standing = Occurrence(spec.code, spec.text, now)
                self.past.append(self.standing)

    @property
    def code(self) -> int:
        """Number of the alarm that stands, 0 for none."""
        return 0 if self.standing is None else self.standing.code

    @property
    def word(self) -> int:
        """The same as a word with one bit for each alarm."""
        return 1 << (self.code - 1) if self.code else 0
