"""Shifts and breaks of a plant file, and the days on which they are others."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from twin.model.entry import Entry
from twin.model.report import suggestion
from twin.model.week import SpecialDay, WeekTimes, parse_times

CLOSED = "closed"
BREAKS = "breaks"
"""The name among the shifts that is none."""
LONGEST_SPAN = 366
"""Days of one entry of the calendar; more is a slip in a year."""


def read_shifts(entry: Entry) -> dict[str, tuple[WeekTimes, ...]]:
    """Shift name -> its times; one text or a list of them. Problems are reported."""
    return {name: _read_times(child) for name, child in entry.children().items()}


def _read_times(entry: Entry, one_day: bool = False) -> tuple[WeekTimes, ...]:
    found: list[WeekTimes] = []
    for item in entry.items() if entry.is_list else [entry]:
        try:
            text = item.written()
            if one_day and text.strip()[:1].isalpha():
                raise ValueError(f"'{text}' names days, and this is one day (write 06:00-12:00, or {CLOSED})")
            found.append(parse_times(text))
        except ValueError as error:
            item.problem(str(error))
    return tuple(found)


def read_calendar(entry: Entry, shifts: Collection[str]) -> dict[date, SpecialDay]:
    """Day -> what is otherwise on it. A day of its own stands above a span that holds it. Problems are reported."""
    spans: dict[date, tuple[Entry, SpecialDay]] = {}
    days: dict[date, tuple[Entry, SpecialDay]] = {}
    for key, child in entry.children().items():
        try:
            found = _days(key)
        except ValueError as error:
            child.problem(str(error))
            continue
        special = _read_day(child, shifts)
        into = days if ".." not in key else spans
        for day in found:
            first, _ = into.setdefault(day, (child, special))
            if first is not child:
                child.problem(f"{day} stands in {first.path} too ({first.seen_from(child)})")
                break
    return {day: special for day, (_, special) in sorted({**spans, **days}.items())}


def _days(text: str) -> list[date]:
    """The days of `2026-12-24` or `2026-12-28..2026-12-31`. Raises ValueError."""
    first, dots, last = text.partition("..")
    try:
        start = date.fromisoformat(first.strip())
        end = date.fromisoformat(last.strip()) if dots else start
    except ValueError:
        raise ValueError(f"'{text}' is not a day like 2026-12-24, nor days like 2026-12-28..2026-12-31") from None
    length = (end - start).days + 1
    if not 1 <= length <= LONGEST_SPAN:
        raise ValueError(f"'{text}' is {length} days; write the first day, then the last, at most {LONGEST_SPAN}")
    return [start + timedelta(days=n) for n in range(length)]


def _read_day(entry: Entry, shifts: Collection[str]) -> SpecialDay:
    if not entry.is_mapping:
        if not entry.is_list and entry.scalar() == CLOSED:
            return SpecialDay(closed=True)
        entry.problem(f"is neither `{CLOSED}` nor times of shifts: {{early: 06:00-12:00, late: {CLOSED}}}")
        return SpecialDay()
    times: dict[str, tuple[WeekTimes, ...]] = {}
    for name, child in entry.children().items():
        if name not in shifts and name != BREAKS:
            child.problem(f"no shift '{name}'{suggestion(name, shifts)}; a new one needs `{name}: []` among the shifts")
        is_closed = not child.is_mapping and not child.is_list and child.scalar() == CLOSED
        times[name] = () if is_closed else _read_times(child, one_day=True)
    return SpecialDay(times=times)
