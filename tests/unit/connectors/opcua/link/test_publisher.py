"""Sequence numbers: a gap is filled by Republish or named, a repeat is dropped, acknowledgement waits for durability.

A session that plays a script stands in for the server: no real one loses or repeats messages on demand.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from asyncua import ua
from asyncua.ua import uaerrors

from connectors.opcua.decode.columns import Reading, Target
from connectors.opcua.failure import SubscriptionGone
from connectors.opcua.link.book import Book
from connectors.opcua.link.publisher import Publisher
from connectors.opcua.link.subscription import Subscription
from tests.unit.connectors.opcua.wire import data_change, publish, republish, value
from twin.core.errors import Unreachable
from twin.core.event import Event
from twin.core.inbox import Inbox
from twin.core.tags import TagType

Answer = bytes | Exception


class Script:
    """Answers publishes with what is scripted, then with nothing more; republishes what is kept."""

    def __init__(self, answers: Sequence[Answer], kept: dict[int, bytes] | None = None) -> None:
        self.answers = list(answers)
        self.kept = kept or {}
        self.told: list[int] = []
        self.asked: list[int] = []
        self.requests = 0

    async def publish_raw(self, acknowledgements: list[ua.SubscriptionAcknowledgement]) -> bytes:
        self.requests += 1
        if not self.answers:
            self.told += [int(a.SequenceNumber) for a in acknowledgements]
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        self.told += [int(a.SequenceNumber) for a in acknowledgements]
        return answer

    async def republish_raw(self, subscription: int, sequence: int) -> bytes:
        self.asked.append(sequence)
        if sequence not in self.kept:
            raise uaerrors.BadMessageNotAvailable
        return self.kept[sequence]


class Clock:
    now_ns = 1_000

    def now(self) -> int:
        self.now_ns += 1
        return self.now_ns


class Reporter:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.events: list[Event] = []
        self.letters: list[str] = []
        self.notices: dict[str, str] = {}
        self.gauges: dict[str, float] = {}
        self.signs = 0

    def event(self, event: Event) -> None:
        self.events.append(event)

    def count(self, what: str, n: int = 1) -> None:
        self.counts[what] += n

    def dead_letter(self, cause: str, place: str, payload: bytes) -> None:
        self.letters.append(cause)

    def problem(self, tag: str, text: str) -> None:
        raise AssertionError(text)

    def notice(self, about: str, text: str) -> None:
        self.notices[about] = text

    def gauge(self, what: str, value: float) -> None:
        self.gauges[what] = value

    def alive(self) -> None:
        self.signs += 1


def message(sequence: int) -> bytes:
    return publish(sequence, [data_change([(0, value(float(sequence)))])])


def again(sequence: int) -> bytes:
    return republish(sequence, [data_change([(0, value(float(sequence)))])])


class Bench:
    """A publisher over a script."""

    def __init__(self, answers: Sequence[Answer], kept: dict[int, bytes] | None = None, **state: object) -> None:
        self.script = Script(answers, kept)
        self.reporter = Reporter()
        self.inbox = Inbox("c1")
        self.subscription = Subscription(1, 3600.0, **state)  # type: ignore[arg-type]
        reading = Reading([[Target(0, TagType.NUMBER)]], ["node"])
        self.book = Book(reading, {1: self.subscription}, 0)
        self.publisher = Publisher(self.script, self.book, self.inbox, Clock(), self.reporter)  # type: ignore[arg-type]

    async def values(self, count: int) -> list[float]:
        """The next values while the publisher runs."""
        running = asyncio.create_task(self.publisher.run())
        got: list[float] = []
        try:
            async with asyncio.timeout(10):
                while len(got) < count:
                    got += (await anext(self.inbox)).value.tolist()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return got

    async def failure(self) -> BaseException:
        """What ends the publisher."""
        with pytest.raises(ExceptionGroup) as ended:
            async with asyncio.timeout(10):
                await self.publisher.run()
        return ended.value.exceptions[0]


async def turns(count: int) -> None:
    """Let every task of the loop run so many times; nothing here waits for a clock."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_messages_in_order_pass() -> None:
    bench = Bench([message(n) for n in (1, 2, 3)])
    assert await bench.values(3) == [1, 2, 3]
    assert bench.script.asked == []
    assert bench.reporter.counts["values"] == 3


