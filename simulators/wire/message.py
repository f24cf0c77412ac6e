"""Messages: samples as flat JSON objects, one for each topic and instant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from simulators.samples import GOOD, NS_PER_MS
from simulators.wiring import MqttValue

if TYPE_CHECKING:
    from simulators.wire.opcua import Sample

GOOD_QUALITY, UNCERTAIN_QUALITY, BAD_QUALITY = 192, 64, 0
"""Quality as OPC DA has it, which most gateways write."""


class Message(NamedTuple):
    """One PUBLISH. time: ms, of its values. good: it is the line's own, not something that a nasty wire added."""

    topic: str
    payload: bytes
    time: int
    good: bool = True
    retain: bool = False

    @property
    def body(self) -> dict[str, Any]:
        """The flat object of a good message."""
        return json.loads(self.payload)

    def with_body(self, body: Any) -> Message:
        """The line's own message, written otherwise."""
        return self._replace(payload=json.dumps(body).encode())

    def beside(self, payload: bytes, topic: str | None = None) -> Message:
        """Another message that comes with this one and is none of the line's."""
        return Message(topic or self.topic, payload, self.time, good=False)


def messages(samples: Sequence[Sample], values: Mapping[str, MqttValue]) -> list[Message]:
    """In the order of time: one for each topic and instant. A Bad value is null."""
    out: list[Message] = []
    for time, together in groupby(samples, key=lambda sample: sample[1]):
        by_topic: dict[str, dict[str, Any]] = {}
        for name, _, value, status in together:
            place = values[name]
            body = by_topic.setdefault(place.topic, {"ts": time // NS_PER_MS})
            body[place.key] = None if is_bad(status) or value != value else shown(value, place.texts)  # noqa: PLR0124 - NaN
            if place.quality:  # one for several values: the worst of them
                said, own = body.get(place.quality), quality(status)
                body[place.quality] = own if said is None else min(said, own)
        out += [Message(t, json.dumps(body).encode(), time // NS_PER_MS) for t, body in by_topic.items()]
    return out


def shown(value: float, texts: Sequence[str]) -> float | str:
    """A value as JSON has it: a number, or the text whose place it is."""
    return texts[int(value)] if texts else plain(value)


def plain(value: float) -> float:
    """Whole numbers without a decimal point, as a PLC's gateway writes them."""
    return int(value) if value.is_integer() else value


def is_bad(status: int) -> bool:
    """Whether an OPC UA status code is Bad: the value means nothing."""
    return bool(status & 0x8000_0000)


def quality(status: int) -> int:
    """The quality of a status code."""
    if is_bad(status):
        return BAD_QUALITY
    return GOOD_QUALITY if status & 0xC000_0000 == GOOD else UNCERTAIN_QUALITY
