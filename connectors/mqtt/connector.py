"""MqttConnector: messages of one broker as batches, acknowledged when they are durable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from secrets import token_hex

from connectors.mqtt.acknowledgement import Acknowledgements
from connectors.mqtt.behind import ClockWatch
from connectors.mqtt.decode import Decoder, Message
from connectors.mqtt.link import Link
from connectors.mqtt.mapping import Mapping
from connectors.mqtt.rule import Rule
from connectors.mqtt.session import Session
from connectors.mqtt.settings import broker_of, rules_of
from twin.core.batch import Batch, texts
from twin.core.errors import Misconfigured, Unreachable
from twin.core.event import GAP, TAGS_COVERED, Event
from twin.core.inbox import Inbox
from twin.core.plugin import ConnectionSpec, Surroundings, TagAddress
from twin.core.ports import Probed

GATHER_S = 0.005
"""After a group, messages gather this long: at 10,000 a second a group holds 50, and numpy is paid once for all."""
PROBE_S = 3.0
SHORT_S = 30.0
"""A link that lasts less is suspicious when it happens again."""
KEPT = 65_536
"""Bytes of a dead letter that are kept."""


class MqttConnector:
    """One connection entry: one client, one persistent session."""

    def __init__(self, spec: ConnectionSpec, addresses: Sequence[TagAddress], surroundings: Surroundings) -> None:
        self.name = spec.id
        self._by_arrival = spec.time == "arrival"
        self._clock = surroundings.clock
        self._reporter = surroundings.reporter
        self._broker = broker_of(spec, surroundings.folder)
        self._mapping = Mapping(rules_of(spec, addresses, surroundings.tags))
        self._clock_watch = ClockWatch(spec.id, surroundings.tags, surroundings.reporter)
        self._qos = _qos_of(addresses)
        self._session = Session(surroundings.folder, spec.id)
        self._filters = tuple(self._qos)
        self._refused: set[str] = set()
        self._short_links = 0

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Inbox]:
        """Connect, resume the session, subscribe; the inbox of this link. Each link has its own packet ids."""
        link = Link(self._broker, self._clock)
        inbox = Inbox(self.name)
        tasks: list[asyncio.Task[None]] = []
        try:
            before = self._session.last()
            resumed = await link.open()
            if before is not None:
                self._tell_pause(resumed, before.heard)
                link.unsubscribe([old for old in before.filters if old not in self._qos])
            if not resumed:
                await self._subscribe(link)
            durable_to = before.heard if before is not None and resumed else self._clock.now()
            self._session.heard(durable_to, self._filters, at_once=True)
            tasks.append(asyncio.create_task(self._read(link, inbox)))
            if resumed:  # rumqttd answers only when what waited is acknowledged, so this cannot stand before the yield
                tasks.append(asyncio.create_task(self._subscribe_again(link, inbox)))
            yield inbox
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await link.close()

    async def probe(self) -> Sequence[Probed]:
        """Listen for 3 s in a session of its own, and say for each tag what came."""
        broker = replace(self._broker, client_id=f"linetwin-probe-{token_hex(4)}", session_expiry=0)
        link = Link(broker, self._clock, clean=True)
        messages: list[Message] = []
        try:
            await link.open()
            await link.subscribe(dict.fromkeys(self._qos, 0))
            with suppress(TimeoutError):
                async with asyncio.timeout(PROBE_S):
                    while True:
                        messages += await link.messages()
        finally:
            await link.close()
        return self._probed(messages)

    async def _read(self, link: Link, inbox: Inbox) -> None:
        opened = asyncio.get_running_loop().time()
        decoder = Decoder(self.name, self._mapping, self._by_arrival)
        acknowledgements = Acknowledgements(link.acknowledge)
        try:
            while True:
                await inbox.room()
                self._take(await link.messages(), decoder, acknowledgements, inbox)
                await asyncio.sleep(GATHER_S)
        except Unreachable as error:
            inbox.fail(self._explained(error, asyncio.get_running_loop().time() - opened))
        except Exception as error:  # whatever ends the reading must reach who waits for batches
            inbox.fail(error)

    def _explained(self, error: Unreachable, lasted_s: float) -> Unreachable:
        """Brokers that do not say "session taken over" just hang up; from the second time on we name the suspicion."""
        self._short_links = self._short_links + 1 if lasted_s < SHORT_S else 0
        if self._short_links < 2:
            return error
        fact = f"{error}, {self._short_links} times soon after it was made"
        return Unreachable(f"{fact}; does another program use client id {self._broker.client_id!r}?")

    def _take(
        self, messages: Sequence[Message], decoder: Decoder, acknowledgements: Acknowledgements, inbox: Inbox
    ) -> None:
        decoded = decoder.decode(messages)
        mids = [message.mid for message in messages if message.mid]
        for letter in decoded.dead:
            self._reporter.dead_letter(letter.cause, letter.place, letter.payload[:KEPT])
        acknowledge = acknowledgements.group(mids, has_rows=decoded.batch is not None)
        if decoded.batch is not None:
            self._clock_watch.look(decoded.batch, messages[0].arrival)
            inbox.put(decoded.batch, self._durable(acknowledge, messages[0].arrival))
        self._count(messages, decoded.batch, decoded.unmapped)

    def _durable(self, acknowledge: Callable[[], None] | None, arrival: int) -> Callable[[], None]:
        def durable() -> None:
            if acknowledge is not None:
                acknowledge()
            self._session.heard(arrival, self._filters)

        return durable

    def _count(self, messages: Sequence[Message], taken: Batch | None, unmapped: int) -> None:
        counted = {
            "messages": len(messages),
            "values": 0 if taken is None else len(taken),
            "unmapped": unmapped,
            "duplicates": sum(message.duplicate for message in messages),
            "retained": sum(message.retained for message in messages),
        }
        for what, n in counted.items():
            if n:
                self._reporter.count(what, n)

    async def _subscribe_again(self, link: Link, inbox: Inbox) -> None:
        """Subscribe in a resumed session too: the plant file may have changed."""
        try:
            await self._subscribe(link)
        except Misconfigured as error:
            inbox.fail(error)
        except Unreachable:
            return  # the link ended, which its reader reports

    async def _subscribe(self, link: Link) -> None:
        granted = await link.subscribe(self._qos)
        for rule in self._mapping.rules:
            self._report_grant(rule, granted[rule.filter])
        if granted and all(code >= 128 for code in granted.values()):
            raise Misconfigured(f"{self._broker.url}: every topic is refused; give user {self._broker.user!r} a right")

    def _report_grant(self, rule: Rule, code: int) -> None:
        if code >= 128:
            self._problem(rule.tag, f"the broker refuses topic {rule.filter!r} (reason {code}); mend its access list")
        elif code < self._qos[rule.filter]:
            self._problem(rule.tag, f"the broker grants only QoS 0 for {rule.filter!r}; an outage loses values")
        elif rule.tag in self._refused:
            self._refused.discard(rule.tag)
            self._reporter.problem(rule.tag, "")

    def _problem(self, tag: str, text: str) -> None:
        self._refused.add(tag)
        self._reporter.problem(tag, text)

    def _tell_pause(self, resumed: bool, heard: int) -> None:
        """Without our session everything since is lost; with it the broker kept all but what is subscribed at QoS 0."""
        now = self._clock.now()
        since = min(heard, now)
        tags = sorted(rule.id for rule in self._mapping.rules if self._qos[rule.filter] > 0) if resumed else []
        lossy = sorted({rule.id for rule in self._mapping.rules}.difference(tags))
        if tags:
            kept = {"tags": tags, "by": "messages", "resumed": True, "since": since}
            self._reporter.event(Event(now, TAGS_COVERED, self.name, kept))
        if lossy:
            body: dict[str, object] = {"from": since, "to": now, "cause": "the broker had no session for us"}
            if resumed:
                body |= {"cause": "subscribed at QoS 0", "tags": lossy}
            self._reporter.event(Event(now, GAP, self.name, body))

    def _probed(self, messages: Sequence[Message]) -> list[Probed]:
        decoded = Decoder(self.name, self._mapping, self._by_arrival).decode(messages)
        shown = {} if decoded.batch is None else _last_values(decoded.batch)
        causes = {letter.place.split(": ")[0]: letter.cause for letter in decoded.dead}
        return [
            Probed(rule.tag, value=shown[rule.id])
            if rule.id in shown
            else Probed(rule.tag, problem=_why_not(rule.filter, causes.get(rule.filter)))
            for rule in self._mapping.rules
        ]


def _why_not(topic: str, cause: str | None) -> str:
    return f"{cause} (topic {topic})" if cause else f"no message within {PROBE_S:.0f} s (topic {topic})"


def _last_values(found: Batch) -> dict[int, str]:
    rows = zip(found.tag.tolist(), found.value.tolist(), texts(found), strict=True)
    return {tag: f"{value:.15g}" if text is None else text for tag, value, text in rows}


def _qos_of(addresses: Sequence[TagAddress]) -> dict[str, int]:
    """Each filter once, with the highest QoS that one of its tags asks for."""
    qos: dict[str, int] = {}
    for address in addresses:
        topic = address.settings["topic"]
        qos[topic] = max(qos.get(topic, 0), address.settings.get("qos", 1))
    return qos
