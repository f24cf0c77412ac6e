"""Subscriptions on the server, and the book that each keeps of its sequence numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from asyncua import ua
from asyncua.client.ua_session import UaSession
from asyncua.ua import uaerrors

from connectors.opcua.group import Group
from connectors.opcua.settings import Settings
from twin.core.instant import MILLISECOND

NOTIFICATIONS_PER_PUBLISH = 10_000
UNSUPPORTED = (uaerrors.BadServiceUnsupported, uaerrors.BadNotSupported, uaerrors.BadNotImplemented)
"""What a server says that has no subscriptions at all."""
PATIENCE = 1.5
"""Keep-alive intervals without a word after which a link counts as lost."""


@dataclass(slots=True)
class Subscription:
    """What we know of one subscription.

    expected: the sequence number that comes next, 0 before the first. pending: received, not durable yet, in order;
    rowless: those of them that have nothing to make durable.
    acknowledgements: durable, not told to the server yet. silence_s: longest pause of a living server. lifetime_s: how
    long it lives without a word of ours. publishing: granted, asked: wished for, ns. heard: when it last spoke, on the
    event loop's clock; spoke: whether it did since the link was made. fed: when it last brought rows, ns; 0 for never.
    room: items that it takes at most, as far as we know.
    """

    id: int
    silence_s: float
    expected: int = 0
    pending: deque[int] = field(default_factory=deque[int])
    rowless: set[int] = field(default_factory=set[int])
    acknowledgements: list[int] = field(default_factory=list[int])
    heard: float = 0.0
    spoke: bool = False
    lifetime_s: float = 600.0
    keep_alive_s: float = 5.0
    publishing: int = 0
    asked: int = 0
    fed: int = 0
    room: int = 2**31

    def received(self, sequence: int, has_rows: bool) -> None:
        """Note a message. One without rows is acknowledged with what came before it, so that order holds."""
        self.pending.append(sequence)
        if not has_rows:
            self.rowless.add(sequence)
            self._pass_rowless()

    def durable(self, sequence: int) -> None:
        """The message and all before it are safe: the server may forget them. Rowless ones that follow are, too."""
        while sequence in self.pending:
            self.acknowledgements.append(self.pending.popleft())
        self._pass_rowless()

    def _pass_rowless(self) -> None:
        while self.pending and self.pending[0] in self.rowless:
            self.rowless.discard(self.pending[0])
            self.acknowledgements.append(self.pending.popleft())

    def rewind(self, *, unread: bool = False) -> None:
        """Expect again what is not durable: the server still has it, we may not. unread: it waits in the inbox."""
        if self.pending and not unread:
            self.expected = self.pending[0]
            self.pending.clear()
            self.rowless.clear()
        self.spoke = False


async def create_subscription(session: UaSession, settings: Settings, group: Group) -> Subscription:
    """One more subscription, with the interval of a group. Raises UaStatusCodeError when the server has enough."""
    wanted = ua.CreateSubscriptionParameters(
        RequestedPublishingInterval=group.publishing / MILLISECOND,
        RequestedLifetimeCount=ua.UInt32(group.lifetime_count),
        RequestedMaxKeepAliveCount=ua.UInt32(group.keep_alive_count),
        MaxNotificationsPerPublish=ua.UInt32(NOTIFICATIONS_PER_PUBLISH),
        PublishingEnabled=True,
        Priority=ua.Byte(0),
    )
    return subscription_of(await session.create_subscription(wanted, unused), settings, group)


async def first_subscription(session: UaSession, settings: Settings, groups: Sequence[Group]) -> list[Subscription]:
    """One, though it be empty: it tells that the server lives. None where all is read, or the server has none."""
    group = next((group for group in groups or [settings.common] if not group.polled), None)
    if group is None:
        return []
    try:
        return [await create_subscription(session, settings, group)]
    except UNSUPPORTED:
        return []


def unused(_: object) -> None:
    """The driver wants a callback; messages go to our publisher as bytes."""


def subscription_of(result: ua.CreateSubscriptionResult, settings: Settings, group: Group) -> Subscription:
    """Our side of a new subscription: liveness from what the server granted, not from what we asked."""
    interval_s = result.RevisedPublishingInterval / 1000
    keep_alive_s = interval_s * max(1, result.RevisedMaxKeepAliveCount)
    return Subscription(
        int(result.SubscriptionId),
        max(PATIENCE * keep_alive_s, settings.timeout_s),
        lifetime_s=interval_s * max(3, result.RevisedLifetimeCount),
        keep_alive_s=keep_alive_s,
        publishing=int(result.RevisedPublishingInterval * MILLISECOND),
        asked=group.publishing,
    )


def acknowledgements(subscription: int, sequences: Sequence[int]) -> list[ua.SubscriptionAcknowledgement]:
    """Sequence numbers in the wire's form."""
    return [ua.SubscriptionAcknowledgement(ua.UInt32(subscription), ua.UInt32(s)) for s in sequences]
