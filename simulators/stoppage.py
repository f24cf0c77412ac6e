"""Stoppages: why a machine does not work, and the conditions it goes through until it works again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulators.buffer import nobody
from simulators.condition import Condition
from simulators.streams import Stream, between


@dataclass(frozen=True, slots=True)
class Phase:
    """One condition of a stoppage and how long it lasts, seconds."""

    condition: Condition
    shortest_s: float
    longest_s: float


Phases = tuple[Phase, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason why a machine stops by itself. every_s: mean time between two of them, in seconds of running."""

    name: str
    every_s: float
    phases: Phases


@dataclass(slots=True)
class Stop:
    """One stoppage as it happens. steps: (condition, ms). start, end: ms since 1970; end is None while it lasts."""

    cause: str
    steps: list[tuple[Condition, int]]
    over: Callable[[], None] = nobody
    start: int = 0
    end: int | None = None


def stop(cause: str, phases: Phases, source: Stream, over: Callable[[], None] = nobody) -> Stop:
    """A stoppage with its lengths drawn."""
    steps = [(phase.condition, between(source, phase.shortest_s, phase.longest_s)) for phase in phases]
    return Stop(cause, steps, over)
