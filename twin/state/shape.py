"""Shapes of expressions: those that read alike, whatever their tags and constants, are evaluated together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.core.readers import Index, Readers
from twin.model.rule import (
    Bit,
    Call,
    Number,
    OfTag,
    Previous,
    Rate,
    Rule,
    TagValue,
    Window,
    operands,
    readings,
    replaced,
)
from twin.state.expression import Column, evaluate

Signal = tuple[str, str, int]
"""What is kept for an expression: (path, function, window in ns); ('', 0) behind the path is the tag's value."""
PREVIOUS, RATE = "previous", "rate"
OPTIONAL = frozenset({"value_or", "is_good"})
"""Functions whose first argument may have had no sample yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One shape. rule: numbers stand for constants, `#1` for a tag. slots: what it reads, by the names of these tags.

    members: places of its expressions; inputs: [member, slot] rows of signals; constants: [member, number]. required:
    slots that must have had a sample. readers: place in `inputs.ravel()` by the row of a signal.
    """

    rule: Rule
    slots: Mapping[Signal, int]
    members: Index
    inputs: NDArray[np.intp]
    constants: NDArray[np.float64]
    required: Sequence[int]
    readers: Readers

    def evaluate(self, member: Index, value: NDArray[np.float64], status: NDArray[np.uint32]) -> Column:
        """The expression of each member. value, status: [row, slot]."""

        def read(part: Number | OfTag) -> Column:
            if isinstance(part, Number):
                return Column(self.constants[member, int(part.value)], np.zeros(len(member), np.uint32))
            of_value = self.slots[part.path, "", 0]  # a rate is as good as its counter
            slot = self.slots[signal_of(part)]
            return Column(value[:, slot], status[:, of_value if isinstance(part, Rate) else slot])

        return evaluate(self.rule, read)


def signal_of(part: OfTag) -> Signal:
    """What must be kept for a reading; a bit is one of the tag's value."""
    match part:
        case TagValue(path) | Bit(path):
            return path, "", 0
        case Previous(path):
            return path, PREVIOUS, 0
        case Rate(path, window):
            return path, RATE, window
        case Window(function, path, window):
            return path, function, window


def signals_of(rule: Rule) -> list[Signal]:
    """All that must be kept for an expression, each once: what it reads and the values that this is made of."""
    found = [signal for part in readings(rule) for signal in (signal_of(part), (part.path, "", 0))]
    return list(dict.fromkeys(found))


def shapes(rules: Sequence[Rule], row: Mapping[Signal, int]) -> list[Shape]:
    """The shapes of expressions. row: of each signal."""
    found: dict[tuple[Rule, tuple[Signal, ...]], list[tuple[int, list[int], list[float]]]] = {}
    for number, rule in enumerate(rules):
        signals = signals_of(rule)
        place = {path: f"#{at}" for at, path in enumerate(dict.fromkeys(path for path, _, _ in signals))}
        like, constants = _lifted(rule, place)
        slots = tuple((place[path], function, window) for path, function, window in signals)
        found.setdefault((like, slots), []).append((number, [row[one] for one in signals], constants))
    return [_shape(rule, slots, members) for (rule, slots), members in found.items()]


def _lifted(rule: Rule, place: Mapping[str, str]) -> tuple[Rule, list[float]]:
    """The expression with the places of tags and constants, and the constants."""
    constants: list[float] = []

    def other(part: Number | OfTag) -> Rule:
        if not isinstance(part, Number):
            return replace(part, path=place[part.path])
        constants.append(part.value)
        return Number(float(len(constants) - 1))

    return replaced(rule, other), constants


def _shape(rule: Rule, slots: Sequence[Signal], members: Sequence[tuple[int, list[int], list[float]]]) -> Shape:
    inputs = np.array([rows for _, rows, _ in members], dtype=np.intp)
    numbered = {signal: number for number, signal in enumerate(slots)}
    return Shape(
        rule,
        numbered,
        np.array([number for number, _, _ in members], dtype=np.intp),
        inputs,
        np.array([constants for _, _, constants in members], dtype=np.float64),
        sorted({numbered[one] for one in _required(rule)}),
        Readers(inputs.ravel().astype(np.int32)),
    )


def _required(rule: Rule) -> Iterator[Signal]:
    """Signals without which there is no sample."""
    for part in _needed(rule):
        if isinstance(part, OfTag):
            yield (part.path, "", 0) if isinstance(part, Rate) else signal_of(part)


def _needed(rule: Rule) -> Iterator[Rule]:
    if isinstance(rule, Call) and rule.function in OPTIONAL:
        for argument in rule.arguments[1:]:
            yield from _needed(argument)
        return
    yield rule
    for part in operands(rule):
        yield from _needed(part)
