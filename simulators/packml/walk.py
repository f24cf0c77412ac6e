"""Walk: a machine that keeps to PackML goes to the state it wants through every state between, each for a while.

What the flow of pieces knows as "waits for bottles" is, in PackML, Suspending, then Suspended; and back through
Unsuspending. Whatever the machine does, only transitions of the diagram are ever seen.
"""

from __future__ import annotations

from simulators.condition import Condition
from simulators.packml.manner import GOAL, MODE
from simulators.packml.states import Mode, State, way

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


class PackMlState:
    """What one machine shows of PackML: StateCurrent, EquipmentBlocked, EquipmentStarved, UnitModeCurrent."""

    def __init__(self) -> None:
        self._walk = Walk(State.IDLE)
        self._waits = Condition.STARVED
        self.mode = Mode.PRODUCE

    @property
    def due(self) -> int | None:
        """When it goes on by itself (ms)."""
        return self._walk.due

    @property
    def number(self) -> int:
        """StateCurrent."""
        return int(self._walk.state)

    @property
    def blocked(self) -> bool:
        """Suspended because there is no room."""
        return self._walk.state is State.SUSPENDED and self._waits is Condition.BLOCKED

    @property
    def starved(self) -> bool:
        """Suspended because nothing comes."""
        return self._walk.state is State.SUSPENDED and self._waits is Condition.STARVED

    def follow(self, condition: Condition, now: int) -> None:
        """The condition of the machine at the end of an instant (ms). The mode changes where it stands."""
        if condition in {Condition.STARVED, Condition.BLOCKED}:
            self._waits = condition
        goal = GOAL[condition]
        state = self._walk.follow(goal, now)
        self.mode = MODE.get(condition, Mode.PRODUCE) if state is goal else Mode.PRODUCE

    def generic(self, modes: bool) -> str:
        """The generic state that a reader of state and flags finds; modes: and of the mode."""
        state = self._walk.state
        if modes and state is State.STOPPED and self.mode is not Mode.PRODUCE:
            return "changeover" if self.mode is Mode.CHANGEOVER else "maintenance"
        return self._waits.state if state is State.SUSPENDED else GENERIC[state]


GENERIC = {
    State.SUSPENDING: "running",
    State.UNSUSPENDING: "running",
    State.EXECUTE: "running",
    **{State[one.name]: one.state for one in Condition if one.name in State.__members__},
}
"""State -> generic state: what leads to and from Suspended counts as running, as OMAC has it for all acting states that
wait for nobody.
"""
