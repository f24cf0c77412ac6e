"""A device whose connection breaks: its last will, and another connection that takes its client id over."""

from __future__ import annotations

from collections.abc import Sequence

from simulators.wire.message import Message
from simulators.wire.nasty.twist import CABLE, RIVAL, Twist

BREAKS_AFTER = 300
"""Messages between two breaks."""


class Breaks(Twist):
    """The connection breaks after every 300 messages; the device comes back by itself and sends again what it must."""

    how = CABLE

    def __init__(self) -> None:
        self._sent = 0

    def breaks(self) -> str | None:
        """Every 300 messages."""
        self._sent += 1
        return self.how if self._sent % BREAKS_AFTER == 0 else None


class Will(Breaks):
    """The last will stands on a data topic and is a bare word."""

    def will(self, topics: Sequence[str]) -> Message | None:
        """`offline` where everybody expects JSON."""
        return Message(topics[0], b"offline", 0, good=False)


class TakeOver(Breaks):
    """A second connection with the same client id throws the first one out; the will says offline, yet all is well."""

    how = RIVAL

    def will(self, topics: Sequence[str]) -> Message | None:
        """`offline`, retained, on the topic `status` of the device."""
        return Message(status_topic(topics), b"offline", 0, good=False, retain=True)

    def welcome(self, topics: Sequence[str]) -> Message | None:
        """`online`, retained."""
        return Message(status_topic(topics), b"online", 0, good=False, retain=True)


def status_topic(topics: Sequence[str]) -> str:
    """Beside the first topic of the device."""
    return f"{topics[0].rpartition('/')[0]}/status"
