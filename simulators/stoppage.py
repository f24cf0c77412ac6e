"""Stoppages: why a machine does not work, and the conditions it goes through until it works again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from simulators.buffer import nobody
from simulators.condition import Condition
from simulators.streams import Stream, between


@dataclass(frozen=True, slots=True)
class Work:
    """Somebody of a trade works for so many ms; until he has come, the machine waits."""

    trade: str
    ms: int


Length = int | Work | Callable[[int], int]
"""ms, somebody's work, or what gives ms, asked with the instant (ms) at which a phase begins."""

Steps = Sequence[tuple[Condition, Length]]
"""Conditions and how long they last."""

Call = Callable[[str, int, int], int]
"""Calls somebody: trade, now, ms of work -> ms until he is there."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One condition of a stoppage and how long it lasts: drawn between two bounds, seconds, or asked when it begins.

    by: trade of who does it; nothing: it goes by itself.
    """

    condition: Condition
    shortest_s: float = 0.0
    longest_s: float = 0.0
    lasts: Callable[[int], int] | None = None
    by: str = ""

    def drawn(self, source: Stream) -> Length:
        """Its length in one stoppage."""
        if self.lasts is not None:
            return self.lasts
        length = between(source, self.shortest_s, self.longest_s)
        return Work(self.by, length) if self.by else length


Phases = tuple[Phase, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason why a machine stops by itself. every_s: mean time between two of them, in seconds of running."""

    name: str
    every_s: float
    phases: Phases


@dataclass(slots=True, eq=False)
class Stop:
    """One stoppage as it happens, equal to no other. steps: (condition, length). over: called when it ends. reason:
    number that the machine tells, 0 for none. start, end: ms since 1970; end is None while it lasts.
    """

    cause: str
    steps: Steps
    over: Callable[[], None] = nobody
    reason: int = 0
    start: int = 0
    end: int | None = None


def stop(
    cause: str, phases: Phases, source: Stream, over: Callable[[], None] = nobody, lasts_s: float | None = None
) -> Stop:
    """A stoppage with its lengths drawn. lasts_s: how long it shall last in all; its longest phase gives way, and who
    works at it is there at once.
    """
    steps: list[tuple[Condition, Length]] = [(phase.condition, phase.drawn(source)) for phase in phases]
    if lasts_s is not None and phases:
        longest = max(range(len(phases)), key=lambda place: phases[place].longest_s)
        steps = [(condition, known_ms(length) if trade_of(length) else length) for condition, length in steps]
        rest = sum(known_ms(length) for place, (_, length) in enumerate(steps) if place != longest)
        steps[longest] = (steps[longest][0], max(0, round(1000 * lasts_s) - rest))
    return Stop(cause, steps, over)


def known_ms(length: Length) -> int:
    """What is known of a length before it begins."""
    if isinstance(length, Work):
        return length.ms
    return length if isinstance(length, int) else 0


WAITS_IN = {
    Condition.REPAIRED: Condition.ABORTED,
    Condition.MAINTENANCE: Condition.STOPPED,
    Condition.MANUAL: Condition.STOPPED,
    Condition.CHANGEOVER: Condition.STOPPED,
}
"""Where a machine is until somebody has come, if it is not yet in the condition of his work."""


def attended(steps: Steps, call: Call) -> list[tuple[Condition, Length]]:
    """Steps with the wait for each person before his work. What one does without a pause is one call."""
    found: list[tuple[Condition, Length]] = []
    for trade, group in groupby(steps, lambda step: trade_of(step[1])):
        together = list(group)
        if trade:
            first = together[0][0]
            found.append((WAITS_IN.get(first, first), _until_there(call, trade, together)))
        found += [(condition, known_ms(length) if trade else length) for condition, length in together]
    return found


def trade_of(length: Length) -> str:
    """Who works in it, nobody: an empty name."""
    return length.trade if isinstance(length, Work) else ""


def _until_there(call: Call, trade: str, works: Steps) -> Callable[[int], int]:
    return lambda now: call(trade, now, sum(known_ms(work) for _, work in works))
