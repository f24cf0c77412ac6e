"""Shifts and breaks of a plant file."""

from __future__ import annotations

from twin.model.entry import Entry
from twin.model.week import WeekTimes, parse_times


def read_shifts(entry: Entry) -> dict[str, tuple[WeekTimes, ...]]:
    """Shift name -> its times; one text or a list of them. Problems are reported."""
    return {name: _read_times(child) for name, child in entry.children().items()}


def _read_times(entry: Entry) -> tuple[WeekTimes, ...]:
    found: list[WeekTimes] = []
    for item in entry.items() if entry.is_list else [entry]:
        try:
            found.append(parse_times(item.written()))
        except ValueError as error:
            item.problem(str(error))
    return tuple(found)
