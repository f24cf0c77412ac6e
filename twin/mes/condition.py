"""Rules evaluated over columns, with a third answer: not known, because a value is bad or missing (Kleene logic)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.model.rule import Binary, Bit, Number, Rate, Rule, TagValue, Unary


@dataclass(frozen=True, slots=True)
class Known:
    """A column of values and where they are known."""

    value: NDArray[np.float64]
    known: NDArray[np.bool_]

    @property
    def true(self) -> NDArray[np.bool_]:
        """Known and not 0."""
        return self.known & (self.value != 0)

    @property
    def false(self) -> NDArray[np.bool_]:
        """Known and 0."""
        return self.known & (self.value == 0)


Input = tuple[str, int]
"""(path, window in ns): a tag's value with window 0, else the rate of a counter."""

_COMPARE: Mapping[str, Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]] = {
    "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip
_ARITHMETIC: Mapping[str, Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide,
}  # fmt: skip


def inputs_of(rule: Rule) -> list[Input]:
    """What a rule reads, each once."""
    match rule:
        case Number():
            return []
        case TagValue(path) | Bit(path):
            return [(path, 0)]
        case Rate(path, window):
            return [(path, window)]
        case Unary(_, operand):
            return inputs_of(operand)
        case Binary(_, left, right):
            return list(dict.fromkeys(inputs_of(left) + inputs_of(right)))


def evaluate(rule: Rule, inputs: Mapping[Input, Known], rows: int) -> Known:
    """The rule over columns of `rows` rows; a number is true when it is not 0."""
    match rule:
        case Number(value):
            return Known(np.full(rows, value), np.ones(rows, np.bool_))
        case TagValue(path):
            return inputs[path, 0]
        case Bit(path, index):
            return _bit(inputs[path, 0], index)
        case Rate(path, window):
            return inputs[path, window]
        case Unary(operator, operand):
            return _unary(operator, evaluate(operand, inputs, rows))
        case Binary(operator, left, right):
            return _binary(operator, evaluate(left, inputs, rows), evaluate(right, inputs, rows))


def _bit(word: Known, index: int) -> Known:
    usable = word.known & (np.abs(word.value) < 2**53)
    whole = np.where(usable, word.value, 0).astype(np.int64)
    return Known(((whole >> index) & 1).astype(np.float64), usable)


def _unary(operator: str, x: Known) -> Known:
    if operator == "not":
        return Known((x.value == 0).astype(np.float64), x.known)
    return Known(-x.value, x.known)


def _binary(operator: str, x: Known, y: Known) -> Known:
    if operator == "and":
        false = x.false | y.false
        return Known((x.true & y.true).astype(np.float64), false | (x.known & y.known))
    if operator == "or":
        true = x.true | y.true
        return Known(true.astype(np.float64), true | (x.known & y.known))
    if operator in _COMPARE:
        return Known(_COMPARE[operator](x.value, y.value).astype(np.float64), x.known & y.known)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = _ARITHMETIC[operator](x.value, y.value)
    return Known(value, x.known & y.known & np.isfinite(value))
