"""Limits of a tag, as data: they are checked for their shape here and given a meaning by twin.alarms."""

from __future__ import annotations

from collections.abc import Iterable

from twin.model.entry import Entry
from twin.model.keys import ALARM_KEYS, LOWEST_PRIORITY
from twin.model.kinds import settings


def read_alarms(entry: Entry) -> Iterable[dict[str, object]]:
    """The alarms of a tag: keys of ALARM_KEYS, durations in ns. Problems are reported."""
    for item in entry.items():
        fields = item.fields(ALARM_KEYS)
        alarm = settings(fields, ALARM_KEYS)
        if item.is_mapping and not {"high", "low"} & set(fields):
            item.problem("an alarm needs a limit: `high` or `low`")
        if not 1 <= alarm["priority"] <= LOWEST_PRIORITY:
            item.problem(f"priority {alarm['priority']} is not in 1..{LOWEST_PRIORITY}")
        yield {name: value for name, value in alarm.items() if value is not None}
