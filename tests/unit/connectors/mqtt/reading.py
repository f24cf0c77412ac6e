"""One tag or more through the decoder, without a broker."""

from typing import Any

from connectors.mqtt.decode import Decoded, Decoder, Message
from connectors.mqtt.mapping import Mapping
from connectors.mqtt.rule import compile_rule
from twin.core.batch import texts
from twin.core.plugin import TagAddress

ARRIVAL = 1_700_000_000_000_000_000


def tag(name: str = "t", type: str = "number", **settings: Any) -> TagAddress:
    return TagAddress(name, {"topic": "a/b", **settings}, type=type)


def decoder(*tags: TagAddress, by_arrival: bool = False) -> Decoder:
    return Decoder("gw", Mapping([compile_rule(one, at) for at, one in enumerate(tags)]), by_arrival)


def decode(tags: list[TagAddress], *payloads: bytes, topic: str = "a/b", retained: bool = False) -> Decoded:
    messages = [Message(topic, payload, ARRIVAL + at, retained) for at, payload in enumerate(payloads)]
    return decoder(*tags).decode(messages)


def rows(found: Decoded) -> list[tuple[int, int, float, int, str | None]]:
    """(tag, time, value, status, text) of each sample."""
    if found.batch is None:
        return []
    b = found.batch
    return list(zip(b.tag.tolist(), b.time.tolist(), b.value.tolist(), b.status.tolist(), texts(b), strict=True))


def causes(found: Decoded) -> list[str]:
    return [letter.cause for letter in found.dead]
