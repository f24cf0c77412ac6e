"""Physics of one machine: components that act on each other, second by second, and the sensors that read them.

It is lazy. The machine tells it when load or speed change; when rows are wanted, it lives through all the seconds since
the last time in a few array operations. `safe_ms` says how long that may wait: no component fails before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulators.buffer import NEVER
from simulators.components.component import Component, ComponentSpec, Duty, Series
from simulators.components.panel import Panel
from simulators.components.sensor import SensorSpec, Statuses
from simulators.streams import stream

SECOND_MS = 1000
LONGEST = 3600
"""Seconds lived through at once; more only takes memory."""
NEARLY = 1.0 - 1e-9
"""A bound on seconds is added up in another order than the wear itself: so much may be lost by rounding."""
OWN = ("machine.load", "machine.speed", "machine.working", "machine.ambient")
"""Quantities that every machine has beside those of its components: what it does, and how warm it is around it."""


class Surroundings(Protocol):
    """What is around the machines."""

    def of(self, first: int, seconds: int) -> Series:
        """Temperature in degC in so many seconds from the second `first` (s since 1970) on, in any order of asking."""
        ...


@dataclass(frozen=True, slots=True)
class Steady:
    """A hall that is always as warm."""

    celsius: float = 22.0

    def of(self, first: int, seconds: int) -> Series:
        """Always the same."""
        return np.full(seconds, self.celsius)


@dataclass(frozen=True, slots=True)
class Effort:
    """What a machine asks of its components. load, speed: shares of full work and rated speed. working: 1 or 0."""

    load: float = 0.0
    speed: float = 0.0
    working: float = 0.0


Rows = Callable[[NDArray[np.int64], Mapping[str, tuple[Series, Statuses]]], None]
"""Takes what sensors read: instants (ms), tag -> (value, status)."""


class Physics:
    """Components and sensors of one machine, from its first second on. newest: each quantity as it was last."""

    def __init__(
        self,
        machine: str,
        components: Mapping[str, ComponentSpec],
        sensors: Mapping[str, SensorSpec],
        seed: int,
        start: int,
        rows: Rows,
    ) -> None:
        self.components: dict[str, Component] = {
            name: spec.make(stream(seed, machine, name)) for name, spec in components.items()
        }
        self.panel = Panel({tag: (spec, stream(seed, machine, "sensors", tag)) for tag, spec in sensors.items()})
        self.newest: dict[str, float] = {}
        self.surroundings: Surroundings = Steady()
        self.next = start
        self._rows = rows
        self._felt: list[tuple[int, Effort]] = [(start, Effort())]

    def feel(self, time: int, effort: Effort) -> None:
        """From an instant (ms) on the machine asks this; the last word on an instant counts."""
        self._felt.append((time, effort))

    def live(self, before: int) -> None:
        """Live through all seconds that are earlier than an instant (ms) and not lived through yet."""
        while self.next < before:
            n = min(LONGEST, -((self.next - before) // SECOND_MS))
            self._live(n)

    def safe_ms(self) -> int:
        """The second (ms) that must be lived through when it comes, because something may fail in it; NEVER if none."""
        safe = [c.safe_s for c in self.components.values() if not c.failed]
        least = min(safe, default=float("inf"))
        if least * SECOND_MS >= NEVER:
            return NEVER
        return self.next + SECOND_MS * (max(1, int(least * NEARLY)) - 1)

    def failed(self) -> list[str]:
        """Components for which the machine must stop."""
        return [name for name, component in self.components.items() if component.failed]

    def _live(self, n: int) -> None:
        first = self.next
        duty = self._duty(first, n)
        own = (duty.load, duty.speed, duty.working, duty.ambient)
        quantities: dict[str, Series] = dict(zip(OWN, own, strict=True))
        for name, component in self.components.items():
            given = component.advance(duty, quantities)
            quantities.update((f"{name}.{quantity}", series) for quantity, series in given.items())
        self.newest = {name: float(series[-1]) for name, series in quantities.items()}
        self.next = first + n * SECOND_MS
        times = first + SECOND_MS * np.arange(n, dtype=np.int64)
        self._rows(times, self.panel.read(quantities, n))

    def _duty(self, first: int, n: int) -> Duty:
        ambient = self.surroundings.of(first // SECOND_MS, n)
        if len(self._felt) == 1 or self._felt[1][0] > first + (n - 1) * SECOND_MS:
            now = self._felt[0][1]
            load, speed, working = (np.full(n, share) for share in (now.load, now.speed, now.working))
            return Duty(load, speed, working, ambient)
        begins = [0, *(min(n, max(0, -((first - time) // SECOND_MS))) for time, _ in self._felt[1:])]
        lengths = np.diff([*begins, n])
        efforts = [(effort.load, effort.speed, effort.working) for _, effort in self._felt]
        load, speed, working = np.repeat(np.array(efforts).T, lengths, axis=1)
        last = first + (n - 1) * SECOND_MS
        passed = [place for place, (time, _) in enumerate(self._felt) if time <= last]
        self._felt = self._felt[passed[-1] :]
        return Duty(load, speed, working, ambient)
