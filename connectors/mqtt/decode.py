"""Decode: messages to columns. No message can raise out of here, and a bad one never costs its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from connectors.mqtt.json_path import MISSING, elements, find
from connectors.mqtt.mapping import Group, Mapping, Plan
from connectors.mqtt.payload import NOT_JSON, document_of, number_of, scalar_of, string_of, text_of
from connectors.mqtt.rule import Rule
from twin.core.batch import Batch, batch
from twin.core.errors import Undecodable
from twin.core.status import BAD_NO_DATA, GOOD, UNCERTAIN_LAST_USABLE
from twin.core.tags import TagType

_NAN = float("nan")


class Message(NamedTuple):
    """One PUBLISH as it came. arrival: ns. mid: packet id, 0 at QoS 0."""

    topic: str
    payload: bytes
    arrival: int
    retained: bool = False
    duplicate: bool = False
    mid: int = 0


class DeadLetter(NamedTuple):
    """One message, or one tag's part of it, that could not be read. place: its topic, and what is wrong there."""

    cause: str
    place: str
    payload: bytes


class Decoded(NamedTuple):
    """What a group of messages gave. batch: None without a single sample. unmapped: messages that no tag reads."""

    batch: Batch | None
    dead: list[DeadLetter]
    unmapped: int


class Decoder:
    """Turns groups of messages into batches; one for each link.

    It remembers every tag's last instant: another value at the same instant is put 1 ns later, so that a source
    with coarse stamps loses nothing. A redelivery comes over a new link, in the same order, and so gets the same
    instants again; that is why a decoder does not outlive its link. What is stamped at its arrival never shares an
    instant: messages that came in one piece of the wire are as many samples, equal values too.
    """

    def __init__(self, source: str, mapping: Mapping, by_arrival: bool = False) -> None:
        self._source = source
        self._mapping = mapping
        self._by_arrival = by_arrival
        self._last: dict[int, tuple[int, int, object]] = {}
        self._arrived: dict[int, int] = {}

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """The samples of messages, in their order, and what could not be read."""
        rows = _Rows(self._last, self._arrived)
        dead: list[DeadLetter] = []
        unmapped = 0
        for message in messages:
            plan = self._mapping.plan(message.topic)
            if plan is None:
                unmapped += 1
            else:
                dead.extend(_letter(error, message) for error in self._read(plan, message, rows))
        return Decoded(rows.batch(self._source), dead, unmapped)

    def _read(self, plan: Plan, message: Message, rows: _Rows) -> list[Undecodable]:
        """Add what one message holds; what is wrong with it, each cause once."""
        found = _Found(0, set(), {})
        try:
            if plan.raw:
                self._read_raw(plan.raw, message, rows)
                found.samples = len(plan.raw)
            if plan.groups:
                document = _document(message.payload, plan)
                for group in plan.groups:
                    self._read_group(group, document, message, rows, found)
        except Undecodable as error:
            found.errors[error.cause] = error
        if not found.samples and not found.errors and found.missing:
            cause = f"no value at {', '.join(sorted(found.missing)[:3])}"
            return [Undecodable(cause)]
        return list(found.errors.values())

    def _read_raw(self, rules: Sequence[Rule], message: Message, rows: _Rows) -> None:
        status = UNCERTAIN_LAST_USABLE if message.retained else GOOD
        for rule in rules:
            text = message.payload.hex() if rule.type is TagType.BYTES else text_of(message.payload)
            rows.add(rule.id, None, message.arrival, _NAN, text, status)

    def _read_group(self, group: Group, document: Any, message: Message, rows: _Rows, found: _Found) -> None:
        if group.each is None:
            self._read_element(group, document, message, rows, found)
            return
        walked = elements(document, group.each)
        if walked is None:
            found.missing.update(rule.label for rule in group.rules)
            return
        for element in walked:
            self._read_element(group, element, message, rows, found)

    def _read_element(self, group: Group, element: Any, message: Message, rows: _Rows, found: _Found) -> None:
        try:
            time = None if group.timestamp is None or self._by_arrival else group.timestamp.read(element)
        except Undecodable as error:
            found.errors[error.cause] = error
            return
        status = UNCERTAIN_LAST_USABLE if message.retained and time is None else GOOD
        for rule in group.rules:
            if rule.where and not all(find(element, path) == literal for path, literal in rule.where):
                continue
            value = element if rule.value is None else find(element, rule.value)
            if value is MISSING:
                found.missing.add(rule.label)
                continue
            try:
                _add(rule, value, element, (time, message.arrival), status, rows)
                found.samples += 1
            except Undecodable as error:
                cause = f"{error.cause} at {rule.label}"
                found.errors[cause] = Undecodable(cause, _detail(error))


