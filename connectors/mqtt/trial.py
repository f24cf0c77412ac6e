"""Trial: one message through the mapping of a plant file, without a broker (`twin mqtt test`)."""

from __future__ import annotations

from collections.abc import Sequence
from time import time_ns

from connectors.mqtt.decode import Decoder, Message
from connectors.mqtt.mapping import Mapping
from connectors.mqtt.rule import Rule, compile_rule, matched_part
from twin.core.batch import texts
from twin.core.errors import Misconfigured
from twin.core.plugin import TagAddress, Tried


def trial(addresses: Sequence[TagAddress], topic: str, payload: bytes) -> list[Tried]:
    """What every tag that reads the topic would make of the message; empty when none does.

    The time of a value without one of its own is now. Raises Misconfigured for a tag that is itself wrong.
    """
    rules = [_rule(address, at) for at, address in enumerate(addresses)]
    read_by = [rule for rule in rules if Mapping([rule]).plan(topic) is not None]
    return [one for rule in read_by for one in _try(rule, topic, payload)]


def _rule(address: TagAddress, at: int) -> Rule:
    try:
        return compile_rule(address, at)
    except ValueError as error:
        raise Misconfigured(f"{address.place or address.tag}: {error}") from None


def _try(rule: Rule, topic: str, payload: bytes) -> list[Tried]:
    """One tag alone, so that what it misses is said of it and not forgiven because a neighbour found its own."""
    decoded = Decoder("", Mapping([rule])).decode([Message(topic, payload, time_ns())])
    causes = [Tried(rule.tag, problem=_because(letter.cause, letter.place, topic)) for letter in decoded.dead]
    if decoded.batch is None:
        return causes or [Tried(rule.tag, problem=f"no element of {matched_part(rule.filter)} is this tag's")]
    found = decoded.batch
    rows = zip(found.time.tolist(), found.value.tolist(), found.status.tolist(), texts(found), strict=True)
    return [Tried(rule.tag, value, text, time, status) for time, value, status, text in rows] + causes


def _because(cause: str, place: str, topic: str) -> str:
    detail = place[len(topic) :].removeprefix(": ")
    return f"{cause}: {detail}" if detail else cause
