"""States and modes of PackML with the numbers of the OPC 30050 v1.01 nodeset, and the transitions of its diagram."""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from functools import cache


class State(IntEnum):
    """The number is what StateCurrent shows."""

    CLEARING = 1
    STOPPED = 2
    STARTING = 3
    IDLE = 4
    SUSPENDED = 5
    EXECUTE = 6
    STOPPING = 7
    ABORTING = 8
    ABORTED = 9
    HOLDING = 10
    HELD = 11
    UNHOLDING = 12
    SUSPENDING = 13
    UNSUSPENDING = 14
    RESETTING = 15
    COMPLETING = 16
    COMPLETE = 17


class Mode(IntEnum):
    """UnitModeCurrent. From 4 on modes are the maker's: here 4 is the changeover to another product."""

    PRODUCE = 1
    MAINTENANCE = 2
    MANUAL = 3
    CHANGEOVER = 4


_HOLDS = frozenset({
    State.EXECUTE, State.STARTING, State.SUSPENDING, State.SUSPENDED, State.UNSUSPENDING, State.UNHOLDING,
})  # fmt: skip
_NOT_RUNNING = frozenset({State.STOPPING, State.STOPPED, State.ABORTING, State.ABORTED, State.CLEARING})

_ONWARDS = {
    State.STOPPED: (State.RESETTING,),
    State.RESETTING: (State.IDLE,),
    State.IDLE: (State.STARTING,),
    State.STARTING: (State.EXECUTE,),
    State.EXECUTE: (State.COMPLETING, State.SUSPENDING),
    State.COMPLETING: (State.COMPLETE,),
    State.COMPLETE: (State.RESETTING,),
    State.HOLDING: (State.HELD,),
    State.HELD: (State.UNHOLDING,),
    State.UNHOLDING: (State.EXECUTE,),
    State.SUSPENDING: (State.SUSPENDED,),
    State.SUSPENDED: (State.UNSUSPENDING,),
    State.UNSUSPENDING: (State.EXECUTE,),
    State.STOPPING: (State.STOPPED,),
    State.ABORTING: (State.ABORTED,),
    State.ABORTED: (State.CLEARING,),
    State.CLEARING: (State.STOPPED,),
}
"""By state complete, or by Reset, Start, Complete, Suspend, Unsuspend, Unhold, Clear."""


def _after(state: State) -> frozenset[State]:
    """Onwards; Hold where it is allowed; Stop from every state that runs; Abort from all but Aborting and Aborted."""
    found = set(_ONWARDS[state])
    if state in _HOLDS:
        found.add(State.HOLDING)
    if state not in _NOT_RUNNING:
        found.add(State.STOPPING)
    if state not in {State.ABORTING, State.ABORTED}:
        found.add(State.ABORTING)
    return frozenset(found)


AFTER = {state: _after(state) for state in State}
"""What may follow each state directly."""


@cache
def way(start: State, goal: State) -> tuple[State, ...]:
    """The shortest way from one state to another, the goal as its last; nothing where they are the same."""
    reached: dict[State, tuple[State, ...]] = {start: ()}
    waiting = deque([start])
    while goal not in reached:
        state = waiting.popleft()
        for following in sorted(AFTER[state]):
            if following not in reached:
                reached[following] = (*reached[state], following)
                waiting.append(following)
    return reached[goal]
