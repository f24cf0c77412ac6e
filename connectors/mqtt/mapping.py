"""Mapping: which rules a topic feeds. Exact topics stand ready; topics of wildcard filters are matched once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.mqtt.json_path import Path
from connectors.mqtt.rule import Rule, matched_part
from connectors.mqtt.timestamp import Timestamp
from twin.core.tags import TagType

REMEMBERED = 10_000
"""Wildcard matches kept. A flood of new topics pushes out the oldest; it costs time, not memory."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that read the same element at the same time."""

    each: Path | None
    timestamp: Timestamp | None
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one topic feeds. raw: text and bytes tags that take the payload as it is; groups: what reads JSON."""

    raw: tuple[Rule, ...]
    groups: tuple[Group, ...]


class Mapping:
    """Topic -> Plan, or None when no tag reads that topic."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._wild = tuple(rule for rule in rules if _is_wild(rule.filter))
        exact = {matched_part(rule.filter) for rule in rules if not _is_wild(rule.filter)}
        self._exact = self._plans_of(exact)
        self._matched: dict[str, Plan | None] = {}

    @property
    def filters(self) -> tuple[str, ...]:
        """Every subscription once, in the order of the plant file."""
        return tuple(dict.fromkeys(rule.filter for rule in self.rules))

    def plan(self, topic: str) -> Plan | None:
        """What a topic feeds."""
        plan = self._exact.get(topic)
        if plan is not None or not self._wild:
            return plan
        if topic in self._matched:
            return self._matched[topic]
        plan = _plan(rule for rule in self._wild if matches(rule.filter, topic))
        if len(self._matched) >= REMEMBERED:
            del self._matched[next(iter(self._matched))]
        self._matched[topic] = plan
        return plan

    def _plans_of(self, topics: set[str]) -> dict[str, Plan]:
        named: dict[str, list[Rule]] = {topic: [] for topic in topics}
        for rule in self.rules:
            if not _is_wild(rule.filter):
                named[matched_part(rule.filter)].append(rule)
        for topic, found in named.items():
            found.extend(rule for rule in self._wild if matches(rule.filter, topic))
        return {topic: plan for topic, found in named.items() if (plan := _plan(found)) is not None}


def matches(subscription: str, topic: str) -> bool:
    """Whether a filter takes a topic (MQTT 5, 4.7): `+` is one level, `#` the rest and the level above it."""
    wanted, given = matched_part(subscription).split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in {"+", "#"}:
        return False
    for at, level in enumerate(wanted):
        if level == "#":
            return True
        if at >= len(given) or level not in {"+", given[at]}:
            return False
    return len(wanted) == len(given)


def _is_wild(subscription: str) -> bool:
    return "+" in subscription or "#" in subscription


def _plan(rules: Iterable[Rule]) -> Plan | None:
    raw: list[Rule] = []
    groups: dict[tuple[Path | None, Timestamp | None], list[Rule]] = {}
    for rule in rules:
        if rule.type is not TagType.NUMBER and rule.value is None and rule.each is None:
            raw.append(rule)
        else:
            groups.setdefault((rule.each, rule.timestamp), []).append(rule)
    if not raw and not groups:
        return None
    return Plan(tuple(raw), tuple(Group(each, when, tuple(found)) for (each, when), found in groups.items()))
