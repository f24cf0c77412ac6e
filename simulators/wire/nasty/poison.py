"""Messages that cannot be read as they are, each beside a good one that says the same: who reads on loses nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from simulators.wire.message import Message
from simulators.wire.nasty.twist import Twist

OFTEN = 0.1
"""Share of the messages that have poison beside them, or are changed."""
HUGE = 1_000_000
"""Bytes of padding: below the 1 MiB that brokers commonly take."""

Body = dict[str, Any]


class Poison(Twist):
    """A tenth of the messages is followed by a copy that somebody has spoilt."""

    def __init__(self, spoil: Callable[[Body], bytes]) -> None:
        self._spoil = spoil

    def twisted(self, message: Message) -> Sequence[Message]:
        """The message, and sometimes its spoilt copy."""
        return (message, message.beside(self._spoil(message.body))) if self.often(OFTEN) else (message,)


class Instead(Twist):
    """A tenth of the messages is written otherwise."""

    def __init__(self, rewrite: Callable[[Body], Any]) -> None:
        self._rewrite = rewrite

    def twisted(self, message: Message) -> Sequence[Message]:
        """The message, or what the device sends in its place."""
        return (message.with_body(self._rewrite(message.body)),) if self.often(OFTEN) else (message,)


class Status(Twist):
    """Each message has an OPC quality `q`: 192, or in a tenth 0, with zeros that mean nothing."""

    def twisted(self, message: Message) -> Sequence[Message]:
        """The message with its quality."""
        body = message.body
        if self.often(OFTEN):
            return (message.with_body({"ts": body["ts"], "q": 0} | dict.fromkeys(values_of(body), 0)),)
        return (message.with_body({**body, "q": 192}),)


class Arrays(Twist):
    """Ten messages of a topic come as one: {"points": [...]}, each element as the message would have been."""

    def __init__(self) -> None:
        self._points: dict[str, list[Body]] = {}
        self._newest = 0

    def twisted(self, message: Message) -> Sequence[Message]:
        """Nothing, or ten at once."""
        points = self._points.setdefault(message.topic, [])
        points.append(message.body)
        self._newest = message.time
        return () if len(points) < 10 else (self._message(message.topic),)

    def close(self) -> Sequence[Message]:
        """What is not yet ten."""
        return [self._message(topic) for topic in list(self._points)]

    def _message(self, topic: str) -> Message:
        points = self._points.pop(topic)
        return Message(topic, json.dumps({"points": points}).encode(), self._newest)


def values_of(body: Body) -> list[str]:
    """The keys of a body that hold values."""
    return [key for key in body if key != "ts"]


def with_values(body: Body, change: Callable[[Any], Any]) -> bytes:
    """The body with other values."""
    return json.dumps({key: value if key == "ts" else change(value) for key, value in body.items()}).encode()


def cut_short(body: Body) -> bytes:
    """JSON that ends in the middle."""
    whole = json.dumps(body).encode()
    return whole[: len(whole) * 2 // 3]


def as_text(body: Body) -> bytes:
    """Numbers as text with a decimal comma."""
    return with_values(body, lambda value: str(value).replace(".", ","))


def as_nan(body: Body) -> bytes:
    """NaN, which is no JSON, yet many encoders write it."""
    return with_values(body, lambda _: float("nan"))


def padded(body: Body) -> bytes:
    """Nearly 1 MB of nothing that anybody asked for; no values."""
    return json.dumps({"ts": body["ts"], "log": "x" * HUGE}).encode()


def in_latin_1(body: Body) -> bytes:
    """ISO 8859-1, with a degree sign."""
    return json.dumps({**body, "unit": "°C"}, ensure_ascii=False).encode("latin-1")


def renamed(body: Body) -> bytes:
    """Keys as the next firmware calls them."""
    return json.dumps({key if key == "ts" else f"{key}_2": value for key, value in body.items()}).encode()


def empty(_: Body) -> bytes:
    """No byte at all."""
    return b""


def nulls(body: Body) -> Body:
    """The last of its values is null: the device has none."""
    return {**body, values_of(body)[-1]: None}


def no_time(body: Body) -> Body:
    """No time stamp."""
    return {key: value for key, value in body.items() if key != "ts"}


def in_seconds(body: Body) -> Body:
    """Seconds where all other messages have ms."""
    return {**body, "ts": body["ts"] / 1000}
