"""What a machine is doing, finer than any single wire can tell, and the generic state that a correct reader finds."""

from __future__ import annotations

from enum import Enum


class Condition(Enum):
    """One at a time. The value is the generic state of the ground truth."""

    def __init__(self, state: str, note: str) -> None:
        self.state = state
        self.note = note

    RUNNING = ("running", "makes pieces")
    STARVED = ("starved", "waits for pieces to work on")
    BLOCKED = ("blocked", "has a finished piece and no room for it")
    HELD = ("down", "stopped by itself, goes on by itself")
    ABORTING = ("down", "comes to rest after a fault")
    ABORTED = ("down", "broken, being repaired")
    CLEARING = ("down", "the fault is being reset")
    STOPPED = ("stopped", "stopped by the operator")
    IDLE = ("idle", "ready, nobody has started it")
