"""People at the line: they acknowledge alarms, say why a machine stood, and whether an alert was right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from twin.core.event import ALARM_ACKNOWLEDGED, ALERT_JUDGED, STOP_LABELLED, Event
from twin.core.instant import HOUR, Span
from twin.runtime.notes import labelled_stops, stop_id
from twin.runtime.twin import Twin

CHANCE = 0.06
"""Of a word at a tick: about one in five minutes."""


class People:
    """What they say is about what they are shown. chance: of whom says what when."""

    def __init__(self, twin: Twin, chance: np.random.Generator) -> None:
        self._twin = twin
        self._chance = chance

    def say(self, now: int) -> Iterator[Event]:
        """As the routes of the API make it."""
        if self._chance.random() < CHANCE:
            yield from self._acknowledge(now)
        if self._chance.random() < CHANCE:
            yield from self._label(now)
        if self._chance.random() < CHANCE:
            yield from self._judge(now)

    def _acknowledge(self, now: int) -> Iterator[Event]:
        waiting = [one for _, one in sorted(self._twin.live().alarms.items()) if one.acked is None]
        if waiting:
            one = waiting[int(self._chance.integers(len(waiting)))]
            yield Event(now, ALARM_ACKNOWLEDGED, one.tag, {"id": one.id, "note": "seen", "role": "operate"}, "operator")

    def _label(self, now: int) -> Iterator[Event]:
        twin = self._twin
        found = labelled_stops(twin, twin.live(), twin.plant.machines(), Span(now - HOUR, now))
        if found:
            stop = found[int(self._chance.integers(len(found)))].stop
            body = {"from": stop.start, "to": stop.end, "id": stop_id(stop.asset, stop.start), "role": "operate"}
            yield Event(now, STOP_LABELLED, stop.asset, body | {"reason": "jam", "text": "cleared"}, "operator")

    def _judge(self, now: int) -> Iterator[Event]:
        for one in self._twin.live().alerts()[:1]:
            body = {"id": stop_id(one.asset, one.start), "verdict": "confirmed", "note": "", "role": "operate"}
            yield Event(now, ALERT_JUDGED, one.asset, body, "engineer")
