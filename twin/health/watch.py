"""What is watched: one entry of a machine's `health`, with its tags by number. And the time all of it runs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twin.core.instant import SECOND

WINDOW = 10 * SECOND
"""All judging is of means over windows of this much log time."""
SETTLE = 20 * SECOND
"""So long after a machine came into its state its samples do not count: it runs up. At least one window."""
KEPT = 360
"""So many of the last judged windows are kept for each machine: an hour of running."""


@dataclass(frozen=True, slots=True)
class WatchedTag:
    """One tag of a watch. tag: id.

    margin: for a temperature, how far above its warmest normal it may come (in its own unit); 0 for other tags.
    limit: its highest `high` alarm limit, NaN where it has none. unit: of limit and value, for people.
    """

    tag: int
    path: str
    margin: float = 0.0
    limit: float = float("nan")
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """A machine under one model. unit: number of its unit; path: of the machine.

    place: of the machine among those of MachineState, -1 for one without states; code: of the state in which it is
    judged, -1 for any. learn: windows of normal running that a model is learnt from. signature: what the model was
    learnt for; a model of another signature is none of this watch.
    """

    unit: int
    path: str
    tags: tuple[WatchedTag, ...]
    place: int = -1
    code: int = -1
    learn: int = KEPT
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Watches:
    """All watches that are folded together. width: places for tags, kept: for windows; the same whatever units are
    folded, so that the state of one unit is the same bytes.
    """

    watches: Sequence[Watch]
    width: int
    kept: int = KEPT


def slow(margin: float) -> bool:
    """Whether a tag is a temperature: it follows the hall and the load of the last hour, so it is context."""
    return margin > 0.0


MARGINS = {"degC": 10.0, "°C": 10.0, "K": 10.0, "degF": 18.0, "°F": 18.0}
"""Unit of a temperature -> what is too much above normal: a winding lives half as long for each 10 K (Montsinger)."""
