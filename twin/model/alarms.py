"""Limits of a tag: what an operator is called for. twin.alarms gives them their meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from twin.core.instant import SECOND
from twin.model.entry import Entry
from twin.model.keys import ALARM_KEYS, LOWEST_PRIORITY
from twin.model.kinds import settings
from twin.model.names import check_segment
from twin.model.plant import Limit

KINDS = ("high", "low", "stale")
"""An entry with several of these gives an alarm for each."""


def read_alarms(entry: Entry, type: str, unit: str = "") -> tuple[Limit, ...]:
    """The alarms that the list of a tag of this type and unit describes. Problems are reported."""
    found: list[tuple[Entry, Limit]] = []
    for item in entry.items():
        fields = item.fields(ALARM_KEYS)
        alarm = settings(fields, ALARM_KEYS, unit)
        kinds = [kind for kind in KINDS if kind in fields]
        if item.is_mapping:
            for fact in _mistakes(alarm, kinds, type):
                item.problem(fact)
        found += [(item, _limit(alarm, kind)) for kind in kinds if alarm[kind] is not None]
    named = _named([limit for _, limit in found])
    _check_names([item for item, _ in found], named)
    return tuple(named)


def _mistakes(alarm: Mapping[str, Any], kinds: Sequence[str], type: str) -> Iterator[str]:
    if not kinds:
        yield "an alarm needs a limit: `high`, `low` or `stale`"
    if not 1 <= alarm["priority"] <= LOWEST_PRIORITY:
        yield f"priority {alarm['priority']} is not in 1..{LOWEST_PRIORITY}"
    if alarm["deadband"] < 0:
        yield f"deadband {alarm['deadband']:g} is below 0"
    if alarm["stale"] == 0:
        yield "stale 0 would always be an alarm; write how long the tag may be silent: 30s"
    if type != "number" and set(kinds) & {"high", "low"}:
        yield f"a {type} tag has no value above or below a limit; only `stale` is possible"
    if alarm["name"] is not None and len(kinds) > 1:
        yield f"has one name for {len(kinds)} alarms; write an entry for each"
    if alarm["name"] is not None:
        try:
            check_segment(alarm["name"])
        except ValueError as error:
            yield str(error)
    if alarm["high"] is not None and alarm["low"] is not None:
        room = alarm["high"] - alarm["low"]
        if room <= 0:
            yield f"high {alarm['high']:g} is not above low {alarm['low']:g}"
        elif alarm["deadband"] >= room:
            yield f"deadband {alarm['deadband']:g} leaves no room between low and high"


def _limit(alarm: Mapping[str, Any], kind: str) -> Limit:
    name, priority, text = alarm["name"] or "", alarm["priority"], alarm["text"]
    if kind == "stale":
        return Limit(name, kind, alarm["stale"] / SECOND, silence=alarm["stale"], priority=priority, text=text)
    delay, off_delay = alarm["delay"], alarm["off_delay"]
    return Limit(name, kind, alarm[kind], alarm["deadband"], delay, off_delay, 0, priority, text)


def _named(limits: Sequence[Limit]) -> list[Limit]:
    """Names for those without one: the nearest limit is `high`, the next further out `high_high`."""
    named = list(limits)
    for kind in KINDS:
        rows = [row for row, limit in enumerate(limits) if limit.kind == kind and not limit.name]
        rows.sort(key=lambda row: limits[row].limit, reverse=kind == "low")
        for times, row in enumerate(rows, start=1):
            named[row] = replace(limits[row], name="_".join([kind] * times))
    return named


def _check_names(items: Sequence[Entry], named: Iterable[Limit]) -> None:
    first: dict[str, Entry] = {}
    for item, limit in zip(items, named, strict=True):
        if first.setdefault(limit.name, item) is not item:
            item.problem(f"two alarms of this tag are named '{limit.name}'; name one of them: name: trip")
