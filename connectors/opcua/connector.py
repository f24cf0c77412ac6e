"""The OPC UA connector: one session to one server, opened, resumed and left; what flows is publisher.py's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds

from connectors.opcua.failure import DRIVER_ERRORS, SubscriptionGone, first_of, translated
from connectors.opcua.history import ARRIVAL, HistoryReader
from connectors.opcua.items import Items
from connectors.opcua.link.book import Book
from connectors.opcua.link.channel import Channel, Ticket, choice_for, secured
from connectors.opcua.link.comeback import is_back, living, taken_over
from connectors.opcua.link.cover import Cover
from connectors.opcua.link.firsts import Firsts
from connectors.opcua.link.look import Looker
from connectors.opcua.link.offset import ClockWatch, offset_of, wrong_by
from connectors.opcua.link.publisher import Publisher
from connectors.opcua.link.reading import Reader
from connectors.opcua.link.services import Limits, limits_of, read, started_at
from connectors.opcua.link.subscription import first_subscription
from connectors.opcua.link.upkeep import Upkeep
from connectors.opcua.patterns import PatternTags
from connectors.opcua.polling import Poller
from connectors.opcua.probed import probed
from connectors.opcua.security.choice import Choice
from connectors.opcua.security.expiry import watch_for_ever
from connectors.opcua.security.trust import CertificateFolder
from connectors.opcua.settings import settings_of
from connectors.opcua.space.browse import browse
from connectors.opcua.space.explore import SpaceExplorer
from connectors.opcua.space.facts import Describer
from connectors.opcua.write import Wanted, write_value
from twin.core.batch import Batch
from twin.core.errors import LinetwinError, Unreachable
from twin.core.event import GAP, Event
from twin.core.inbox import Inbox
from twin.core.plugin import ConnectionSpec, Surroundings, TagAddress
from twin.core.ports import Node, Probed, Recovered, Written

ATTEMPT_S = 60.0
"""Longest that one attempt may take: asyncua can hang after packet loss (its issue 1660); large plants need time."""
CLOCK_S = 60.0
"""How often the server's clock is compared with ours."""


@dataclass(slots=True)
class Held:
    """What the server keeps for us while the link is away.

    ticket None: the session is known to be gone. server_start: which life of the server this was, None if it does not
    say.
    """

    ticket: Ticket | None
    server_start: datetime | None
    book: Book


@dataclass(frozen=True, slots=True)
class Link:
    """One connection to the server, while it lasts."""

    channel: Channel
    publisher: Publisher
    upkeep: Upkeep
    limits: Limits


