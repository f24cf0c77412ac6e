"""Our own publish loop: keeps requests outstanding, misses no message, acknowledges only what is durable.

Bound: the Inbox. Policy: a full inbox sends no further PublishRequests, so the server's queues fill and its overflow
bits tell the truth; nothing is dropped here. Before the server would end a subscription that nobody asks, one more
message is fetched, until the inbox holds twice its bound. (OPC 10000-4, 5.13 and 6.7)
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol

from asyncua import ua
from asyncua.ua import uaerrors

from connectors.opcua.decode.message import (
    Message,
    after,
    ahead,
    publish_response,
    republish_response,
    rows_of,
    status_change,
)
from connectors.opcua.decode.rows import Rows
from connectors.opcua.failure import SubscriptionGone
from connectors.opcua.link.book import Book
from connectors.opcua.link.channel import RawSession
from connectors.opcua.link.firsts import known_now
from connectors.opcua.link.subscription import Subscription, acknowledgements
from twin.core.batch import Batch
from twin.core.errors import Undecodable, Unreachable
from twin.core.event import GAP, Event
from twin.core.inbox import Inbox
from twin.core.instant import SECOND
from twin.core.ports import Clock, Reporter
from twin.core.status import BAD
from twin.core.status import name as status_name

MOST_OUTSTANDING = 4
"""PublishRequests under way: one more than subscriptions hides the round trip, more helps nobody."""
GLANCE_S = 0.5
"""How often the watch looks again while we ask for nothing ourselves."""
ASKED_ANYWAY = 1 / 3
"""Part of a subscription's lifetime after which a full inbox takes one more message: being asked keeps it alive."""
NO_TIME_LEFT = (uaerrors.BadTimeout, uaerrors.BadRequestTimeout)
NODE_GONE = (0x80340000, 0x80330000)
"""BadNodeIdUnknown, BadNodeIdInvalid: what an item says whose node was taken away."""


class Listener(Protocol):
    """Who looks after the items while messages flow."""

    def ended(self, subscription: Subscription, cause: str) -> None:
        """The server ended one subscription; the session lives."""
        ...

    def gone_in(self, batch: Batch) -> None:
        """Rows that are Bad came: were their nodes taken away?"""
        ...

    def unheld(self, place: str) -> None:
        """A value of this node is nothing that its tag can hold."""
        ...

    def fed(self, subscription: Subscription, arrival: int) -> None:
        """A subscription brought rows."""
        ...

    def idle(self, subscription: Subscription) -> None:
        """A subscription says that it lives, and that it has nothing to say."""
        ...


