"""What outlives a link to a server, so that the next one can go on with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.opcua.decode.columns import Reading
from connectors.opcua.decode.repeats import Apart
from connectors.opcua.group import Group
from connectors.opcua.link.cover import Grant
from connectors.opcua.link.firsts import Firsts
from connectors.opcua.link.resent import Had
from connectors.opcua.link.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Promise:
    """Tags of items that were made between `begun` and `made` (ns): covered once their subscription has spoken."""

    tags: list[tuple[int, Grant]]
    begun: int
    made: int


@dataclass(slots=True)
class Loss:
    """A subscription that is no more. tags: what it carried. since: ns, nothing of before is missing."""

    subscription: Subscription
    tags: list[int]
    since: int
    cause: str


@dataclass(slots=True)
class Book:
    """What outlives a link: how messages are read, the subscriptions, and what is safe.

    good_until: ns; nothing that came up to then is missing. had: the newest rows, to know what a server sends twice.
    apart: the newest samples, to keep those of one tag and time apart. firsts: tags whose first value is to come.
    promises: by subscription. losses: what is to be told once something is in its place. rest: handles of items that
    no subscription brings, so that they are read. read: when each group of them was last read, ns. dumb: subscriptions
    that say nothing although values move. silence_told: one was just made anew because of that.
    """

    reading: Reading
    subscriptions: dict[int, Subscription]
    good_until: int
    had: Had = field(default_factory=Had)
    apart: Apart = field(default_factory=Apart)
    firsts: Firsts = field(default_factory=Firsts)
    promises: dict[int, list[Promise]] = field(default_factory=dict[int, list[Promise]])
    losses: list[Loss] = field(default_factory=list[Loss])
    rest: set[int] = field(default_factory=set[int])
    read: dict[Group, int] = field(default_factory=dict[Group, int])
    dumb: set[int] = field(default_factory=set[int])
    silence_told: bool = False
