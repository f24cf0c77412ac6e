"""Editions of the plant model: which one counts when, and what goes on from one to the next.

result(T, K) is folded under the edition that was in force at each instant, so a new model never rewrites what was
before it. One thing is true for all time: how wire numbers read. The newest edition known at K says it, dated where it
was otherwise once; an edition that reads the past otherwise is late data for the units of its tags (folds.md R8).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from twin.core.event import Event
from twin.core.fold import Fold
from twin.core.history import Late, Slice
from twin.core.instant import FAR_PAST
from twin.core.routing import Routing
from twin.core.rows import Rows, Samples
from twin.core.scales import UNSCALED, Scales
from twin.core.state import fork

Make = Callable[[Sequence[int]], Sequence[Fold]]
Held = Callable[[Mapping[str, Fold], int], Rows | None]
"""From the folds of the edition before, by name: the last row of each tag whose connection is up, at an instant."""
KEPT = 4
"""So many sets of fresh folds are kept for each edition: making them looks at the whole plant."""


def _nothing_held(_folds: Mapping[str, Fold], _at: int) -> Rows | None:
    return None


@dataclass(frozen=True, eq=False)
class Edition:
    """One version of the model. since: ns, it counts for steps from here on; FAR_PAST for the first of a log.

    recorded: known from here on. code: digest of model and fold versions, snapshots have it (R12). make: fresh folds of
    some units, those of other editions left out. scales: how wire numbers read, as this edition and those before say.
    moved: (unit of the edition before, unit of this one) of tags and machines that changed their unit.
    """

    since: int
    recorded: int
    code: str
    routing: Routing
    make: Make
    scales: Scales = UNSCALED
    held: Held = _nothing_held
    moved: frozenset[tuple[int, int]] = frozenset()
    mends: tuple[Late, ...] = ()
    """What it says of the time before it: the units whose wire numbers read otherwise from an instant on."""
    _pristine: dict[tuple[int, ...], Sequence[Fold]] = field(default_factory=dict[tuple[int, ...], Sequence[Fold]])

    def fresh(self, units: Sequence[int]) -> list[Fold]:
        """The folds of some units in their first state; what they know of the plant is shared."""
        key = tuple(units)
        if key not in self._pristine:
            if len(self._pristine) >= KEPT:
                self._pristine.pop(next(iter(self._pristine)))
            self._pristine[key] = self.make(key)
        return [fold.with_state(fork(fold.state)) for fold in self._pristine[key]]


@dataclass(frozen=True, eq=False)
class Editions:
    """All editions of a log, at least one, by `since`."""

    all: Sequence[Edition]
    _since: list[int] = field(init=False)
    _recorded: list[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_since", [edition.since for edition in self.all])
        object.__setattr__(self, "_recorded", [edition.recorded for edition in self.all])

    @property
    def newest(self) -> Edition:
        """The one that counts now."""
        return self.all[-1]

    @property
    def codes(self) -> list[tuple[int, str]]:
        """(since, code) of each: which snapshots of a frontier after `since` are of it."""
        return [(edition.since, edition.code) for edition in self.all]

    def as_known(self, known: int) -> Editions:
        """Those that were known at `known`; the first always was."""
        many = max(bisect_right(self._recorded, known), 1)
        return self if many == len(self.all) else replace(self, all=self.all[:many])

    def from_(self, time: int) -> Edition:
        """The edition in force for a step that begins at an instant."""
        return self.all[max(bisect_right(self._since, time) - 1, 0)]

    def up_to(self, time: int) -> Edition:
        """The edition under which state came to a frontier: a step that ends where one begins is not of that one."""
        return self.all[max(bisect_left(self._since, time) - 1, 0)]

    def begins(self, start: int, end: int) -> list[int]:
        """The instants in (start, end) at which another edition begins."""
        return self._since[bisect_right(self._since, start) : bisect_left(self._since, end)]

    def mends(self, unit: int, after: int, known: int) -> list[Late]:
        """What editions with after < recorded <= known say of the time before them."""
        first, last = bisect_right(self._recorded, after), bisect_right(self._recorded, known)
        return [late for edition in self.all[first:last] for late in edition.mends if late.unit == unit]

    def joined(self, units: Iterable[int], start: int, end: int) -> tuple[int, ...]:
        """The units that must be folded together over [start, end): what moves between units there joins them."""
        found = set(units)
        moved = [pair for edition in self.all for pair in edition.moved if start < edition.since < end]
        while grown := {one for pair in moved if found.intersection(pair) for one in pair} - found:
            found |= grown
        return tuple(sorted(found))

    # --- which entries are folded, and where --------------------------------------------------------------------

    def unit_of(self, samples: Samples) -> NDArray[np.int32]:
        """The unit of each row, -1 for none."""
        if len(self.all) == 1:
            return self.newest.routing.unit_of(samples.tag)
        unit = np.full(len(samples), -1, np.int32)
        place = np.maximum(np.searchsorted(self._since, samples.time, "right") - 1, 0)
        for number in np.unique(place).tolist():
            mine = place == number
            unit[mine] = self.all[number].routing.unit_of(samples.tag[mine])
        return unit

    def foldable(self, samples: Samples) -> NDArray[np.bool_]:
        """Which rows are folded: of a unit, within the horizon, not ahead of the clock."""
        return Routing.timely(samples) & (self.unit_of(samples) >= 0)

    def units_of(self, event: Event) -> tuple[int, ...]:
        """The units that an event concerns."""
        return self.from_(event.time).routing.units_of(event)

    def concerns(self, event: Event, recorded: int) -> bool:
        """Whether an event is folded."""
        return self.from_(event.time).routing.concerns(event, recorded)

    def of_units(self, piece: Slice, units: Sequence[int]) -> Slice:
        """What of a slice is folded into these units."""
        samples = piece.samples
        samples = samples.take(Routing.timely(samples))
        mine = np.isin(self.unit_of(samples), np.array(units, dtype=np.int32))
        wanted = set(units)
        events = [
            (recorded, event)
            for recorded, event in piece.events
            if self.concerns(event, recorded) and wanted.intersection(self.units_of(event))
        ]
        return Slice(samples.take(mine), events)


def one_edition(make: Make, routing: Routing, scales: Scales = UNSCALED, code: str = "") -> Editions:
    """A model that never changes."""
    return Editions([Edition(FAR_PAST, 0, code, routing, make, scales)])