class Publisher:
    """Carries messages from the session into the inbox, until the link ends with an error."""

    def __init__(self, session: RawSession, book: Book, inbox: Inbox, clock: Clock, reporter: Reporter) -> None:
        self.session = session
        self.book = book
        self.inbox = inbox
        self.clock = clock
        self.reporter = reporter
        self.listener: Listener | None = None
        self._group: asyncio.TaskGroup | None = None
        self._asking = 0
        self._most = MOST_OUTSTANDING
        self._outstanding = 0
        self._stands = False
        self._asked_at = 0.0
        self._busy = 0
        self._offered = 0
        self._in_order = asyncio.Lock()

    async def catch_up(self, *, unread: bool = False) -> None:
        """Ask again for every message since the last durable one, or since what waits unread in the inbox.

        Raises UaError when a subscription is gone.
        """
        self.book.had.coming_back(unread=unread)
        if not unread:
            self.book.apart.coming_back()
        for subscription in list(self.book.subscriptions.values()):
            while subscription.expected:
                message = await self._republished(subscription, subscription.expected)
                if message is None:
                    break
                batch = self._keep(subscription, message)
                if batch is not None:
                    self.book.had.asked_again(batch)
        self.book.had.came_back()

    async def run(self) -> None:
        """Publish until something fails; raises what failed."""
        for subscription in self.book.subscriptions.values():
            subscription.heard = now_s()
        self._asked_at = now_s()
        async with asyncio.TaskGroup() as self._group:
            self.ask()
            self._group.create_task(self._watch())

    def ask(self) -> None:
        """Have as many requests under way as the subscriptions of now want and the server takes."""
        if self._group is None:
            return
        while self._asking < min(len(self.book.subscriptions) + bool(self.book.subscriptions), self._most):
            self._asking += 1
            self._group.create_task(self._publish())
        self.reporter.gauge("publish_requests", self._asking)

    @contextmanager
    def patient(self) -> Generator[None]:
        """While a server does something for us that takes long, its silence is no sign that it is gone."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            self._silence_counts_from_here()

    async def _publish(self) -> None:
        """Keep one request outstanding. Ends quietly when the server wants fewer and another one is left."""
        while True:
            await self._room()
            told = self._acknowledgements()
            self._begin_waiting()
            try:
                answer = await self.session.publish_raw(told)
            except uaerrors.BadTooManyPublishRequests:
                self._give_back(told)
                if self._asking > 1:
                    self._asking -= 1
                    self._most = self._asking
                    self.reporter.gauge("publish_requests", self._asking)
                    return
                continue
            except NO_TIME_LEFT:
                self._give_back(told)
                continue
            except BaseException:
                self._give_back(told)
                raise
            finally:
                self._outstanding -= 1
            async with self._in_order:
                await self._take(answer)

    async def _room(self) -> None:
        """Wait until rows may come, or the server must be asked lest it ends a subscription."""
        while not self.inbox.has_room:
            lifetime_s = min((s.lifetime_s for s in self.book.subscriptions.values()), default=60.0)
            left = self._asked_at + lifetime_s * ASKED_ANYWAY - now_s()
            if left <= 0 and self.inbox.rows < 2 * self.inbox.bound:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(left if left > 0 else lifetime_s):
                    await self.inbox.room()

    def _begin_waiting(self) -> None:
        """One more request; after a pause of our own the server's silence counts from here."""
        if self._outstanding == 0:
            self._silence_counts_from_here()
        self._outstanding += 1
        self._asked_at = now_s()

    def _silence_counts_from_here(self) -> None:
        for subscription in self.book.subscriptions.values():
            subscription.heard = max(subscription.heard, now_s())

    async def _watch(self) -> None:
        """Raise when a subscription says nothing for longer than a living server may, while we listen."""
        while True:
            quiet = min(self.book.subscriptions.values(), key=lambda s: s.heard + s.silence_s, default=None)
            left = 0.0 if quiet is None else quiet.heard + quiet.silence_s - now_s()
            if quiet is not None and left <= 0 and self._outstanding and not self._busy:
                silent_since = self.clock.now() - int((now_s() - quiet.heard) * SECOND)
                self.book.good_until = min(self.book.good_until, silent_since)  # others may have spoken since
                kind = Unreachable if quiet.spoke else SubscriptionGone
                raise kind(f"no sign of life for {quiet.silence_s:.1f} s")
            await asyncio.sleep(left if left > 0 else GLANCE_S)

    async def _take(self, answer: bytes) -> None:
        """One publish response: fill what is missing before it, then keep it."""
        try:
            message = publish_response(answer)
        except Undecodable as error:
            self.reporter.dead_letter(error.cause, self.inbox.source, answer)
            return
        subscription = self.book.subscriptions.get(message.subscription)
        if subscription is None:
            return
        subscription.heard, subscription.spoke = now_s(), True
        self.reporter.alive()
        lead = ahead(message.sequence, subscription.expected or message.sequence)
        if lead < 0:
            self._came_before(subscription, message)
            return
        if lead > 0:
            await self._fill(subscription, message)
        self._keep(subscription, message)

    def _came_before(self, subscription: Subscription, message: Message) -> None:
        """A repeat: its rows are here already. (A keep-alive behind: a server that counts otherwise.)"""
        if message.parts:
            self.reporter.count("duplicates")
            subscription.acknowledgements.append(message.sequence)

    async def _fill(self, subscription: Subscription, until: Message) -> None:
        """Get the messages from the one expected up to this one again; name the gaps that the server cannot fill."""
        while ahead(until.sequence, subscription.expected) > 0:
            message = await self._republished(subscription, subscription.expected)
            if message is not None:
                self._keep(subscription, message)
                continue
            following = until.next_after(subscription.expected)
            self._tell_gap(ahead(following, subscription.expected))
            subscription.expected = following

    async def _republished(self, subscription: Subscription, sequence: int) -> Message | None:
        """A message sent again, or None when the server no longer has it."""
        answer = b""
        try:
            answer = await self.session.republish_raw(subscription.id, sequence)
            message = republish_response(answer, subscription.id)
        except uaerrors.BadMessageNotAvailable:
            return None
        except Undecodable as error:
            self.reporter.dead_letter(error.cause, self.inbox.source, answer)
            return None
        # asyncua's server answers with an empty message instead of BadMessageNotAvailable
        if not message.parts or message.sequence != sequence:
            return None
        self.reporter.count("republished")
        return message

    def _keep(self, subscription: Subscription, message: Message) -> Batch | None:
        """Put a message's rows into the inbox and note its number; gives the rows."""
        arrival = self.clock.now()
        if not message.parts:
            subscription.expected = message.sequence
            self._mark_good(arrival)
            if self.listener is not None:
                self.listener.idle(subscription)
            return None
        subscription.expected = after(message.sequence)
        rows = rows_of(message, self.book.reading, arrival)
        for lost in rows.unheld:
            self.reporter.dead_letter(lost.cause, lost.place, lost.payload)
        batch = self._new(rows)
        subscription.received(message.sequence, batch is not None)
        if batch is not None:
            mark = self.book.apart.mark
            self.inbox.put(batch, lambda: self._durable(subscription, message.sequence, arrival, batch, mark))
            self._count(len(batch), rows.overflow)
        if self.listener is not None:
            self._tell_listener(self.listener, subscription, arrival, batch, rows)
        ended = status_change(message)
        if ended is not None:
            cause = f"the server ended our subscription: {status_name(ended)}"
            if self.listener is None:
                raise SubscriptionGone(cause)
            self.listener.ended(subscription, cause)
        return batch

    def _tell_listener(
        self, listener: Listener, subscription: Subscription, arrival: int, batch: Batch | None, rows: Rows
    ) -> None:
        for lost in rows.unheld:
            listener.unheld(lost.place)
        if batch is not None or rows.repeats or rows.unheld:
            subscription.fed = arrival
            listener.fed(subscription, arrival)
        if batch is not None and int(batch.status.max()) >= BAD:
            listener.gone_in(batch)

    def offer(self, read: Batch) -> None:
        """Put rows into the inbox that were read, not published."""
        rows = Rows(arrival=self.clock.now())
        rows.extend(read.tag, read.time, read.value, read.status, read.text)
        batch = self._new(rows)
        if batch is None:
            return
        mark = self.book.apart.mark
        self.book.firsts.durable(batch)
        self._offered += 1
        self.inbox.put(batch, lambda: self._offer_durable(batch, mark))
        self.reporter.count("values", len(batch))
        self.reporter.alive()

    def _offer_durable(self, batch: Batch, mark: int) -> None:
        self._offered -= 1
        self.book.apart.durable(mark)
        self.book.had.durable(batch)

    def read_well(self, at: int) -> None:
        """All that is to be read was read at this instant (ns): where nothing is published, nothing is missing."""
        if not self.book.subscriptions and not self._offered:
            self.book.good_until = at

    def _new(self, rows: Rows) -> Batch | None:
        """The rows that are not here already."""
        batch = rows.batch(self.inbox.source, self.book.apart)
        self._tell_clocks()
        new = None if batch is None else self.book.had.without_resent(batch)
        resent = rows.repeats + (0 if batch is None else len(batch)) - (0 if new is None else len(new))
        if resent:
            self.reporter.count("duplicates", resent)
        return None if new is None else known_now(self.book.firsts, new, self.clock.now(), self.reporter)

    def _tell_clocks(self) -> None:
        """Tell when clocks stand, and when they no longer do."""
        standing = len(self.book.apart.standing)
        if bool(standing) != self._stands:
            self._stands = bool(standing)
            fix = "their values are kept 1 ns apart; `time: arrival` takes ours"
            text = f"the clock of the source stands still while values change ({standing} tags or more): {fix}"
            self.reporter.notice("source time", text if standing else "")

    def _count(self, values: int, overflow: int) -> None:
        self.reporter.count("messages")
        self.reporter.count("values", values)
        if overflow:
            self.reporter.count("overflow", overflow)

    def _durable(self, subscription: Subscription, sequence: int, arrival: int, batch: Batch, mark: int) -> None:
        subscription.durable(sequence)
        self.book.apart.durable(mark)
        self.book.had.durable(batch)
        self.book.firsts.durable(batch)
        self._mark_good(arrival)

    def _mark_good(self, arrival: int) -> None:
        """Nothing that came up to this instant is missing, unless rows still wait to be made durable."""
        if not any(s.pending for s in self.book.subscriptions.values()):
            self.book.good_until = arrival

    def _tell_gap(self, messages: int) -> None:
        now = self.clock.now()
        body = {
            "from": self.book.good_until,
            "to": now,
            "cause": f"messages lost that the server no longer has: {messages}",
        }
        self.reporter.event(Event(now, GAP, self.inbox.source, body))

    def _acknowledgements(self) -> list[ua.SubscriptionAcknowledgement]:
        """What became durable since the last request, of all subscriptions."""
        told: list[ua.SubscriptionAcknowledgement] = []
        for subscription in self.book.subscriptions.values():
            sequences, subscription.acknowledgements = subscription.acknowledgements, []
            told += acknowledgements(subscription.id, sequences)
        return told

    def _give_back(self, told: Sequence[ua.SubscriptionAcknowledgement]) -> None:
        """The request failed: tell the server with the next one."""
        for one in told:
            subscription = self.book.subscriptions.get(int(one.SubscriptionId))
            if subscription is not None:
                subscription.acknowledgements.append(int(one.SequenceNumber))


def now_s() -> float:
    """The event loop's clock: it never steps."""
    return asyncio.get_running_loop().time()
