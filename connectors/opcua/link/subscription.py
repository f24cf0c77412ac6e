"""Subscriptions on the server, and the book that each keeps of its sequence numbers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from asyncua import ua
from asyncua.client.ua_session import UaSession

from connectors.opcua.settings import Settings
from twin.core.instant import MILLISECOND

ITEMS_PER_SUBSCRIPTION = 5000
"""Past this a publish response grows large and one slow subscription holds up too much."""
NOTIFICATIONS_PER_PUBLISH = 10_000
PATIENCE = 1.5
"""Keep-alive intervals without a word after which a link counts as lost."""


@dataclass(slots=True)
class Subscription:
    """What we know of one subscription.

    expected: the sequence number that comes next, 0 before the first. pending: received, not durable yet, in order.
    acknowledgements: durable, not told to the server yet. silence_s: longest pause of a living server. heard: when it
    last spoke, on the event loop's clock; spoke: whether it did since the link was made.
    """

    id: int
    silence_s: float
    expected: int = 0
    pending: deque[int] = field(default_factory=deque[int])
    acknowledgements: list[int] = field(default_factory=list[int])
    heard: float = 0.0
    spoke: bool = False

    def received(self, sequence: int, has_rows: bool) -> None:
        """Note a message. One without rows is acknowledged with what came before it, so that order holds."""
        if has_rows or self.pending:
            self.pending.append(sequence)
        else:
            self.acknowledgements.append(sequence)

    def durable(self, sequence: int) -> None:
        """The message and all before it are safe: the server may forget them. Rowless ones that follow are, too."""
        while self.pending:
            first = self.pending.popleft()
            self.acknowledgements.append(first)
            if first == sequence:
                return

    def rewind(self) -> None:
        """Expect again what is not durable: the server still has it, we may not."""
        if self.pending:
            self.expected = self.pending[0]
            self.pending.clear()
        self.spoke = False


async def create_subscriptions(session: UaSession, settings: Settings, items: int) -> list[Subscription]:
    """As many subscriptions as the items need, at least one: an empty one still tells that the server lives."""
    wanted = ua.CreateSubscriptionParameters(
        RequestedPublishingInterval=settings.publishing / MILLISECOND,
        RequestedLifetimeCount=ua.UInt32(settings.lifetime_count),
        RequestedMaxKeepAliveCount=ua.UInt32(settings.keep_alive_count),
        MaxNotificationsPerPublish=ua.UInt32(NOTIFICATIONS_PER_PUBLISH),
        PublishingEnabled=True,
        Priority=ua.Byte(0),
    )
    count = max(1, -(-items // ITEMS_PER_SUBSCRIPTION))
    return [subscription_of(await session.create_subscription(wanted, unused), settings) for _ in range(count)]


def unused(_: object) -> None:
    """The driver wants a callback; messages go to our publisher as bytes."""


def subscription_of(result: ua.CreateSubscriptionResult, settings: Settings) -> Subscription:
    """Our side of a new subscription: liveness from what the server granted, not from what we asked."""
    keep_alive_s = result.RevisedPublishingInterval / 1000 * max(1, result.RevisedMaxKeepAliveCount)
    return Subscription(int(result.SubscriptionId), max(PATIENCE * keep_alive_s, settings.timeout_s))
