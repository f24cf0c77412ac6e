"""Manner: how a stoppage goes on in a machine that keeps to PackML. It stops in order, is cleared, reset and started by
hand; the states between those that a cause names are put in, each with a length of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simulators.condition import Condition
from simulators.packml.states import Mode, State, way
from simulators.stoppage import Length, Steps
from simulators.streams import Stream, between

GOAL: Mapping[Condition, State] = {
    Condition.RUNNING: State.EXECUTE,
    Condition.STARVED: State.SUSPENDED,
    Condition.BLOCKED: State.SUSPENDED,
    Condition.REPAIRED: State.ABORTED,
    Condition.CHANGEOVER: State.STOPPED,
    Condition.MAINTENANCE: State.STOPPED,
    Condition.MANUAL: State.STOPPED,
    Condition.OFF: State.STOPPED,
    **{condition: State[condition.name] for condition in Condition if condition.name in State.__members__},
}
"""The state in which a machine in each condition is, or where it is going."""

MODE: Mapping[Condition, Mode] = {
    Condition.REPAIRED: Mode.MAINTENANCE,
    Condition.MAINTENANCE: Mode.MAINTENANCE,
    Condition.MANUAL: Mode.MANUAL,
    Condition.CHANGEOVER: Mode.CHANGEOVER,
}
"""Its mode, where it is not Produce."""

BETWEEN_S: Mapping[State, tuple[float, float]] = {
    State.CLEARING: (1.0, 3.0),
    State.STOPPED: (2.0, 8.0),
    State.RESETTING: (0.8, 2.0),
    State.IDLE: (0.5, 2.0),
    State.STARTING: (0.8, 2.0),
    State.STOPPING: (0.5, 1.5),
    State.ABORTING: (0.8, 2.0),
    State.ABORTED: (2.0, 8.0),
    State.HOLDING: (0.3, 0.8),
    State.HELD: (1.0, 2.0),
    State.UNHOLDING: (0.3, 0.8),
    State.COMPLETING: (0.5, 1.5),
    State.COMPLETE: (1.0, 4.0),
}
"""How long a state between lasts. Execute and what leads to and from Suspended is shown as it comes: see Walk."""


def in_order(first: Condition, steps: Steps, source: Stream) -> list[tuple[Condition, Length]]:
    """The steps of a stoppage that begins in a condition, with all that PackML wants between them and at the end."""
    found: list[tuple[Condition, Length]] = []
    state = GOAL[first]
    for condition, length in steps:
        goal = GOAL[condition]
        found += _between(way(state, goal)[:-1], source)
        found.append((condition, length))
        state = goal
    return found + _between(way(state, State.EXECUTE)[:-1], source)


def _between(states: Sequence[State], source: Stream) -> list[tuple[Condition, Length]]:
    return [(Condition[state.name], between(source, *BETWEEN_S[state])) for state in states if state in BETWEEN_S]