async def test_a_gap_is_filled_in_order() -> None:
    bench = Bench([message(1), message(4)], {2: again(2), 3: again(3)})
    assert await bench.values(4) == [1, 2, 3, 4]
    assert bench.script.asked == [2, 3]
    assert bench.reporter.events == []


async def test_a_gap_that_the_server_cannot_fill_is_named() -> None:
    bench = Bench([message(1), message(4)], {2: again(2)})
    assert await bench.values(3) == [1, 2, 4]
    [gap] = bench.reporter.events
    assert gap.kind == "gap"
    assert gap.body["cause"] == "messages lost that the server no longer has: 1"
    assert gap.body["from"] <= gap.body["to"]


async def test_messages_behind_one_that_is_lost_are_fetched_all_the_same() -> None:
    last = publish(6, [data_change([(0, value(6.0))])], available=[1, 4, 5, 6])
    bench = Bench([message(1), last], {4: again(4), 5: again(5)})
    assert await bench.values(4) == [1, 4, 5, 6]
    [gap] = bench.reporter.events
    assert gap.body["cause"] == "messages lost that the server no longer has: 2"
    assert bench.script.asked == [2, 4, 5]


async def test_a_keep_alive_ahead_shows_what_was_lost() -> None:
    bench = Bench([message(1), publish(3)], {2: again(2)})
    assert await bench.values(2) == [1, 2]


async def test_a_repeat_is_dropped_and_acknowledged() -> None:
    bench = Bench([message(1), message(2), message(1), message(3)])
    assert await bench.values(3) == [1, 2, 3]
    assert bench.reporter.counts["duplicates"] == 1


async def test_sequence_numbers_wrap() -> None:
    bench = Bench([message(2**32 - 1), message(1)], expected=2**32 - 1)
    assert await bench.values(2) == [2**32 - 1, 1]
    assert bench.script.asked == []


async def test_nothing_is_acknowledged_before_it_is_durable() -> None:
    bench = Bench([message(1), message(2)])
    running = asyncio.create_task(bench.publisher.run())
    await turns(50)
    taken = await anext(bench.inbox)
    await turns(50)
    assert taken.value.tolist() == [1, 2]
    assert bench.script.told == []
    assert list(bench.subscription.pending) == [1, 2]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    bench.inbox.fail(Unreachable("end"))
    with pytest.raises(Unreachable):
        await anext(bench.inbox)
    assert bench.subscription.acknowledgements == [1, 2]


async def test_acknowledgements_of_a_failed_request_are_told_later() -> None:
    bench = Bench([uaerrors.BadTimeout(), message(6)], expected=6, acknowledgements=[4, 5])
    await bench.values(1)
    assert sorted(bench.script.told) == [4, 5]


async def test_what_is_not_durable_is_asked_for_again() -> None:
    bench = Bench([], {7: again(7), 8: again(8)}, expected=9)
    bench.subscription.pending.extend([7, 8])
    bench.subscription.rewind()
    await bench.publisher.catch_up()
    assert (await anext(bench.inbox)).value.tolist() == [7, 8]
    assert bench.script.asked == [7, 8, 9]


async def test_a_server_that_wants_fewer_requests_gets_one() -> None:
    bench = Bench([message(1), uaerrors.BadTooManyPublishRequests(), message(2)])
    assert await bench.values(2) == [1, 2]
    assert bench.script.requests <= 5


async def test_an_unreadable_response_is_a_dead_letter_and_its_message_is_fetched() -> None:
    bench = Bench([message(1), b"\x01\x00\xff", message(3)], {2: again(2)})
    assert await bench.values(3) == [1, 2, 3]
    assert len(bench.reporter.letters) == 1


async def test_a_message_without_rows_is_acknowledged_after_what_came_before_it() -> None:
    strange = publish(2, [data_change([(77, value(1.0))])])
    bench = Bench([message(1), strange, message(3)])
    assert await bench.values(2) == [1, 3]
    assert bench.reporter.letters == ["unknown client handle"]
    bench.subscription.durable(3)
    assert set(bench.script.told + bench.subscription.acknowledgements) == {1, 2, 3}


