"""How specs are written in YAML, by the type hints of their fields: a new field of a spec is a new key.

| type of a field | in YAML |
|---|---|
| `int`, `float`, `bool`, `str`, a `Literal`, an `Enum` | a scalar; an enumeration by its name in small letters |
| a number named `cycle_ms`, `every_s`, `life_h` | a length of time: `cycle: 500ms`, `every: 15m`, `life: 20000h` |
| `tuple[X, ...]` | a list, or one X by itself; a mapping by name where X has a `name` |
| `tuple[X, Y]` | a list of two |
| `Mapping[str, X]` | a mapping |
| a dataclass | a mapping of its fields; what has a default may be left out |
| `X | Y` | whichever fits the shape |
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from simulators.description.document import Node

_LENGTH = re.compile(r"(?P<key>.+)_(?P<unit>ms|s|min|h|d)")
_RATE = re.compile(r".*(?:^|_)(?:mm|m|m2|m3|l|kg|k|j|kj|rad|per|bar|a|kw)")
"""What stands before `_s` or `_h` in a rate: `healthy_mm_s` is a speed."""


@dataclass(frozen=True, slots=True)
class Within:
    """The range of a number, both ends in it; `above`: the low end is not."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False

    def fault(self, number: float) -> str:
        """What is wrong with a number, empty when it fits."""
        if number > self.high or number < self.low or (self.above and number == self.low):
            return f"is out of range; {self.fix}"
        return ""

    @property
    def fix(self) -> str:
        """The range in words."""
        low = f"{'more than' if self.above else 'at least'} {self.low:,g}"
        if self.high == math.inf:
            return f"take {low}"
        return f"take {low} and at most {self.high:,g}" if self.low > -math.inf else f"take at most {self.high:,g}"


Check = Callable[[Any, Node, str, dict[str, Any]], None]
Form = Callable[[Any, Node, str], Any]
"""A way of its own to write a type: reader, node, place -> value."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What type hints do not say.

    forms, own: types, and single fields (type, field), with a way of their own. keys: field -> its key in YAML.
    within: field -> range of its numbers. inline: fields of a dataclass whose keys stand in the same mapping.
    hidden: fields that no file sets. aside: type -> keys in its mapping that are read elsewhere. checks: type -> what
    looks at all its fields (reader, node, place, values) before it is made, and raises Mistake.
    """

    forms: Mapping[Any, Form] = field(default_factory=dict[Any, Form])
    own: Mapping[tuple[type, str], Form] = field(default_factory=dict[tuple[type, str], Form])
    keys: Mapping[tuple[type, str], str] = field(default_factory=dict[tuple[type, str], str])
    within: Mapping[tuple[type, str], Within] = field(default_factory=dict[tuple[type, str], Within])
    inline: frozenset[tuple[type, str]] = frozenset()
    hidden: frozenset[tuple[type, str]] = frozenset()
    aside: Mapping[type, tuple[str, ...]] = field(default_factory=dict[type, tuple[str, ...]])
    checks: Mapping[type, Check] = field(default_factory=dict[type, "Check"])


@dataclass(frozen=True, slots=True)
class Slot:
    """One field as a file writes it. unit: of a length of time, empty for anything else."""

    key: str
    type: Any
    unit: str
    within: Within
    field: Field[Any] | None = None

    @property
    def needed(self) -> bool:
        """Whether it has no default."""
        one = self.field
        return one is not None and one.default is MISSING and one.default_factory is MISSING

    @classmethod
    def plain(cls, within: Within) -> Slot:
        """A number by itself."""
        return cls("", float, "", within)

    @classmethod
    def length(cls, unit: str) -> Slot:
        """A length of time by itself."""
        return cls("", float, unit, Within(0.0))


@dataclass(frozen=True, slots=True)
class Hint:
    """A field of a dataclass with its type."""

    name: str
    type: Any
    field: Field[Any]


@cache
def hints_of(wanted: Any) -> tuple[Hint, ...]:
    """The fields of a dataclass that its maker takes."""
    hints = get_type_hints(wanted)
    return tuple(Hint(one.name, hints[one.name], one) for one in fields(wanted) if one.init)


def slot_of(wanted: type, hint: Hint, grammar: Grammar) -> Slot:
    """How a field is written."""
    key, unit = _length_of(hint.name) if _numeric(hint.type) else (hint.name, "")
    within = grammar.within.get((wanted, hint.name), Within(0.0) if unit else Within())
    return Slot(grammar.keys.get((wanted, hint.name), key), hint.type, unit, within, hint.field)


def slots_of(wanted: Any, grammar: Grammar) -> dict[str, Slot]:
    """Key -> field, those of inline fields among them."""
    found: dict[str, Slot] = {}
    for hint in hints_of(wanted):
        if (wanted, hint.name) in grammar.inline:
            found |= slots_of(hint.type, grammar)
        elif (wanted, hint.name) not in grammar.hidden:
            slot = slot_of(wanted, hint, grammar)
            found[slot.key] = slot
    return found


def has_name(wanted: Any, grammar: Grammar) -> bool:
    """Whether many of a type are written by their names."""
    return is_dataclass(wanted) and "name" in slots_of(wanted, grammar)


def _length_of(name: str) -> tuple[str, str]:
    found = _LENGTH.fullmatch(name)
    if found is None or _RATE.fullmatch(found["key"]):
        return name, ""
    return found["key"], found["unit"]


def _numeric(wanted: Any) -> bool:
    """Whether a type is a number, or holds nothing but numbers."""
    if wanted in {int, float}:
        return True
    origin, parts = get_origin(wanted), get_args(wanted)
    if origin in {Union, UnionType, tuple}:
        return all(one in {NoneType, Ellipsis} or _numeric(one) for one in parts)
    return isinstance(origin, type) and issubclass(origin, Mapping) and _numeric(parts[1])


def fits(wanted: Any, node: Node, grammar: Grammar) -> int:
    """How well a node has the shape of a type; 0: not at all."""
    if isinstance(node.value, dict):
        if is_dataclass(wanted):
            return 1 + len(set(node.value) & set(slots_of(wanted, grammar)))
        origin = get_origin(wanted)
        return int(isinstance(origin, type) and issubclass(origin, Mapping))
    if isinstance(node.value, tuple):
        return int(get_origin(wanted) is tuple)
    if isinstance(node.value, (bool, int, float)):
        return 2 * (wanted is type(node.value)) + (wanted is float and isinstance(node.value, int))
    word = get_origin(wanted) is Literal or (isinstance(wanted, type) and issubclass(wanted, Enum))
    return 2 * word + (wanted is str)
