"""What a switch may make of the messages of a line on their way to the broker. `Twist` changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from simulators.streams import Stream
from simulators.wire.message import Message

CABLE, RIVAL = "cable", "rival"
"""How a connection breaks: it is cut without a word, or another one takes its client id over."""


class Twist:
    """One nastiness, deterministic: a function of the messages so far and of its own stream."""

    source: Stream

    def begin(self, source: Stream) -> None:
        """Begin, with a stream of its own."""
        self.source = source

    def take(self, message: Message) -> Sequence[Message]:
        """What is sent where the line sends a message."""
        return (message,) if not message.good else self.twisted(message)

    def twisted(self, message: Message) -> Sequence[Message]:
        """What becomes of a good message."""
        return (message,)

    def close(self) -> Sequence[Message]:
        """The end: what was held back."""
        return ()

    def will(self, topics: Sequence[str]) -> Message | None:
        """The last will of the connection."""
        return None

    def welcome(self, topics: Sequence[str]) -> Message | None:
        """What the device says first on every connection."""
        return None

    def breaks(self) -> str | None:
        """How the connection breaks now: CABLE, RIVAL, or not at all. Asked once a message."""
        return None

    def often(self, share: float) -> bool:
        """True for so large a share of the questions."""
        return bool(self.source.random() < share)
