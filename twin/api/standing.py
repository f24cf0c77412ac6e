"""What stands open on the live channel: things with an id that come, change and go. A further kind is a row.

A kind is a mapping of the live view from id to a small frozen object. A viewer who subscribes to `alarms` gets every
kind: in the snapshot all of them, in a delta those that are not as they were, null for one that is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from twin.api.alarm_shapes import alarm_fields
from twin.api.alert_shape import alert_fields, open_alerts
from twin.runtime.live import LiveView
from twin.runtime.twin import Twin


@dataclass(frozen=True, slots=True)
class Kind:
    """name: in the messages. of: the things of a view by id; frozen, so that equal means unchanged. shape: JSON."""

    name: str
    of: Callable[[LiveView], Mapping[str, Any]]
    shape: Callable[[Twin, LiveView, Any], dict[str, Any]]


KINDS = (Kind("alarms", lambda view: view.alarms, alarm_fields), Kind("alerts", open_alerts, alert_fields))


def standing(twin: Twin, view: LiveView) -> dict[str, dict[str, Any]]:
    """Everything that stands open, by kind and id: for a snapshot."""
    return {kind.name: {id: kind.shape(twin, view, one) for id, one in kind.of(view).items()} for kind in KINDS}


def changes(twin: Twin, before: LiveView, view: LiveView) -> dict[str, dict[str, Any]]:
    """What came, changed or went (null), by kind and id; kinds without a change are not there: for a delta."""
    found: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        old, new = kind.of(before), kind.of(view)
        changed = {id: kind.shape(twin, view, one) for id, one in new.items() if old.get(id) != one}
        changed |= {id: None for id in old if id not in new}
        if changed:
            found[kind.name] = changed
    return found
