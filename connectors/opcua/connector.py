"""The OPC UA connector: one session to one server, opened, resumed and left; what flows is publisher.py's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds

from connectors.opcua.decode.columns import kept
from connectors.opcua.failure import DRIVER_ERRORS, SubscriptionGone, translated
from connectors.opcua.items import Items
from connectors.opcua.link.channel import Channel, Ticket, choice_for, secured
from connectors.opcua.link.monitor import monitor
from connectors.opcua.link.publisher import Book, Publisher
from connectors.opcua.link.services import Limits, limits_of, read, started_at
from connectors.opcua.link.subscription import create_subscriptions
from connectors.opcua.security.choice import Choice
from connectors.opcua.security.trust import CertificateFolder
from connectors.opcua.settings import settings_of
from connectors.opcua.space.browse import browse
from connectors.opcua.write import write_value
from twin.core.batch import Batch
from twin.core.errors import LinetwinError, Undecodable, Unreachable
from twin.core.event import GAP, Event
from twin.core.inbox import Inbox
from twin.core.plugin import ConnectionSpec, Surroundings, TagAddress
from twin.core.ports import Node, Probed, Written
from twin.core.status import name as status_name

ATTEMPT_S = 60.0
"""Longest that one attempt may take: asyncua can hang after packet loss (its issue 1660); large plants need time."""
MEND_FIRST_S, MEND_LONGEST_S = 10.0, 300.0
"""Pauses between attempts to subscribe what could not be: a PLC that was re-programmed has its nodes back by itself."""


@dataclass(slots=True)
class Held:
    """What the server keeps for us while the link is away.

    ticket None: the session is known to be gone. server_start: which life of the server this was, None if it does not
    say.
    """

    ticket: Ticket | None
    server_start: datetime | None
    book: Book


class OpcuaConnector:
    """One server. Satisfies Connector, Browsable, Probe and Writable."""

    def __init__(self, spec: ConnectionSpec, addresses: Sequence[TagAddress], surroundings: Surroundings) -> None:
        self.name = spec.id
        self.settings = settings_of(spec)
        self._clock = surroundings.clock
        self._reporter = surroundings.reporter
        self._trust = CertificateFolder(surroundings.folder)
        self._addresses = addresses
        self._items = Items(self.settings, addresses, surroundings.tags, surroundings.reporter.problem)
        self._held: Held | None = None
        self._channel_now: Channel | None = None

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[AsyncIterator[Batch]]:
        """Connect, or come back to the session of before so that nothing is missed.

        What could not be got again is told as GAP. The iterator ends with Unreachable when the link is lost; the
        server then keeps our subscription for 10 min, and the next `open` asks it for what is missing.
        """
        inbox = Inbox(self.name)
        channel, publisher, limits = await self._within_limits(inbox)
        flow = asyncio.create_task(self._flow(channel, publisher, limits, inbox))
        staying = False
        self._channel_now = channel
        try:
            yield inbox
        except LinetwinError:
            staying = True  # the store failed: what is not durable will be asked for again
            raise
        finally:
            self._channel_now = None
            staying |= flow.done()  # the link is lost
            flow.cancel()
            with suppress(asyncio.CancelledError):
                await flow
            await self._leave(channel, staying)

    async def browse(self, match: str = "*", limit: int = 10_000) -> Sequence[Node]:
        """Variables below Objects whose path, or the end of it, matches a glob."""
        async with self._visit() as channel:
            return await browse(channel.session, await limits_of(channel.session), match, limit)

    async def probe(self) -> Sequence[Probed]:
        """Read every tag once: its value, or why there is none."""
        told: dict[str, str] = {}
        items = Items(self.settings, self._addresses, self._items.tags, told.__setitem__)
        async with self._visit() as channel:
            limits = await limits_of(channel.session)
            found = await items.find(channel.session, limits, items.missing())
            nodes = [items.all[handle].node or ua.NodeId() for handle in found]
            values = await read(channel.session, nodes, AttributeIds.Value, limits)
        shown = {p.tag: p for h, v in zip(found, values, strict=True) for p in probed(items, h, v)}
        return [
            Probed(a.tag, problem=told[a.tag])
            if told.get(a.tag)
            else shown.get(a.tag, Probed(a.tag, problem="no answer"))
            for a in self._addresses
        ]

    async def write(self, tag: str, value: float | str, *, nearest: bool = False) -> Written:
        """Write one tag once over the link that brings its values, and read it back (Writable)."""
        item = self._items.writable(tag)
        channel = self._channel_now
        if channel is None or item.node is None:
            raise Unreachable(f"connection {self.name}: {tag!r} is not connected now; nothing was sent")
        return await write_value(channel.session, item.node, str(item.place), value, nearest=nearest, again=self._read)

    async def _read(self, node: ua.NodeId) -> ua.DataValue:
        """What a node holds, over a link of its own."""
        async with self._visit() as channel:
            [value] = await channel.session.read_attributes([node], AttributeIds.Value)
        return value

    @asynccontextmanager
    async def _visit(self) -> AsyncGenerator[Channel]:
        """A session of its own for a short errand."""
        try:
            async with asyncio.timeout(ATTEMPT_S):
                channel = await self._channel(await choice_for(self.settings, self._trust))
                try:
                    await channel.create()
                    yield channel
                finally:
                    await channel.leave()
        except (*DRIVER_ERRORS, LinetwinError) as error:
            raise translated(error, self.settings, self._trust) from error

    async def _within_limits(self, inbox: Inbox) -> tuple[Channel, Publisher, Limits]:
        """One attempt to connect, with errors of ours only."""
        try:
            async with asyncio.timeout(ATTEMPT_S):
                return await self._connect(inbox)
        except (*DRIVER_ERRORS, LinetwinError) as error:
            raise translated(error, self.settings, self._trust) from error

    async def _connect(self, inbox: Inbox) -> tuple[Channel, Publisher, Limits]:
        """Come back to what the server holds for us, or start anew. The server's certificate is looked at each time."""
        choice = await choice_for(self.settings, self._trust)
        if self._held is None:
            return await self._fresh(choice, inbox)
        self._reporter.count("reconnects")
        return await self._resumed(self._held, choice, inbox) or await self._fresh(choice, inbox)

    async def _fresh(self, choice: Choice, inbox: Inbox) -> tuple[Channel, Publisher, Limits]:
        """A new session with new subscriptions; what was missed since an earlier one is told."""
        channel = await self._channel(choice)
        try:
            await channel.create()
            limits = await limits_of(channel.session)
            self._items.forget_subscriptions()
            made = await create_subscriptions(channel.session, self.settings, len(self._items.all))
            subscriptions = {s.id: s for s in made}
            await self._subscribe(channel, limits, list(subscriptions))
            self._tell_gap("the server had to be subscribed anew")
            book = Book(self._items.reading(), subscriptions, self._clock.now())
            self._held = Held(channel.ticket(), await started_at(channel.session), book)
            return channel, Publisher(channel.session, book, inbox, self._clock, self._reporter), limits
        except BaseException:
            await channel.leave()
            raise

    async def _resumed(self, held: Held, choice: Choice, inbox: Inbox) -> tuple[Channel, Publisher, Limits] | None:
        """The session of before on a new channel, or its subscriptions in a new session; None when both are gone."""
        for subscription in held.book.subscriptions.values():
            subscription.rewind()
        for way in (self._reactivated, self._transferred) if held.book.subscriptions else ():
            channel = await way(held, choice)
            if channel is None:
                continue
            try:
                publisher = Publisher(channel.session, held.book, inbox, self._clock, self._reporter)
                await publisher.catch_up()
                held.ticket = channel.ticket()
                return channel, publisher, await limits_of(channel.session)
            except ua.UaStatusCodeError:
                await channel.leave()
            except BaseException:
                channel.drop()
                raise
        return None

    async def _reactivated(self, held: Held, choice: Choice) -> Channel | None:
        """The same session on a new channel, its subscriptions alive (OPC 10000-4, 6.7)."""
        if held.ticket is None or held.ticket.choice != choice:
            return None
        channel = await self._channel(choice)
        try:
            await channel.open_channel()
            if await is_back(channel, held.ticket, list(held.book.subscriptions)):
                return channel
        except BaseException:
            channel.drop()
            raise
        channel.drop()
        held.ticket = None
        return None

    async def _transferred(self, held: Held, choice: Choice) -> Channel | None:
        """A new session that takes over the old one's subscriptions (OPC 10000-4, 5.13.7).

        Only from the same life of the server: after a restart the same number may be another client's subscription.
        """
        channel = await self._channel(choice)
        try:
            await channel.create()
            same_life = held.server_start is not None and await started_at(channel.session) == held.server_start
            if same_life and await are_ours(channel, list(held.book.subscriptions)):
                return channel
        except BaseException:
            channel.drop()
            raise
        await channel.leave()
        return None

    async def _channel(self, choice: Choice) -> Channel:
        return await secured(Channel(self.settings, choice), self._trust)

    async def _subscribe(self, channel: Channel, limits: Limits, subscriptions: Sequence[int]) -> None:
        """Find and subscribe every item that is not subscribed."""
        found = await self._items.find(channel.session, limits, self._items.missing())
        await monitor(channel.session, self.settings, limits, self._items, found, subscriptions)

    async def _flow(self, channel: Channel, publisher: Publisher, limits: Limits, inbox: Inbox) -> None:
        """Everything that goes on while connected; ends by failing the inbox with the first error."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(publisher.run())
                group.create_task(channel.renew_for_ever())
                group.create_task(self._mend(channel, limits, list(publisher.book.subscriptions)))
        except BaseExceptionGroup as errors:
            error = translated(first_of(errors), self.settings, self._trust)
            if isinstance(error, SubscriptionGone) and self._held is not None:
                self._held.book.subscriptions.clear()
            inbox.fail(error)

    async def _mend(self, channel: Channel, limits: Limits, subscriptions: Sequence[int]) -> None:
        """Try again, ever more seldom, to subscribe the items that could not be."""
        pause = MEND_FIRST_S
        while True:
            await asyncio.sleep(pause)
            pause = min(pause * 2, MEND_LONGEST_S)
            if self._items.missing():
                await self._subscribe(channel, limits, subscriptions)

    async def _leave(self, channel: Channel, staying: bool) -> None:
        if staying:
            channel.drop()
        else:
            self._held = None
            await channel.leave()

    def _tell_gap(self, cause: str) -> None:
        if self._held is not None:
            now = self._clock.now()
            body = {"from": self._held.book.good_until, "to": now, "cause": cause}
            self._reporter.event(Event(now, GAP, self.name, body))


async def is_back(channel: Channel, ticket: Ticket, subscriptions: Sequence[int]) -> bool:
    """Whether the server knew the session and still has its subscriptions.

    Whatever goes wrong here, even a closed socket (some servers close it for an unknown session), means no: a new
    session is the way out, and coming back would fail the same way for ever.
    """
    ids = [ua.UInt32(s) for s in subscriptions]
    try:
        await channel.resume(ticket)
        answer = await channel.session.set_publishing_mode(ua.SetPublishingModeParameters(True, ids))
    except DRIVER_ERRORS:
        return False
    return len(answer) == len(ids) and all(status.is_good() for status in answer)


async def are_ours(channel: Channel, subscriptions: Sequence[int]) -> bool:
    """Whether the server handed the subscriptions over to this session."""
    ids = [ua.UInt32(s) for s in subscriptions]
    try:
        answer = await channel.session.transfer_subscriptions(ua.TransferSubscriptionsParameters(ids, True))
    except ua.UaStatusCodeError:
        return False
    return len(answer) == len(ids) and all(result.StatusCode.is_good() for result in answer)


def probed(items: Items, handle: int, value: ua.DataValue) -> Sequence[Probed]:
    """What each tag of an item would get of a value."""
    status = 0 if value.StatusCode is None else value.StatusCode.value
    result: list[Probed] = []
    for target in items.all[handle].targets:
        tag = items.tags[target.tag].name
        try:
            number, text = kept(value, status, target, items.structures)
            shown = text if text is not None else f"{number:.15g}"
            result.append(Probed(tag, shown) if not status else Probed(tag, shown, status_name(status)))
        except Undecodable as error:
            result.append(Probed(tag, problem=str(error)))
    return result


def first_of(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of a group that is no cancellation."""
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            return first_of(error)
        return error
    return errors
