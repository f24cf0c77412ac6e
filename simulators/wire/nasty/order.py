"""Messages at the wrong moment: twice, out of order, late, months old, far too many."""

from __future__ import annotations

import json
from collections.abc import Sequence

from simulators.wire.message import Message
from simulators.wire.nasty.twist import Twist

MONTHS_MS = 90 * 86_400_000
BUFFER_MS = 120_000
"""So much of the line's time a late gateway keeps before it sends."""
BURST = 5_000
BURST_EVERY_MS = 60_000
STRANGE = 20
"""Unknown topics for each message of the line."""


class Duplicates(Twist):
    """A fifth of the messages comes twice, and a tenth once more after 5 to 20 others."""

    def __init__(self) -> None:
        self._again: list[tuple[int, Message]] = []

    def twisted(self, message: Message) -> Sequence[Message]:
        """The message, itself again, and old ones whose turn it is."""
        due = [old for left, old in self._again if left == 0]
        self._again = [(left - 1, old) for left, old in self._again if left]
        if self.often(0.1):
            self._again.append((int(self.source.integers(5, 21)), message._replace(good=False)))
        twice = (message._replace(good=False),) if self.often(0.2) else ()
        return (message, *twice, *due)


class OutOfOrder(Twist):
    """A tenth of the messages comes only after 5 to 20 others."""

    def __init__(self) -> None:
        self._held: list[tuple[int, Message]] = []

    def twisted(self, message: Message) -> Sequence[Message]:
        """The message unless it is held, and those whose turn it is."""
        due = [old for left, old in self._held if left == 0]
        self._held = [(left - 1, old) for left, old in self._held if left]
        if self.often(0.1):
            self._held.append((int(self.source.integers(5, 21)), message))
            return due
        return (message, *due)

    def close(self) -> Sequence[Message]:
        """What is still held."""
        held, self._held = self._held, []
        return [message for _, message in held]


class Late(Twist):
    """A gateway keeps two minutes of the line's time and sends them at once."""

    def __init__(self) -> None:
        self._kept: list[Message] = []

    def take(self, message: Message) -> Sequence[Message]:
        """Nothing, or all that was kept."""
        kept: Sequence[Message] = ()
        if self._kept and message.time >= self._kept[0].time + BUFFER_MS:
            kept = self.close()
        self._kept.append(message)
        return kept

    def close(self) -> Sequence[Message]:
        """What is still kept."""
        kept, self._kept = self._kept, []
        return kept


class Retained(Twist):
    """Each topic has a retained message three months old, which every new subscriber gets as if it were news."""

    def __init__(self) -> None:
        self._old: set[str] = set()

    def twisted(self, message: Message) -> Sequence[Message]:
        """Before the first message of a topic: its like, three months old, to stay."""
        if message.topic in self._old:
            return (message,)
        self._old.add(message.topic)
        body = {key: value - MONTHS_MS if key == "ts" else 1 for key, value in message.body.items()}
        return (message.beside(json.dumps(body).encode())._replace(retain=True), message)

    def close(self) -> Sequence[Message]:
        """An empty retained message takes the old one away."""
        return [Message(topic, b"", 0, good=False, retain=True) for topic in sorted(self._old)]


class Flood(Twist):
    """Once a minute a device sends its trace: 5,000 messages at once on `TOPIC/trace`, numbered by `n`."""

    def __init__(self) -> None:
        self._due: int | None = None
        self._sent = 0

    def twisted(self, message: Message) -> Sequence[Message]:
        """The message, and a trace when it is time."""
        if self._due is not None and message.time < self._due:
            return (message,)
        self._due = message.time + BURST_EVERY_MS
        first, self._sent = self._sent, self._sent + BURST
        topic = f"{message.topic.rpartition('/')[0]}/trace"
        numbers = ((first + n, message.time + n) for n in range(BURST))
        trace = [message.beside(b'{"ts": %d, "n": %d}' % (time, n), topic) for n, time in numbers]
        return (message, *trace)


class Storm(Twist):
    """With each message come twenty on topics that were never seen before and never come again."""

    def __init__(self) -> None:
        self._made = 0

    def twisted(self, message: Message) -> Sequence[Message]:
        """The message among strangers."""
        first, self._made = self._made, self._made + STRANGE
        above, _, own = message.topic.rpartition("/")
        strangers = (f"{above}/{own}-{n:08d}/{int(self.source.integers(2**32)):08x}" for n in range(first, self._made))
        return (message, *(message.beside(b'{"v": 1}', topic) for topic in strangers))


class Clock(Twist):
    """The device's clock is wrong by so many ms."""

    def __init__(self, off_ms: int) -> None:
        self._off = off_ms

    def twisted(self, message: Message) -> Sequence[Message]:
        """The message with the device's own idea of the time."""
        body = message.body
        return (message.with_body({**body, "ts": body["ts"] + self._off}),)
