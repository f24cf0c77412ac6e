"""Expressions as a tree: what `when: "rate(total, 30s) > 0"` or `compute: "(a - b) * 4.19"` says, without any value.

Evaluation stands in twin.state.expression; parsing in twin.model.rule_parser; functions in twin.model.rule_functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

PANES = 20
"""A window moves on in so many steps: what `mean(power, 5m)` gives is new every 15 s."""


@dataclass(frozen=True, slots=True)
class Number:
    """A constant; `true` is 1, `false` 0. unit: as written, '' for none; twin.model.measure.fitting takes it away."""

    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class TagValue:
    """The current value of a tag, in the tag's unit. path: full."""

    path: str


@dataclass(frozen=True, slots=True)
class Previous:
    """The value of the sample before the newest one of a tag."""

    path: str


@dataclass(frozen=True, slots=True)
class Bit:
    """Bit `index` (0 is the lowest) of a tag's value: 0 or 1."""

    path: str
    index: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Pieces per second of a counter tag over the last `window` ns."""

    path: str
    window: int


@dataclass(frozen=True, slots=True)
class Window:
    """What a tag came to over the last `window` ns: `mean minimum maximum sum count delta`."""

    function: str
    path: str
    window: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x` or `-x`."""

    operator: str
    operand: Rule


@dataclass(frozen=True, slots=True)
class Binary:
    """`and or == != < <= > >= + - * /`."""

    operator: str
    left: Rule
    right: Rule


@dataclass(frozen=True, slots=True)
class Call:
    """A function of values at one instant: `if min max abs ..`."""

    function: str
    arguments: tuple[Rule, ...]


OfTag = TagValue | Previous | Bit | Rate | Window
"""What reads a tag."""
Rule = Number | OfTag | Unary | Binary | Call
"""A condition or a number; a number is true when it is not 0."""


def operands(rule: Rule) -> tuple[Rule, ...]:
    """What an operator or a function is applied to."""
    match rule:
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return left, right
        case Call(_, arguments):
            return arguments
        case _:
            return ()


def parts(rule: Rule) -> Iterator[Rule]:
    """The rule and all that it is made of, in reading order."""
    yield rule
    for operand in operands(rule):
        yield from parts(operand)


def readings(rule: Rule) -> list[OfTag]:
    """What reads a tag in it, each once, in reading order."""
    return list(dict.fromkeys(part for part in parts(rule) if isinstance(part, OfTag)))


def tags_of(rule: Rule) -> list[str]:
    """Paths of the tags a rule reads, each once, in reading order."""
    return list(dict.fromkeys(part.path for part in readings(rule)))


def replaced(rule: Rule, other: Callable[[Number | OfTag], Rule]) -> Rule:
    """The same rule with another part in the place of each number and of each thing that reads a tag."""
    match rule:
        case Unary(operator, operand):
            return Unary(operator, replaced(operand, other))
        case Binary(operator, left, right):
            return Binary(operator, replaced(left, other), replaced(right, other))
        case Call("round", (value, Number() as decimals)):  # how it is rounded is no value
            return Call("round", (replaced(value, other), decimals))
        case Call(function, arguments):
            return Call(function, tuple(replaced(argument, other) for argument in arguments))
        case _:
            return other(rule)


def renamed(rule: Rule, name: Callable[[str], str]) -> Rule:
    """The same rule with other names for tags."""
    return replaced(rule, lambda part: part if isinstance(part, Number) else replace(part, path=name(part.path)))
