"""What docs/generate.py tells of line files and scenarios: every key of the specs, as the reader takes them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from simulators.buffer import BufferSpec
from simulators.components.component import ComponentSpec
from simulators.components.sensor import SensorSpec
from simulators.condition import Condition
from simulators.description.around import AROUND, HINTS, spec_of
from simulators.description.flow import FirstCounts
from simulators.description.grammar import Grammar, Slot, slots_of
from simulators.description.line import grammar
from simulators.description.scenario import GRAMMAR, FaultText, ScenarioText
from simulators.description.wires import OnBroker, OnServer, ServerText
from simulators.face import Face, StateCodes, StatusWord
from simulators.hall import LineSpec
from simulators.machine import MachineSpec
from simulators.orders.book import OrderSpec, ProductSpec
from simulators.reports.machine_alarms import AlarmSpec
from simulators.setpoint import SetpointSpec
from simulators.stoppage import Cause, Phases
from simulators.streams import stream

INTRODUCTION = f"""\
What a simulated line may say ([how-to](../how-to/simulate.md)). Scalars are those of YAML 1.2: `14:00`, `on` and `off`
are text. A length of time is written `500ms`, `30s`, `2m`, `8h`. Where many have names, they are a mapping by name; a
list of one may be written without brackets. Phases are conditions one after the other with how long each lasts:
`{{aborted: [2m, 3m], idle: 5s}}`, or who must come for it: `{{aborted: {{lasts: [2m, 3m], by: operator}}}}`.
Conditions: {", ".join(f"`{one.name.lower()}`" for one in Condition)}.

`first_total` and `first_reject` may be drawn by the seed: `{{between: [1000, 90000]}}`, or
`{{odd: [64600, 65400], even: [500, 900]}}` by whether it is odd; `first_reject: {{share: 0.004}}` is a share of it."""

SECTIONS = (
    ("The file", LineSpec),
    ("Server", ServerText),
    ("Buffer", BufferSpec),
    ("Machine", MachineSpec),
    ("Stop", Cause),
    ("Sensor", SensorSpec),
    ("Setpoint", SetpointSpec),
    ("Face: status word", StatusWord),
    ("Face: codes", StateCodes),
    ("Wire: OPC UA", OnServer),
    ("Wire: MQTT", OnBroker),
    *((f"Around the line: `{key}`", spec_of(held)) for key, held in AROUND.items()),
    ("Product", ProductSpec),
    ("Order", OrderSpec),
    ("Machine alarm", AlarmSpec),
)
SCENARIO = (("Scenario", ScenarioText), ("Fault of a scenario", FaultText))
ASIDE = (
    {"servers": "name -> server", "wire": "where its values are"} | dict.fromkeys(AROUND, "one, or many") | dict(HINTS)
)


def sections() -> Iterator[tuple[str, str, list[tuple[str, str, str]]]]:
    """(heading, what its author says, rows of keys) of each mapping."""
    found = grammar(FirstCounts(stream(0, "reference"), 0))
    for heading, spec in SECTIONS:
        yield heading, said(spec, found), list(keys(spec, found))
    for heading, spec in SCENARIO:
        yield heading, said(spec, GRAMMAR), list(keys(spec, GRAMMAR))


def said(spec: Any, rules: Grammar) -> str:
    """The docstring of a spec, and of those whose keys stand in the same mapping."""
    inner = [part for (owner, name), part in _inline(spec, rules) if owner is spec and name]
    texts = [inspect.getdoc(one) or "" for one in (spec, *inner)]
    return re.sub(r"\b([a-z]+(?:_[a-z]+)*)_(?:ms|s|h)\b(?=[:,])", r"\1", "\n\n".join(texts))


def keys(spec: Any, rules: Grammar) -> Iterator[tuple[str, str, str]]:
    """(key, kind, default) of each key."""
    for slot in slots_of(spec, rules).values():
        if slot.key != "name":  # it is the key of the mapping
            yield f"`{slot.key}`", kind(slot.type, bool(slot.unit)), default(slot)
    for key in rules.aside.get(spec, ()):
        yield f"`{key}`", ASIDE.get(key, "mapping"), ""


def default(slot: Slot) -> str:
    """The default of a key; one that is needed says so."""
    if slot.needed or slot.field is None:
        return "needed"
    value = slot.field.default
    if value is MISSING or value in ((), None, ""):
        return ""
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        return "without limit"
    return f"{value:g} {slot.unit}".strip() if isinstance(value, (int, float)) and slot.unit else f"`{value}`"


def kind(wanted: Any, length: bool) -> str:
    """A type for people."""
    origin, parts = get_origin(wanted), get_args(wanted)
    return _plain(wanted, length) if origin is None or wanted == Phases else _composed(origin, parts, length)


def _plain(wanted: Any, length: bool) -> str:
    known = {Phases: "phases", Face: "face", ComponentSpec: "component", str: "text", bool: "true or false"}
    if wanted in known:
        return known[wanted]
    if wanted in {int, float}:
        return "length of time" if length else "whole number" if wanted is int else "number"
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return "one of " + ", ".join(f"`{one.name.lower()}`" for one in wanted)
    return wanted.__name__.removesuffix("Spec").removesuffix("Text").lower()


def _composed(origin: Any, parts: tuple[Any, ...], length: bool) -> str:
    if origin is Literal:
        return " or ".join(f"`{one}`" for one in parts)
    if origin in {Union, UnionType}:
        return " or ".join(kind(one, length) for one in parts if one is not NoneType)
    if origin is tuple:
        return f"{kind(parts[0], length)}, many" if parts[-1] is Ellipsis else f"list of {len(parts)}"
    return f"{'condition' if parts[0] is Condition else 'name'} -> {kind(parts[1], length)}"


def _inline(spec: Any, rules: Grammar) -> list[tuple[tuple[type, str], Any]]:
    hints = get_type_hints(spec)
    return [((owner, name), hints[name]) for owner, name in rules.inline if owner is spec]
