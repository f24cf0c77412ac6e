"""Dataclasses from YAML, by their type hints alone: see simulators.description.grammar for what is written how."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from simulators.description.document import Entry, Node
from simulators.description.grammar import Grammar, Slot, Within, fits, has_name, hints_of, slot_of, slots_of
from simulators.description.lengths import FIX, seconds
from simulators.description.mistake import Mistake, nearest, shown

_IN_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


class Reader:
    """Reads nodes into types. lines: place (`machines.filler.cycle`) -> line, for checks that come after."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.lines: dict[str, int] = {}

    def read(self, node: Node, wanted: Any, place: str = "", slot: Slot | None = None) -> Any:
        """A value of a type. Raises Mistake with the line where the node does not fit it."""
        self.lines[place] = node.line
        form = self.grammar.forms.get(wanted)
        if form is not None:
            return form(self, node, place)
        origin, parts = get_origin(wanted), get_args(wanted)
        if origin is None:
            return self._plain(node, wanted, place, slot)
        if origin in {Union, UnionType}:
            return self._union(node, parts, place, slot)
        if origin is tuple:
            return self._tuple(node, parts, place, slot)
        if origin is Literal:
            return self._one_of(node, {str(choice): choice for choice in parts}, place)
        return self._by_name(node, parts, place, slot)

    def fields(self, node: Node, wanted: Any, place: str, **given: Any) -> Any:
        """A dataclass from a mapping. given: fields that do not stand in it."""
        slots = slots_of(wanted, self.grammar)
        aside = self.grammar.aside.get(wanted, ())
        self.known(node, [key for key in (*slots, *aside) if key not in given], place)
        return self._made(node, wanted, place, given)

    def entries(self, node: Node, place: str) -> Mapping[str, Entry]:
        """The entries of a mapping; an empty one may be left out after its colon."""
        if node.value is None:
            return {}
        if not isinstance(node.value, dict):
            raise node.wrong(f"{at(place)}is {node.shape}; write `key: value` lines")
        return node.value

    def wrong(self, node: Node, place: str, fact: str) -> Mistake:
        """A mistake at a place that was read; node: where it stands if it was left out."""
        return Mistake(node.file, self.lines.get(place, node.line), f"{at(place)}{fact}")

    def word(self, node: Node, known: Iterable[str], place: str) -> str:
        """One of some words."""
        words = list(known)
        if isinstance(node.value, (tuple, dict)) or node.text not in words:
            fix = nearest(node.text, words) if node.text else f"; there are: {', '.join(words)}"
            raise node.wrong(f"{at(place)}{node.shape} is not known{fix}")
        return node.text

    def _made(self, node: Node, wanted: Any, place: str, given: Mapping[str, Any]) -> Any:
        entries = self.entries(node, place)
        values: dict[str, Any] = {}
        for own in hints_of(wanted):
            if (wanted, own.name) in self.grammar.inline:
                values[own.name] = self._made(node, own.type, place, given)
                continue
            slot = slot_of(wanted, own, self.grammar)
            if slot.key in given:
                values[own.name] = given[slot.key]
            elif slot.key in entries:
                entry = entries[slot.key]
                inner = f"{place}.{slot.key}" if place else slot.key
                form = self.grammar.own.get((wanted, own.name))
                values[own.name] = (
                    self.read(entry.value, slot.type, inner, slot) if form is None else form(self, entry.value, inner)
                )
                self.lines[inner] = entry.line
            elif slot.needed and (wanted, own.name) not in self.grammar.hidden:
                raise node.wrong(f"{at(place)}has no `{slot.key}`; add it")
        check = self.grammar.checks.get(wanted)
        if check is not None:
            check(self, node, place, values)
        try:
            return wanted(**values)
        except ValueError as error:
            raise node.wrong(f"{at(place)}{error}") from error

    def _union(self, node: Node, choices: tuple[Any, ...], place: str, slot: Slot | None) -> Any:
        if node.value is None and NoneType in choices:
            return None
        left = [one for one in choices if one is not NoneType]
        return self.read(node, max(left, key=lambda one: fits(one, node, self.grammar)), place, slot)

    def _tuple(self, node: Node, parts: tuple[Any, ...], place: str, slot: Slot | None) -> tuple[Any, ...]:
        if len(parts) == 2 and parts[1] is Ellipsis:
            return self._list(node, parts[0], place, slot)
        items = node.value if isinstance(node.value, tuple) else None
        if items is None or len(items) != len(parts):
            raise node.wrong(f"{at(place)}is {node.shape}; write a list of {len(parts)}")
        return tuple(
            self.read(item, part, f"{place}[{number}]", slot)
            for number, (item, part) in enumerate(zip(items, parts, strict=True))
        )

    def _list(self, node: Node, part: Any, place: str, slot: Slot | None) -> tuple[Any, ...]:
        if node.value is None:
            return ()
        if isinstance(node.value, dict) and has_name(part, self.grammar):
            named = self.entries(node, place)
            return tuple(self.fields(e.value, part, self._inner(place, k, e), name=k) for k, e in named.items())
        items = node.value if isinstance(node.value, tuple) else (node,)
        return tuple(self.read(item, part, f"{place}[{number}]", slot) for number, item in enumerate(items))

    def _by_name(self, node: Node, parts: tuple[Any, ...], place: str, slot: Slot | None) -> dict[Any, Any]:
        entries = self.entries(node, place)
        names = {key: key for key in entries}
        if isinstance(parts[0], type) and issubclass(parts[0], Enum):
            names = {one.name.lower(): one for one in parts[0]}
            self.known(node, names, place)
        return {
            names[key]: self.read(entry.value, parts[1], self._inner(place, key, entry), slot)
            for key, entry in entries.items()
        }

    def known(self, node: Node, known: Iterable[str], place: str) -> None:
        """Raise Mistake for the first key of a mapping that is not known."""
        for key, entry in self.entries(node, place).items():
            if key not in known:
                raise _at(node, entry).wrong(f"{at(place)}unknown key {shown(key)}{nearest(key, known)}")

    def _inner(self, place: str, key: str, entry: Entry) -> str:
        inner = f"{place}.{key}" if place else key
        self.lines[inner] = entry.line
        return inner

    def _plain(self, node: Node, wanted: Any, place: str, slot: Slot | None) -> Any:
        if is_dataclass(wanted):
            return self.fields(node, wanted, place)
        if isinstance(wanted, type) and issubclass(wanted, Enum):
            return self._one_of(node, {one.name.lower(): one for one in wanted}, place)
        return self._scalar(node, wanted, place, slot)

    def _one_of(self, node: Node, choices: Mapping[str, Any], place: str) -> Any:
        return choices[self.word(node, choices, place)]

    def _scalar(self, node: Node, wanted: Any, place: str, slot: Slot | None) -> Any:
        if wanted is str:
            if isinstance(node.value, (tuple, dict)) or node.value is None:
                raise node.wrong(f"{at(place)}is {node.shape}; write a text")
            return node.text
        if wanted is bool:
            if not isinstance(node.value, bool):
                raise node.wrong(f"{at(place)}{node.shape} is neither true nor false; write one of them")
            return node.value
        if wanted not in {int, float}:
            raise TypeError(f"{place}: nobody told how to read {wanted!r}")
        number = self._length(node, wanted, place, slot) if slot and slot.unit else self._number(node, wanted, place)
        fault = (slot.within if slot else Within()).fault(number)
        if fault:
            raise node.wrong(f"{at(place)}{node.text} {fault}")
        return number

    def _number(self, node: Node, wanted: Any, place: str) -> int | float:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise node.wrong(f"{at(place)}{node.shape} is no number; write one")
        if wanted is int:
            if not isinstance(value, int):
                raise node.wrong(f"{at(place)}{node.shape} is no whole number; write one")
            if abs(value) >= 2**53:
                raise node.wrong(f"{at(place)}{node.text} is too large; take less than 2^53")
            return value
        if not math.isfinite(float(value)):
            raise node.wrong(f"{at(place)}{node.text} is not finite; write a number")
        return float(value)

    def _length(self, node: Node, wanted: Any, place: str, slot: Slot) -> int | float:
        if not isinstance(node.value, (str, int, float)) or isinstance(node.value, bool):
            raise node.wrong(f"{at(place)}{node.shape} is not a length of time; {FIX}")
        if node.value == 0:
            return wanted(0)
        try:
            length = seconds(node.text) / _IN_SECONDS[slot.unit]
        except ValueError as error:
            raise node.wrong(f"{at(place)}{shown(node.text)} {error}") from None
        whole = round(length)
        if wanted is int and abs(length - whole) > 1e-6:
            raise node.wrong(f"{at(place)}{node.text} is no whole number of {slot.unit}; round it")
        return whole if wanted is int else length


def at(place: str) -> str:
    """The place before a fact; the root has none."""
    return f"{place}: " if place else ""


def _at(node: Node, entry: Entry) -> Node:
    """A key as the place of a mistake."""
    return Node(node.file, entry.line, node.begin, node.end, None)
