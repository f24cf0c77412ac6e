"""A span cut into intervals: equal ones, or the days, weeks, months and shifts of the wall, of 23 and 25 hours too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twin.mes.calendar import Calendar, Period
from twin.model.wall_clock import day_of, instant_of

CALENDAR = ("shift", "day", "week", "month")
"""Intervals that the wall tells. A week begins on Monday."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Intervals that do not overlap. edges: where they meet, ns. pick: those of edges that count; place: in Cuts."""

    edges: NDArray[np.int64]
    pick: NDArray[np.intp]
    place: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """Intervals [start, end) by their start, ns. name: of each, where the calendar has one.

    shortened: the span, or now, cuts something off. Shifts may overlap and leave time between them, so what is asked of
    intervals that follow each other is asked of each layer.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    name: Sequence[str] | None
    shortened: NDArray[np.bool_]
    layers: Sequence[Layer]

    @property
    def is_one_row(self) -> bool:
        """Whether each interval begins where the one before it ends: the columns of the one layer are then gathered."""
        return len(self.layers) == 1 and len(self.layers[0].edges) == len(self.start) + 1

    def gathered(self, columns: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """One column out of those of the layers, each with a value for each interval between its edges."""
        found = np.empty(len(self.start), columns[0].dtype if columns else np.float64)
        for layer, column in zip(self.layers, columns, strict=True):
            found[layer.place] = column[layer.pick]
        return found


def equal_cuts(start: int, end: int, length: int) -> Cuts:
    """Intervals of one length from `start` on; the last one may be shorter."""
    edges = np.array([*range(start, end, length), end], dtype=np.int64)
    every = np.arange(len(edges) - 1)
    shortened = np.diff(edges) < length
    layers = [Layer(edges, every, every)] if len(every) else []
    return Cuts(edges[:-1], edges[1:], None, shortened, layers)


def calendar_cuts(calendar: Calendar, by: str, start: int, end: int) -> Cuts:
    """Shifts, days, weeks or months of the calendar's zone, as far as they lie in [start, end)."""
    if start >= end:
        return equal_cuts(start, start, 1)
    whole = _periods(calendar, by, start, end)
    cut = [one.since(start).until(end) for one in whole]
    first = np.array([one.start for one in cut], dtype=np.int64)
    last = np.array([one.end for one in cut], dtype=np.int64)
    shortened = np.array([a.start != b.start or a.end != b.end for a, b in zip(whole, cut, strict=True)], np.bool_)
    return Cuts(first, last, [one.name for one in cut], shortened, _layered(cut))


def _periods(calendar: Calendar, by: str, start: int, end: int) -> list[Period]:
    if by == "shift" or by == "day":  # noqa: PLR1714 - the type checker narrows this one
        return calendar.periods(by, start, end)
    found = _weeks(calendar.zone, start, end) if by == "week" else _months(calendar.zone, start, end)
    return list(found)


def _weeks(zone: ZoneInfo, start: int, end: int) -> Iterator[Period]:
    day = day_of(start, zone)
    monday = day - timedelta(days=day.weekday())
    while (first := instant_of(monday, 0, zone)) < end:
        year, week, _ = monday.isocalendar()
        monday += timedelta(days=7)
        yield Period(f"{year}-W{week:02d}", first, instant_of(monday, 0, zone))


def _months(zone: ZoneInfo, start: int, end: int) -> Iterator[Period]:
    day = day_of(start, zone).replace(day=1)
    while (first := instant_of(day, 0, zone)) < end:
        name = day.isoformat()[:7]
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        yield Period(name, first, instant_of(day, 0, zone))


def _layered(periods: Sequence[Period]) -> list[Layer]:
    """As few layers as are needed: each period goes to the first one that is free when it begins."""
    edges: list[list[int]] = []
    picks: list[list[int]] = []
    places: list[list[int]] = []
    for place, one in enumerate(periods):
        at = next((n for n, mine in enumerate(edges) if mine[-1] <= one.start), len(edges))
        if at == len(edges):
            edges.append([one.start])
            picks.append([])
            places.append([])
        elif edges[at][-1] < one.start:
            edges[at].append(one.start)
        picks[at].append(len(edges[at]) - 1)
        places[at].append(place)
        edges[at].append(one.end)
    return [
        Layer(np.array(mine, dtype=np.int64), np.array(pick, dtype=np.intp), np.array(where, dtype=np.intp))
        for mine, pick, where in zip(edges, picks, places, strict=True)
    ]
