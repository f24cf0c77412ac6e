"""What a machine is doing, finer than any single wire can tell, and the generic state that a correct reader finds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum


class Condition(Enum):
    """One at a time. The value is the generic state of the ground truth."""

    def __init__(self, state: str, note: str) -> None:
        self.state = state
        self.note = note

    __hash__ = object.__hash__  # each is itself only; looked up at every piece, and Enum's own is six times slower

    RUNNING = ("running", "makes pieces")
    STARVED = ("starved", "waits for pieces to work on")
    BLOCKED = ("blocked", "has a finished piece and no room for it")
    HOLDING = ("running", "comes to rest, to go on by itself")
    HELD = ("down", "stopped by itself, goes on by itself")
    UNHOLDING = ("down", "goes on")
    ABORTING = ("down", "comes to rest after a fault")
    ABORTED = ("down", "broken, waits for somebody or is being freed")
    REPAIRED = ("down", "broken, being repaired")
    CLEARING = ("down", "the fault is being reset")
    STOPPING = ("stopped", "comes to rest, because the operator wants it")
    STOPPED = ("stopped", "stopped by the operator")
    RESETTING = ("idle", "gets ready")
    IDLE = ("idle", "ready, nobody has started it")
    STARTING = ("idle", "speeds up")
    COMPLETING = ("running", "finishes its order")
    COMPLETE = ("idle", "has finished its order")
    CHANGEOVER = ("changeover", "is set up for another product")
    MAINTENANCE = ("maintenance", "is cleaned or maintained as planned")
    MANUAL = ("maintenance", "is moved by hand")
    OFF = ("off", "switched off")


NEAREST: Mapping[Condition, tuple[Condition, ...]] = {
    Condition.BLOCKED: (Condition.STARVED,),
    Condition.HOLDING: (Condition.HELD, Condition.ABORTED),
    Condition.HELD: (Condition.ABORTED,),
    Condition.UNHOLDING: (Condition.HELD, Condition.ABORTED),
    Condition.ABORTING: (Condition.ABORTED,),
    Condition.REPAIRED: (Condition.ABORTED,),
    Condition.CLEARING: (Condition.ABORTED,),
    Condition.STOPPING: (Condition.STOPPED, Condition.IDLE),
    Condition.STOPPED: (Condition.IDLE,),
    Condition.RESETTING: (Condition.IDLE, Condition.STOPPED),
    Condition.IDLE: (Condition.STOPPED,),
    Condition.STARTING: (Condition.IDLE, Condition.STOPPED),
    Condition.COMPLETING: (Condition.RUNNING,),
    Condition.COMPLETE: (Condition.IDLE, Condition.STOPPED),
    Condition.CHANGEOVER: (Condition.STOPPED, Condition.IDLE),
    Condition.MAINTENANCE: (Condition.STOPPED, Condition.IDLE),
    Condition.MANUAL: (Condition.STOPPED, Condition.IDLE),
    Condition.OFF: (Condition.STOPPED, Condition.IDLE),
}
"""What a machine shows that cannot show a condition, the nearest first; after all of them STARVED: it just waits."""


def shown_as(condition: Condition, known: Collection[Condition]) -> Condition:
    """What a machine that can show some conditions shows in this one."""
    choice = (condition, *NEAREST.get(condition, ()))
    return next((one for one in choice if one in known), Condition.STARVED)
