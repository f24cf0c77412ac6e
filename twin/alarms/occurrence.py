"""Occurrence: an alarm from its activation until nobody needs to look at it any more (ISA-18.2, IEC 62682)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from twin.alarms.spec import AlarmSpec
from twin.core.fold import Record
from twin.core.instant import MINUTE, from_text, to_text

ALARM = "alarm"
"""The kind of the records."""
CHATTERING = 3
"""So many activations within CHATTER_TIME are chattering (domain: ISA-18.2)."""
CHATTER_TIME = MINUTE

STATES = {
    "A": "normal",
    "B": "active, unacknowledged",
    "C": "active, acknowledged",
    "D": "returned, unacknowledged",
}
"""The letters of ISA-18.2 that can arise here."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an alarm was active. Instants in ns; None: not (yet).

    key: `TAG~NAME`. start: activation. end: returned and acknowledged, or a new activation took its place
    (`superseded`). peak: the value furthest past the limit. by, note: of the acknowledgement. cause: why a signal is
    stale, '' for limits. activations: within the minute up to the activation; of an open one, up to now.
    """

    key: str
    kind: str
    limit: float
    priority: int
    start: int
    text: str = ""
    end: int | None = None
    returned: int | None = None
    acked: int | None = None
    by: str = ""
    note: str = ""
    peak: float | None = None
    cause: str = ""
    activations: int = 1
    superseded: bool = False

    @property
    def id(self) -> str:
        """`TAG~NAME@START`; START as RFC 3339."""
        return f"{self.key}@{to_text(self.start)}"

    @property
    def tag(self) -> str:
        """Full path of the tag."""
        return self.key.partition("~")[0]

    @property
    def name(self) -> str:
        """The alarm's name among those of its tag."""
        return self.key.partition("~")[2]

    @property
    def state(self) -> str:
        """The letter of ISA-18.2: A normal, B active and unacknowledged, C acknowledged, D returned unacknowledged."""
        if self.end is not None:
            return "A"
        if self.returned is not None:
            return "D"
        return "B" if self.acked is None else "C"

    @property
    def is_active(self) -> bool:
        """Whether the limit is passed."""
        return self.end is None and self.returned is None

    @property
    def needs_ack(self) -> bool:
        """Whether it waits for somebody to acknowledge it."""
        return self.end is None and self.acked is None

    @property
    def is_chattering(self) -> bool:
        """Whether it came too often within a minute."""
        return self.activations >= CHATTERING


def record_of(spec: AlarmSpec, one: Occurrence) -> Record:
    """The record of an occurrence that ended. What is not there is not in its data."""
    if one.end is None:
        raise ValueError(f"{one.id} has not ended")
    data: dict[str, Any] = {
        "kind": one.kind, "limit": one.limit, "priority": one.priority, "text": one.text,
        "peak": one.peak, "cause": one.cause, "activations": one.activations, "superseded": one.superseded,
        "returned_at": _text(one.returned), "acked_at": _text(one.acked), "acked_by": one.by, "note": one.note,
    }  # fmt: skip
    told = ((name, value) for name, value in data.items() if value is not None and value is not False and value != "")
    return Record(spec.unit, "alarm", one.key, one.start, one.end, tuple(sorted(told)))


def occurrence_of(record: Record) -> Occurrence:
    """The occurrence that a record tells of."""
    data = dict(record.data)
    return Occurrence(
        record.key,
        data["kind"],
        data["limit"],
        data["priority"],
        record.start,
        data.get("text", ""),
        record.end,
        _instant(data.get("returned_at")),
        _instant(data.get("acked_at")),
        data.get("acked_by", ""),
        data.get("note", ""),
        data.get("peak"),
        data.get("cause", ""),
        data["activations"],
        data.get("superseded", False),
    )


def finite(value: float) -> float | None:
    """The value if JSON can say it."""
    return value if math.isfinite(value) else None


def _text(instant: int | None) -> str | None:
    return None if instant is None else to_text(instant)


def _instant(text: str | None) -> int | None:
    return None if text is None else from_text(text)
