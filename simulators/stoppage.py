"""Stoppages: why a machine does not work, and the conditions it goes through until it works again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from simulators.buffer import nobody
from simulators.condition import Condition
from simulators.streams import Stream, between

Length = int | Callable[[int], int]
"""ms, or what gives them, asked with the instant (ms) at which a phase begins: how long until an operator has come."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One condition of a stoppage and how long it lasts: drawn between two bounds, seconds, or asked when it begins."""

    condition: Condition
    shortest_s: float = 0.0
    longest_s: float = 0.0
    lasts: Callable[[int], int] | None = None


Phases = tuple[Phase, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason why a machine stops by itself. every_s: mean time between two of them, in seconds of running."""

    name: str
    every_s: float
    phases: Phases


@dataclass(slots=True)
class Stop:
    """One stoppage as it happens. steps: (condition, length). over: called when it ends. reason: number that the
    machine tells, 0 for none. start, end: ms since 1970; end is None while it lasts.
    """

    cause: str
    steps: Sequence[tuple[Condition, Length]]
    over: Callable[[], None] = field(default=nobody, compare=False)
    reason: int = 0
    start: int = 0
    end: int | None = None


def stop(
    cause: str, phases: Phases, source: Stream, over: Callable[[], None] = nobody, lasts_s: float | None = None
) -> Stop:
    """A stoppage with its lengths drawn. lasts_s: how long it shall last in all; its longest phase gives way."""
    steps: list[tuple[Condition, Length]] = [
        (phase.condition, phase.lasts or between(source, phase.shortest_s, phase.longest_s)) for phase in phases
    ]
    if lasts_s is not None and phases:
        longest = max(range(len(phases)), key=lambda place: phases[place].longest_s)
        rest = sum(length for place, (_, length) in enumerate(steps) if place != longest and isinstance(length, int))
        steps[longest] = (steps[longest][0], max(0, round(1000 * lasts_s) - rest))
    return Stop(cause, steps, over)
