"""What a server still has of an earlier link: its session, and the subscriptions in it."""

from __future__ import annotations

from asyncua import ua

from connectors.opcua.failure import DRIVER_ERRORS
from connectors.opcua.link.book import Book
from connectors.opcua.link.channel import Channel, Ticket


async def is_back(channel: Channel, ticket: Ticket) -> bool:
    """Whether the server knew the session.

    Whatever goes wrong here, even a closed socket (some servers close it for an unknown session), means no: a new
    session is the way out, and coming back would fail the same way for ever.
    """
    try:
        await channel.resume(ticket)
    except DRIVER_ERRORS:
        return False
    return True


async def living(channel: Channel, book: Book) -> list[int]:
    """Which subscriptions the session still has."""
    numbers = list(book.subscriptions)
    if not numbers:
        return []
    wanted = ua.SetPublishingModeParameters(True, [ua.UInt32(number) for number in numbers])
    answer = await channel.session.set_publishing_mode(wanted)
    return [number for number, status in zip(numbers, answer, strict=False) if status.is_good()]


async def taken_over(channel: Channel, book: Book) -> list[int]:
    """Which subscriptions the server hands over to this session."""
    numbers = list(book.subscriptions)
    wanted = ua.TransferSubscriptionsParameters([ua.UInt32(number) for number in numbers], True)
    try:
        answer = await channel.session.transfer_subscriptions(wanted)
    except ua.UaStatusCodeError:
        return []
    return [number for number, one in zip(numbers, answer, strict=False) if one.StatusCode.is_good()]
