"""Pieces of machines over whole minutes: final minutes, those on their way, and the open one. Blocking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from twin.core.instant import HOUR, MINUTE, SECOND, Span
from twin.model.plant import Machine
from twin.runtime.live import LiveView
from twin.runtime.shown import Shown

COUNT = "count"
Minute = tuple[str, int]
"""(path of the counter, start of the minute)."""
Sums = dict[str, int]
NOTHING: Sums = {"pieces": 0, "wraps": 0, "resets": 0, "jumps": 0}


@dataclass(frozen=True, slots=True)
class Pieces:
    """What one counter of a machine counted in [start, end)."""

    machine: Machine
    role: str
    start: int
    end: int
    sums: Sums = field(default_factory=lambda: dict(NOTHING))


def pieces(twin: Shown, view: LiveView, machines: Sequence[Machine], span: Span, zone: ZoneInfo | None) -> list[Pieces]:
    """Sums by machine and role, in the order of the machines. zone: cut them at its full hours, too."""
    counters = [path for machine in machines for path in machine.counts.values()]
    by_counter: dict[str, list[tuple[int, Mapping[str, int]]]] = {path: [] for path in counters}
    for (path, minute), sums in _minutes(twin, view, counters, span).items():
        if span.start <= minute < span.end:
            by_counter[path].append((minute, sums))
    found: list[Pieces] = []
    for machine in machines:
        for role, path in machine.counts.items():
            for start, end in _cuts(span, zone):
                found.append(_sum(Pieces(machine, role, start, end), by_counter[path]))
    return found


def _minutes(twin: Shown, view: LiveView, counters: Sequence[str], span: Span) -> dict[Minute, Mapping[str, int]]:
    """Every minute once. What is stored is read after the view was made, so it knows a closed minute better."""
    stored = twin.results.records(COUNT, counters, span.start, span.end)
    minutes: dict[Minute, Mapping[str, int]] = {
        (path, start): {"pieces": counted} for path, (start, counted) in view.open_minutes.items() if path in counters
    }
    provisional = [record for record in view.records if record.kind == COUNT and record.key in counters]
    for record in [*provisional, *(record for record, _ in stored)]:
        minutes[record.key, record.start] = dict(record.data)
    return minutes


def _sum(into: Pieces, minutes: Iterable[tuple[int, Mapping[str, int]]]) -> Pieces:
    for minute, sums in minutes:
        if into.start <= minute < into.end:
            for name in into.sums:
                into.sums[name] += sums.get(name, 0)
    return into


def _cuts(span: Span, zone: ZoneInfo | None) -> Iterator[tuple[int, int]]:
    """The span, or its parts between full hours of the zone."""
    at = span.start
    while at < span.end:
        to = span.end if zone is None else min(span.end, _next_hour(at, zone))
        yield at, to
        at = to


def _next_hour(instant: int, zone: ZoneInfo) -> int:
    """The next instant at which a clock on the wall shows a full hour. Zones lie whole minutes off UTC."""
    offset = datetime.fromtimestamp(instant // SECOND, UTC).astimezone(zone).utcoffset()
    shift = 0 if offset is None else int(offset.total_seconds()) // 60 * MINUTE
    return instant + HOUR - (instant + shift) % HOUR