class OpcuaConnector:
    """One server. Satisfies Connector, Browsable, Probe, Writable and Backfillable."""

    def __init__(self, spec: ConnectionSpec, addresses: Sequence[TagAddress], surroundings: Surroundings) -> None:
        self.name = spec.id
        self.settings = settings_of(spec)
        self._clock = surroundings.clock
        self._reporter = surroundings.reporter
        self._trust = CertificateFolder(surroundings.folder)
        self._addresses = addresses
        self._items = Items(self.settings, addresses, surroundings.tags, surroundings.reporter.problem)
        self._cover = Cover(self.name, self._clock, self._reporter)
        self._patterns = PatternTags(spec, surroundings)
        self._clock_watch = ClockWatch(self.name, self._clock, self._reporter)
        self._limits = Limits()
        self._held: Held | None = None
        self._channel_now: Channel | None = None
        self._missing_since: int | None = None
        self._ran_until = surroundings.ran_until
        self._unread: Inbox | None = None

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[AsyncIterator[Batch]]:
        """Connect, or come back to the session of before so that nothing is missed.

        Returns when every item has been subscribed that can be; their first values may wait by then. What could not be
        got again is told as GAP. The iterator ends with Unreachable when the link is lost; the server then keeps our
        subscriptions for 10 min, and the next `open` asks it for what is missing.
        """
        inbox = self._inbox()
        link = await self._within_limits(inbox)
        flow = asyncio.create_task(self._flow(link, inbox))
        staying = False
        self._channel_now = link.channel
        try:
            await self._until_ready(link, flow, inbox)
            yield inbox
        except LinetwinError:
            staying = True  # the store failed, or the link: what is not durable will be asked for again
            raise
        finally:
            self._channel_now = None
            staying |= flow.done()  # the link is lost
            flow.cancel()
            with suppress(asyncio.CancelledError):
                await flow
            await self._leave(link.channel, staying)

    async def browse(self, match: str = "*", limit: int = 10_000) -> Sequence[Node]:
        """Variables below Objects whose path, or the end of it, matches a glob."""
        async with self._visit() as channel:
            told = partial(self._reporter.gauge, "browsed")
            return await browse(channel.session, await limits_of(channel.session), match, limit, told)

    @asynccontextmanager
    async def explore(self) -> AsyncGenerator[SpaceExplorer]:
        """A session of its own for a person who looks round (Explorable)."""
        async with self._visit(lasting=True) as channel:
            keys = asyncio.create_task(channel.renew_for_ever())
            try:
                limits = await limits_of(channel.session)
                told = partial(translated, settings=self.settings, trust=self._trust)
                yield SpaceExplorer(channel.session, limits, told)
            finally:
                keys.cancel()
                await asyncio.gather(keys, return_exceptions=True)

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

    async def write(
        self,
        tag: str,
        value: float | str,
        *,
        nearest: bool = False,
        last_look: Callable[[float], None] = lambda _: None,
    ) -> Written:
        """Write one tag once over the link that brings its values, and read it back (Writable)."""
        item = self._items.writable(tag)
        channel = self._channel_now
        if channel is None or item.node is None:
            raise Unreachable(f"connection {self.name}: {tag!r} is not connected now; nothing was sent")
        wish = Wanted(str(item.place), value, nearest, last_look)
        return await write_value(channel.session, item.node, wish, again=self._read)

    async def _read(self, node: ua.NodeId) -> ua.DataValue:
        """What a node holds, over a link of its own."""
        async with self._visit() as channel:
            [value] = await channel.session.read_attributes([node], AttributeIds.Value)
        return value

    async def recover(self, start: int, end: int, tags: Sequence[int]) -> AsyncGenerator[Recovered]:
        """What the server's own history has of a gap (Backfillable), over a link of its own."""
        if self.settings.time == "arrival":
            yield Recovered(None, refused=dict.fromkeys(tags, ARRIVAL))
            return
        told: dict[str, str] = {}
        items = self._items.part(tags, told.__setitem__)
        async with self._visit(lasting=True) as channel:
            limits = await limits_of(channel.session)
            reader = HistoryReader(
                self.name, channel.session, limits, items, items.reading(), self._clock, self._reporter
            )
            async with aclosing(reader.pieces(start, end, frozenset(tags), told)) as pieces:
                async for piece in pieces:
                    yield piece

    @asynccontextmanager
    async def _visit(self, *, lasting: bool = False) -> AsyncGenerator[Channel]:
        """A session of its own for a short errand. lasting: for one that may take as long as it needs."""
        try:
            async with asyncio.timeout(ATTEMPT_S) as attempt:
                channel = await self._channel(await choice_for(self.settings, self._trust))
                try:
                    await channel.create()
                    if lasting:
                        attempt.reschedule(None)
                    yield channel
                finally:
                    await channel.leave()
        except (*DRIVER_ERRORS, LinetwinError) as error:
            raise translated(error, self.settings, self._trust) from error

    def _inbox(self) -> Inbox:
        """A new one, or the one that an attempt filled which failed before anybody read: its server may not have it."""
        unread, self._unread = self._unread, None
        if unread is None:
            return Inbox(self.name)
        unread.revive()
        return unread

    async def _within_limits(self, inbox: Inbox) -> Link:
        """One attempt to connect, with errors of ours only."""
        try:
            async with asyncio.timeout(ATTEMPT_S):
                return await self._connect(inbox)
        except (*DRIVER_ERRORS, LinetwinError) as error:
            self._keep_unread(inbox)
            raise translated(error, self.settings, self._trust) from error

    def _keep_unread(self, inbox: Inbox) -> None:
        if inbox.rows:
            self._unread = inbox

    async def _until_ready(self, link: Link, flow: asyncio.Task[None], inbox: Inbox) -> None:
        """Wait for the first pass over all items; raises what ended the link before."""
        ready = asyncio.create_task(link.upkeep.ready.wait())
        try:
            await asyncio.wait([ready, flow], return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if not link.upkeep.ready.is_set():
            self._keep_unread(inbox)
            inbox.raise_failure()
        self._tell_gap("the server had to be subscribed anew")

    async def _connect(self, inbox: Inbox) -> Link:
        """Come back to what the server holds for us, or start anew. The server's certificate is looked at each time."""
        choice = await choice_for(self.settings, self._trust)
        held = self._held
        link = None if held is None else await self._reactivated(held, choice, inbox)
        return link or await self._new_session(held, choice, inbox)

    async def _reactivated(self, held: Held, choice: Choice, inbox: Inbox) -> Link | None:
        """The same session on a new channel, its subscriptions alive (OPC 10000-4, 6.7); None when it is gone."""
        if held.ticket is None or held.ticket.choice != choice:
            return None
        channel = await self._channel(choice)
        try:
            await channel.open_channel()
            if await is_back(channel, held.ticket):
                return await self._back(held, channel, await living(channel, held.book), inbox)
        except ua.UaStatusCodeError:
            pass  # what the session had is gone, and the session with it
        except BaseException:
            channel.drop()
            raise
        channel.drop()
        held.ticket = None
        return None

    async def _new_session(self, held: Held | None, choice: Choice, inbox: Inbox) -> Link:
        """A new session that takes over the old one's subscriptions (OPC 10000-4, 5.13.7), or has its own.

        Only from the same life of the server: after a restart the same number may be another client's subscription.
        """
        channel = await self._channel(choice)
        try:
            await channel.create()
            life = await started_at(channel.session)
            if held is not None and held.book.subscriptions and life is not None and life == held.server_start:
                taken = await taken_over(channel, held.book)
                if taken:
                    return await self._back(held, channel, taken, inbox)
            return await self._fresh(channel, life, inbox)
        except BaseException:
            await channel.leave()
            raise

    async def _back(self, held: Held, channel: Channel, alive: Sequence[int], inbox: Inbox) -> Link:
        """Go on with the subscriptions that live; what the others carried gets another one."""
        book = held.book
        if not alive:
            return await self._fresh(channel, held.server_start, inbox)
        since = book.good_until
        for subscription in book.subscriptions.values():
            subscription.rewind(unread=bool(inbox.rows))
        limits = await limits_of(channel.session, self._limits)
        link = self._link(channel, book, inbox, limits)
        for number in book.subscriptions.keys() - set(alive):
            link.upkeep.ended(book.subscriptions[number], "the server has ended this subscription meanwhile")
        await link.publisher.catch_up(unread=bool(inbox.rows))
        held.ticket = channel.ticket()
        self._cover.resumed(since)
        return link

    async def _fresh(self, channel: Channel, life: datetime | None, inbox: Inbox) -> Link:
        """New subscriptions in this session; what was missed since earlier ones is told when they are proven."""
        if self._held is not None and self._missing_since is None:
            self._missing_since = self._held.book.good_until
        limits = await limits_of(channel.session, self._limits)
        self._items.forget_subscriptions()
        self._cover.forget()
        made = await first_subscription(channel.session, self.settings, [item.group for item in self._items.all])
        firsts = Firsts(self._missing_since or self._ran_until, await wrong_by(channel.session, self._clock))
        book = Book(self._items.reading(), {one.id: one for one in made}, self._clock.now(), firsts=firsts)
        if self._held is not None:
            book.losses = self._held.book.losses
        self._held = Held(channel.ticket(), life, book)
        return self._link(channel, book, inbox, limits)

    def _link(self, channel: Channel, book: Book, inbox: Inbox, limits: Limits) -> Link:
        publisher = Publisher(channel.session, book, inbox, self._clock, self._reporter)
        upkeep = Upkeep(channel.session, self.settings, limits, self._items, publisher, self._cover)
        publisher.listener = upkeep
        return Link(channel, publisher, upkeep, limits)

    async def _channel(self, choice: Choice) -> Channel:
        return await secured(Channel(self.settings, choice), self._trust)

    async def _flow(self, link: Link, inbox: Inbox) -> None:
        """Everything that goes on while connected; ends by failing the inbox with the first error."""
        reader = Reader(
            self.name, link.channel.session, link.limits, self._items, link.upkeep.book.reading, self._clock
        )
        describer = Describer(link.channel.session, link.limits, self._items, self._reporter)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(link.publisher.run())
                group.create_task(link.channel.renew_for_ever())
                group.create_task(link.upkeep.run())
                group.create_task(Looker(link.upkeep, reader).run())
                group.create_task(Poller(link.upkeep, reader).run())
                group.create_task(describer.run(link.upkeep.ready))
                group.create_task(self._patterns.run(link.channel.session, link.limits, link.upkeep))
                group.create_task(self._watch_clock(link.channel))
                group.create_task(watch_for_ever(link.channel.choice, self._trust, self._clock, self._reporter))
        except BaseExceptionGroup as errors:
            error = translated(first_of(errors), self.settings, self._trust)
            if isinstance(error, SubscriptionGone) and self._held is not None:
                self._held.book.subscriptions.clear()
            inbox.fail(error)

    async def _watch_clock(self, channel: Channel) -> None:
        """Compare the server's clock with ours now and then, as long as it tells the time."""
        while (offset := await offset_of(channel.session, self._clock)) is not None:
            self._clock_watch.measured(offset)
            await asyncio.sleep(CLOCK_S)

    async def _leave(self, channel: Channel, staying: bool) -> None:
        """Drop the socket when there is something to come back to, else end the session and all it has."""
        if staying and self._held is not None and self._held.book.subscriptions:
            channel.drop()
            return
        if not staying:
            self._held = None
        elif self._held is not None:
            self._held.ticket = None
        await channel.leave()

    def _tell_gap(self, cause: str) -> None:
        since, self._missing_since = self._missing_since, None
        if since is not None:
            now = self._clock.now()
            self._reporter.event(Event(now, GAP, self.name, {"from": since, "to": now, "cause": cause}))
