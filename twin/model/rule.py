"""State rules as a tree: what `when: "rate(total, 30s) > 0"` says, before any value is known.

Evaluation stands with the folds (twin.mes.condition); parsing in twin.model.rule_parser.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A constant; `true` is 1, `false` 0."""

    value: float


@dataclass(frozen=True, slots=True)
class TagValue:
    """The current value of a tag, in the tag's unit. path: full."""

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


Rule = Number | TagValue | Bit | Rate | Unary | Binary
"""A condition or a number; a number is true when it is not 0."""


def tags_of(rule: Rule) -> list[str]:
    """Paths of the tags a rule reads, each once, in reading order."""
    match rule:
        case Number():
            return []
        case TagValue(path) | Bit(path) | Rate(path):
            return [path]
        case Unary(_, operand):
            return tags_of(operand)
        case Binary(_, left, right):
            return list(dict.fromkeys(tags_of(left) + tags_of(right)))