def test_a_message_without_rows_keeps_nothing_waiting() -> None:
    subscription = Subscription(1, 1.0)
    for sequence, has_rows in ((1, True), (2, False), (3, True)):
        subscription.received(sequence, has_rows)
    subscription.durable(1)
    assert (list(subscription.pending), subscription.acknowledgements) == ([3], [1, 2])


def test_what_became_durable_on_another_link_acknowledges_nothing_else() -> None:
    subscription = Subscription(1, 1.0)
    subscription.received(5, has_rows=True)
    subscription.durable(4)
    assert (list(subscription.pending), subscription.acknowledgements) == ([5], [])


async def test_a_silent_subscription_misses_something_although_another_one_speaks() -> None:
    bench = Bench([])
    bench.subscription.silence_s = 0.2
    bench.book.subscriptions[2] = Subscription(2, 3600.0)
    bench.book.good_until = 1_000
    assert isinstance(await bench.failure(), SubscriptionGone)
    assert bench.book.good_until <= 1_100 - 200_000_000


async def test_the_end_of_a_subscription_is_told_after_its_data() -> None:
    ended = ua.StatusChangeNotification(Status=ua.StatusCode(0x800A0000))
    bench = Bench([publish(1, [data_change([(0, value(1.0))]), ended])])
    assert isinstance(await bench.failure(), SubscriptionGone)
    assert (await anext(bench.inbox)).value.tolist() == [1.0]


@pytest.mark.parametrize(("spoke", "kind"), [(True, Unreachable), (False, SubscriptionGone)])
async def test_silence_ends_the_link(spoke: bool, kind: type[Unreachable]) -> None:
    """After a word the link is gone and is come back to; without one there is nothing to come back to."""
    bench = Bench([publish(1)] if spoke else [])
    bench.subscription.silence_s = 0.2
    failure = await bench.failure()
    assert type(failure) is kind
    assert "no sign of life" in str(failure)


async def test_a_full_inbox_sends_no_request() -> None:
    bench = Bench([message(n) for n in range(1, 50)])
    bench.inbox.bound = 3
    running = asyncio.create_task(bench.publisher.run())
    await turns(100)
    assert bench.inbox.rows <= 4
    assert (await anext(bench.inbox)).value.tolist()[:3] == [1, 2, 3]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_store_that_stands_does_not_let_the_server_end_our_subscription() -> None:
    """A full inbox asks for nothing, but for one message each third of a lifetime; and at twice its bound no more."""
    bench = Bench([message(n) for n in range(1, 50)])
    bench.inbox.bound = 3
    bench.subscription.lifetime_s = 0.15
    running = asyncio.create_task(bench.publisher.run())
    try:
        async with asyncio.timeout(30):
            while bench.inbox.rows < 6:  # noqa: ASYNC110 - the store stands: nothing tells
                await asyncio.sleep(0.01)
        asked = bench.script.requests
        await asyncio.sleep(0.3)
        assert (bench.script.requests, bench.inbox.rows) == (asked, 6)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Told:
    """A listener that only hears that a subscription ended."""

    def __init__(self) -> None:
        self.causes: list[str] = []

    def ended(self, subscription: Subscription, cause: str) -> None:
        self.causes.append(cause)

    def fed(self, subscription: Subscription, arrival: int) -> None:
        pass


@pytest.mark.parametrize(("code", "word"), [(0x800A0000, "BadTimeout"), (0x002D0000, "GoodSubscriptionTransferred")])
async def test_a_subscription_that_ended_or_went_elsewhere_is_told_to_who_replaces_it(code: int, word: str) -> None:
    ended = ua.StatusChangeNotification(Status=ua.StatusCode(ua.UInt32(code)))
    bench = Bench([publish(1, [data_change([(0, value(1.0))]), ended])])
    bench.publisher.listener = told = Told()  # type: ignore[assignment]
    assert await bench.values(1) == [1.0]
    [cause] = told.causes
    assert cause.startswith("the server ended our subscription: ")
    assert word in cause or hex(code)[2:].upper() in cause.upper()
