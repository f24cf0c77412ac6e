"""What an incident file must not hold: secrets that somebody wrote into a plant file or an address."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from twin.core.event import PLANT_LOADED, Event
from twin.core.history import History, Slice
from twin.model.secrets import without_secrets, without_users
from twin.runtime.plugins import connectors, outlets


class Clean:
    """A log as the incident file holds it: its events without secrets. removed: what was taken out, a line each."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._names = {
            key.name
            for keys in (
                *(plugin.connection_keys for plugin in connectors().values()),
                *(plugin.keys for plugin in outlets().values()),
            )
            for key in keys
            if key.kind == "secret"
        }
        self.removed: list[str] = []

    def read(self, start: int, end: int, known: int) -> Slice:
        """As the log's."""
        return self.cleaned(self._history.read(start, end, known))

    def since(self, after: int, known: int) -> Slice:
        """As the log's."""
        return self.cleaned(self._history.since(after, known))

    def about(self, start: int, end: int) -> int:
        """As the log's."""
        return self._history.about(start, end)

    def first(self) -> int | None:
        """As the log's."""
        return self._history.first()

    def cleaned(self, piece: Slice) -> Slice:
        """The same samples, the same events without secrets."""
        return Slice(piece.samples, [(recorded, self.event(event)) for recorded, event in piece.events])

    def event(self, event: Event) -> Event:
        """The event without secrets: the very one where it holds none."""
        if event.kind == PLANT_LOADED:
            return self._plant(event)
        body = event.to_bytes().decode()
        return Event.from_bytes(without_users(body).encode()) if "@" in body and "://" in body else event

    def _plant(self, event: Event) -> Event:
        text, places = without_secrets(event.body["text"], self._names)
        if text == event.body["text"]:
            return event
        self.removed += [place for place in places if place not in self.removed]
        return replace(event, body={**event.body, "text": text, "digest": hashlib.sha256(text.encode()).hexdigest()})
