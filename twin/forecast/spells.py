"""What a machine did, as a flow sees it: it ran, waited for pieces or for room, stood by its own fault, or unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.window import run_starts
from twin.forecast.history import MachineHistory, Times

RUNNING, STARVED, BLOCKED, STOPPED, UNKNOWN = range(5)
WAITS: Final = {"starved": STARVED, "waiting": STARVED, "blocked": BLOCKED}
NOTHING_KNOWN: Final = frozenset({"unknown", ""})


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """In order, apart. kind: one of the above. cause: of a stop the state that took most of it, a place in `names`."""

    start: Times
    end: Times
    kind: NDArray[np.int8]
    cause: NDArray[np.int32]
    names: tuple[str, ...]

    def of(self, kind: int) -> NDArray[np.intp]:
        """Rows of a kind."""
        return np.flatnonzero(self.kind == kind)


def spells(history: MachineHistory, is_fed: bool, feeds: bool) -> Spells:
    """States that follow each other and mean the same, as one; gaps between the states as unknown.

    is_fed, feeds: a machine waits only where there is a buffer to wait for. The first of a line that is starved stands
    by what the line does not see, so for the line it is a stop; as is the last one that is blocked.
    """
    kind = np.array([_kind(name, is_fed, feeds) for name in history.names], np.int8)
    start, end, state = _without_gaps(history)
    known = state >= 0
    kinds = np.where(known, kind[np.where(known, state, 0)] if len(kind) else UNKNOWN, UNKNOWN).astype(np.int8)
    starts = run_starts(kinds)
    if not len(starts):
        return Spells(start, end, kinds, state, tuple(history.names))
    last = np.append(starts[1:], len(kinds)) - 1
    cause = _causes(start, end, state, starts, last)
    return Spells(start[starts], end[last], kinds[starts], cause, tuple(history.names))


def _kind(name: str, is_fed: bool, feeds: bool) -> int:
    if name == "running":
        return RUNNING
    if name in NOTHING_KNOWN:
        return UNKNOWN
    waits = WAITS.get(name, STOPPED)
    if (waits == STARVED and is_fed) or (waits == BLOCKED and feeds):
        return waits
    return STOPPED


def _without_gaps(history: MachineHistory) -> tuple[Times, Times, NDArray[np.int32]]:
    """(start, end, state) with a row of state -1 wherever an interval does not begin where the last one ended."""
    start, end, state = history.start, history.end, history.state
    gaps = np.flatnonzero(start[1:] > end[:-1]) + 1
    return (
        np.insert(start, gaps, end[gaps - 1]),
        np.insert(end, gaps, start[gaps]),
        np.insert(state, gaps, np.int32(-1)),
    )


def _causes(
    start: Times, end: Times, state: NDArray[np.int32], first: NDArray[np.intp], last: NDArray[np.intp]
) -> NDArray[np.int32]:
    """The state that took most of the time of each spell."""
    found = state[first].copy()
    for row in np.flatnonzero(last > first).tolist():
        inside = slice(int(first[row]), int(last[row]) + 1)
        spent = np.zeros(int(state[inside].max(initial=0)) + 1, np.int64)
        np.add.at(spent, state[inside], end[inside] - start[inside])
        found[row] = int(spent.argmax())
    return found
