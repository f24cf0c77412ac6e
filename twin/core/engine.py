"""Engine: all lanes of a plant. Entries in, publications out; no clock, no thread, no store of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from twin.core.batch import Batch
from twin.core.edition import Editions
from twin.core.event import Event
from twin.core.fold import Fold, Record
from twin.core.history import Publication
from twin.core.lane import Lane
from twin.core.routing import Routing
from twin.core.rows import samples_of

NO_LANE = -1
Entry = tuple[int, Batch | Event]
"""(recorded, what)."""


@dataclass(frozen=True, slots=True)
class LaneView:
    """One lane as of an instant: units, folds whose state may be read but not stepped, provisional records."""

    units: tuple[int, ...]
    folds: Sequence[Fold]
    records: Sequence[Record]
    frontier: int


class Engine:
    """Steps all lanes in the order of R6. For one thread."""

    def __init__(self, lanes: Sequence[Lane], editions: Editions) -> None:
        self.lanes = tuple(lanes)
        self.editions = editions
        units = max((unit for lane in lanes for unit in lane.units), default=-1) + 1
        self._lane_of_unit = np.full(units + 1, NO_LANE, np.int16)  # the last place stands for rows of no unit
        for number, lane in enumerate(lanes):
            self._lane_of_unit[list(lane.units)] = number

    def resume(self, now: int, known: int) -> Iterator[Publication]:
        """Bring every lane from its newest snapshots to now: it is there when the last publication has been taken."""
        for lane in self.lanes:
            yield from lane.resume(now, known)

    def accept(self, entries: Sequence[Entry]) -> None:
        """Take entries that have just become durable, in the order of `recorded`."""
        samples = samples_of([(recorded, item) for recorded, item in entries if isinstance(item, Batch)])
        events = [
            (recorded, item)
            for recorded, item in entries
            if isinstance(item, Event) and self.editions.concerns(item, recorded)
        ]
        unit = np.minimum(self.editions.unit_of(samples), len(self._lane_of_unit) - 1)
        lane_of_row = self._lane_of_unit[unit]
        lane_of_row[~Routing.timely(samples)] = NO_LANE
        for number, lane in enumerate(self.lanes):
            mine = [(recorded, event) for recorded, event in events if lane.has_any(self.editions.units_of(event))]
            lane.accept(samples.take_if(lane_of_row == number), mine)

    def tick(self, now: int, known: int) -> list[Publication]:
        """Heal, advance and snapshot every lane. now: the clock; known: the greatest `recorded` accepted."""
        return [lane.tick(now, known) for lane in self.lanes]

    def live(self, now: int) -> list[LaneView]:
        """Every lane as of now, what is pending included."""
        views: list[LaneView] = []
        for lane in self.lanes:
            folds, records = lane.live(now)
            views.append(LaneView(lane.units, folds, records, lane.frontier))
        return views

    def at(self, time: int, known: int, told: bool = True) -> list[LaneView]:
        """result(time, known) of every lane. told: with all provisional records."""
        views: list[LaneView] = []
        for lane in self.lanes:
            folds, records = lane.state_at(time, known, told)
            views.append(LaneView(lane.units, folds, records, time))
        return views

    def final(self) -> list[Publication]:
        """Snapshots of where every lane stands, for a clean stop."""
        return [Publication(lane.known, snapshots=lane.final_snapshots()) for lane in self.lanes]
