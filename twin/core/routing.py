"""Routing: which unit of re-fold a row or an event belongs to (folds.md R4), and which rows may be folded (R7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin.core.event import Event
from twin.core.instant import DAY, SECOND
from twin.core.rows import Samples

HORIZON = 7 * DAY
"""Older than this when it is recorded: kept and named, not folded by itself (R7)."""
AHEAD = SECOND
"""Further ahead of the clock than this: intake restamps it (R7)."""


@dataclass(frozen=True, eq=False)
class Routing:
    """unit_of_tag: int32 by tag id, -1 for tags that no fold reads. units_of_subject: connection or asset -> units.

    others: the unit of tags that came since, -1 when they are not folded.
    """

    unit_of_tag: NDArray[np.int32]
    units_of_subject: Mapping[str, tuple[int, ...]]
    others: int = -1

    def unit_of(self, tag: NDArray[np.int32]) -> NDArray[np.int32]:
        """The unit of each tag id; -1 for none."""
        return self._units[np.minimum(tag, len(self._units) - 1)]

    @cached_property
    def _units(self) -> NDArray[np.int32]:
        """By tag id, and at the end that of all younger ids: made once, looked into for every batch."""
        return np.append(self.unit_of_tag, np.int32(self.others))

    def units_of(self, event: Event) -> tuple[int, ...]:
        """The units that an event concerns."""
        return self.units_of_subject.get(event.subject, ())

    @staticmethod
    def timely(samples: Samples) -> NDArray[np.bool_]:
        """Which rows lie within the horizon and not ahead of the clock."""
        age = samples.recorded - samples.time
        return (age <= HORIZON) & (age >= -AHEAD)

    def concerns(self, event: Event, recorded: int) -> bool:
        """Whether an event is folded: it concerns a unit and lies within the horizon."""
        return bool(self.units_of(event)) and -AHEAD <= recorded - event.time <= HORIZON
