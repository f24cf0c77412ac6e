"""Walk: a machine that keeps to PackML goes to the state it wants through every state between, each for a while.

What the flow of pieces knows as "waits for bottles" is, in PackML, Suspending, then Suspended; and back through
Unsuspending. Whatever the machine does, only transitions of the diagram are ever seen.
"""

from __future__ import annotations

from simulators.packml.states import State, way

PASSING_MS = 400
"""How long a state is shown that is only passed through."""

AT_ONCE = frozenset({State.ABORTING, State.STOPPING, State.HOLDING})
"""They answer a command that does not wait until the state before them is complete."""


class Walk:
    """The state that one machine shows. due: when it goes on by itself (ms), None when it has arrived."""

    def __init__(self, first: State) -> None:
        self.state = first
        self.due: int | None = None
        self._leaves_at = 0

    def follow(self, goal: State, now: int) -> State:
        """The state at an instant at which the machine wants `goal`; instants come in the order of time."""
        while self.state is not goal:
            following = way(self.state, goal)[0]
            if now < self._leaves_at and following not in AT_ONCE:
                break
            self.state = following
            arrived = following is goal
            self._leaves_at = now + (1 if arrived else PASSING_MS)
            if not arrived:
                break
        self.due = None if self.state is goal else self._leaves_at
        return self.state