@dataclass(slots=True)
class _Found:
    """What one message gave so far."""

    samples: int
    missing: set[str]
    errors: dict[str, Undecodable]


class _Rows:
    """Columns that grow as lists and become arrays once a group: numpy a value at a time costs ten times as much."""

    def __init__(self, last: dict[int, tuple[int, int, object]], arrived: dict[int, int]) -> None:
        self._last = last
        self._arrived = arrived
        self._tag: list[int] = []
        self._time: list[int] = []
        self._value: list[float] = []
        self._status: list[int] = []
        self._text: dict[int, str] = {}

    def add(self, tag: int, time: int | None, arrival: int, value: float, text: str | None, status: int) -> None:
        """One sample. time: of the source, if it gave one. What would share an instant goes 1 ns behind."""
        if time is None:
            instant = self._arrived[tag] = max(arrival, self._arrived.get(tag, 0) + 1)
        else:
            instant = self._sourced(tag, time, value if text is None else text)
        if text is not None:
            self._text[len(self._tag)] = text
        self._tag.append(tag)
        self._time.append(instant)
        self._value.append(value)
        self._status.append(status)

    def _sourced(self, tag: int, time: int, content: object) -> int:
        """The same instant with another value goes behind the one before; with the same value it is the same sample."""
        last = self._last.get(tag)
        instant = time
        if last is not None and last[0] == time:
            instant = last[1] + (content != last[2])
        self._last[tag] = (time, instant, content)
        return instant

    def batch(self, source: str) -> Batch | None:
        """The columns so far; None without a row."""
        if not self._tag:
            return None
        text = [self._text.get(row) for row in range(len(self._tag))] if self._text else None
        return batch(source, self._tag, self._time, self._value, self._status, text)


def _add(rule: Rule, value: Any, element: Any, when: tuple[int | None, int], status: int, rows: _Rows) -> None:
    """when: the source's time, and the arrival."""
    if rule.quality is not None:
        status = rule.quality.read(element) or status
    if value is None:
        rows.add(rule.id, *when, _NAN, None, BAD_NO_DATA)  # null: the source says itself that it has none
    elif rule.type is TagType.NUMBER:
        number, text = number_of(value)
        rows.add(rule.id, *when, number, text, status)
    else:
        rows.add(rule.id, *when, _NAN, string_of(value), status)


def _document(payload: bytes, plan: Plan) -> Any:
    """The JSON document; a bare word or number where a tag reads the whole payload."""
    text = text_of(payload)
    try:
        return document_of(text)
    except Undecodable as error:
        whole = any(rule.value is None and rule.each is None for group in plan.groups for rule in group.rules)
        if error.cause != NOT_JSON or not whole or text.lstrip()[:1] in {"{", "["}:
            raise
        return scalar_of(text)


def _letter(error: Undecodable, message: Message) -> DeadLetter:
    detail = _detail(error)
    return DeadLetter(error.cause, f"{message.topic}: {detail}" if detail else message.topic, message.payload)


def _detail(error: Undecodable) -> str:
    return str(error)[len(error.cause) + 2 :]
