"""How tags are followed: intervals, queue, deadband, trigger; for a connection, a group of it, or one tag. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twin.core.instant import MILLISECOND, SECOND

PUBLISHING = SECOND
"""What small PLCs survive, where nothing is asked for."""
BRISK_PUBLISHING = 250 * MILLISECOND
"""What `every` asks for at most: a value shall not wait for long after it was sampled."""
FASTEST_PUBLISHING = 50 * MILLISECOND
KEEP_ALIVE = 5 * SECOND
"""A silent server says that it lives this often, so a dead link shows within 5 to 10 s."""
LIFETIME = 600 * SECOND
"""How long server keeps session and subscription without us: a shorter outage loses nothing that its queues hold."""
OUTAGE = 30 * SECOND
USUAL_QUEUE, LONGEST_QUEUE = 100, 1000
FASTEST_POLL = 100 * MILLISECOND

TRIGGERS = ("status", "status_value", "status_value_timestamp")
MODES = ("subscribe", "poll")
KEYS = ("every", "publishing", "sampling", "queue", "deadband", "deadband_percent", "trigger", "mode")
STANDS_FOR = {
    "publishing": ("every", "sampling"),
    "deadband": ("deadband_percent",),
    "deadband_percent": ("deadband",),
}
"""Keys that say no longer what they said further out when this one is written further in."""

Level = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """What is asked for items that are followed alike.

    publishing, sampling: ns; sampling 0: every change. queue: samples that the server keeps per item. deadband: in the
    wire's number; deadband_percent: of the node's EURange; 0: none. polled: we read every `sampling` ns.
    """

    publishing: int
    sampling: int
    queue: int
    deadband: float = 0.0
    deadband_percent: float = 0.0
    trigger: str = "status_value"
    polled: bool = False

    @property
    def has_filter(self) -> bool:
        """Whether the server is asked for anything but what every server does."""
        return bool(self.deadband or self.deadband_percent) or self.trigger != "status_value"

    @property
    def keep_alive_count(self) -> int:
        """Publishing intervals without data after which the server sends a keep-alive."""
        return max(1, KEEP_ALIVE // self.publishing)

    @property
    def lifetime_count(self) -> int:
        """Publishing intervals without us after which the server drops the subscription: 3 keep-alives or more."""
        return max(3 * self.keep_alive_count, LIFETIME // self.publishing)


def group_of(*levels: Level) -> Group:
    """What connection, group and tag say together; a later one stands above an earlier one.

    >>> group_of({"every": 1_000_000_000}, {"publishing": 100_000_000}).sampling
    50000000
    >>> group_of({"every": 1_000_000_000}, {}, {"deadband": 0.5}).publishing
    250000000
    """
    said = joined(levels)
    every = said.get("every")
    brisk = max(FASTEST_PUBLISHING, min(every, BRISK_PUBLISHING)) if every else PUBLISHING
    publishing = said.get("publishing") or brisk
    polled = said.get("mode") == "poll"
    sampling = said.get("sampling")
    if sampling is None:
        sampling = every or (publishing if polled else publishing // 2)
    return Group(
        publishing=publishing,
        sampling=max(FASTEST_POLL, sampling) if polled else sampling,
        queue=said.get("queue") or queue_for(sampling),
        deadband=said.get("deadband") or 0.0,
        deadband_percent=said.get("deadband_percent") or 0.0,
        trigger=said.get("trigger") or TRIGGERS[1],
        polled=polled,
    )


def joined(levels: Sequence[Level]) -> dict[str, Any]:
    """What is written, the innermost of each."""
    said: dict[str, Any] = {}
    for level in levels:
        written = {key: level[key] for key in KEYS if level.get(key) is not None}
        for key in written:
            for other in STANDS_FOR.get(key, ()):
                said.pop(other, None)
        said |= written
    return said


def queue_for(sampling: int) -> int:
    """Samples per item that carry a link through an outage of 30 s, within what servers usually grant.

    >>> queue_for(1_000_000_000), queue_for(100_000_000), queue_for(10_000_000)
    (100, 300, 1000)
    """
    if sampling <= 0:
        return LONGEST_QUEUE
    return min(LONGEST_QUEUE, max(USUAL_QUEUE, OUTAGE // sampling))


def level_problems(level: Level) -> Iterator[str]:
    """What one level says that no server can be asked for."""
    queue = level.get("queue")
    if queue is not None and not 1 <= queue <= LONGEST_QUEUE:
        yield f"queue {queue} is not in 1..{LONGEST_QUEUE}"
    deadband, percent = level.get("deadband") or 0.0, level.get("deadband_percent") or 0.0
    if deadband < 0:
        yield f"deadband {deadband:g} is below 0"
    if not 0 <= percent <= 100:
        yield f"deadband_percent {percent:g} is not in 0..100"
    if deadband and percent:
        yield "has both deadband and deadband_percent; write one of them"
    if (deadband or percent) and level.get("trigger") == "status":
        yield "trigger status tells no value, so a deadband means nothing; remove one of them"
    if level.get("mode") == "poll" and (deadband or percent):
        yield "a deadband is the server's work; with `mode: poll` every change that is seen is kept"
