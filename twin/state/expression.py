"""Expressions evaluated over columns: every value with its status, so that quality is carried through.

The status of a result is the worst of what it depends on: `if` depends on its condition and on what it chose, `and` and
`or` on a side that decides alone (Kleene logic). A result that is no number is BadOutOfRange.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.status import BAD_OUT_OF_RANGE, GOOD, SEVERITY_MASK, UNCERTAIN_SUBSTITUTE, is_bad, is_good
from twin.model.rule import Binary, Bit, Call, Number, OfTag, Rule, Unary

Values = NDArray[np.float64]
Statuses = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Column:
    """Values with a status each; a value whose status is Bad means nothing."""

    value: Values
    status: Statuses

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where there is a value."""
        return ~is_bad(self.status)

    @property
    def true(self) -> NDArray[np.bool_]:
        """Known and not 0."""
        return self.known & (self.value != 0)

    @property
    def false(self) -> NDArray[np.bool_]:
        """Known and 0."""
        return self.known & (self.value == 0)


Read = Callable[[Number | OfTag], Column]
"""The column of a constant or of what reads a tag; of a Bit that of the tag's value."""

_COMPARE: Mapping[str, Callable[[Values, Values], NDArray[np.bool_]]] = {
    "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip
_ARITHMETIC: Mapping[str, Callable[[Values, Values], Values]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide,
}  # fmt: skip


def evaluate(rule: Rule, read: Read) -> Column:
    """The rule over columns; a number is true when it is not 0."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        return _evaluate(rule, read)


def _evaluate(rule: Rule, read: Read) -> Column:
    match rule:
        case Bit(_, index):
            return _bit(read(rule), index)
        case Unary(operator, operand):
            return _unary(operator, _evaluate(operand, read))
        case Binary(operator, left, right):
            return _binary(operator, _evaluate(left, read), _evaluate(right, read))
        case Call("round", (value, Number(decimals))):
            return _rounded(_evaluate(value, read), 10.0 ** int(decimals))
        case Call(function, arguments):
            return _CALLS[function](*[_evaluate(argument, read) for argument in arguments])
        case _:
            return read(rule)


def worst(*statuses: Statuses) -> Statuses:
    """The first of those that are worst, Good before Uncertain before Bad."""
    found = statuses[0]
    mask = np.uint32(SEVERITY_MASK)
    for one in statuses[1:]:
        found = np.where((one & mask) > (found & mask), one, found)
    return found


def plain(status: Statuses) -> Statuses:
    """Statuses without what they say of the sample alone (overflow, limits); of Good ones nothing but that is left."""
    return np.where(is_good(status), np.uint32(GOOD), status & np.uint32(0xFFFF0000))


def _finite(value: Values, status: Statuses) -> Column:
    return Column(value, np.where(~is_bad(status) & ~np.isfinite(value), np.uint32(BAD_OUT_OF_RANGE), status))


def _truth(value: NDArray[np.bool_], status: Statuses) -> Column:
    return Column(value.astype(np.float64), status)


def _bit(word: Column, index: int) -> Column:
    usable = word.known & (np.abs(word.value) < 2**53)
    whole = np.where(usable, word.value, 0).astype(np.int64)
    status = np.where(word.known & ~usable, np.uint32(BAD_OUT_OF_RANGE), word.status)
    return Column(((whole >> index) & 1).astype(np.float64), status)


def _unary(operator: str, x: Column) -> Column:
    return _truth(x.value == 0, x.status) if operator == "not" else Column(-x.value, x.status)


def _binary(operator: str, x: Column, y: Column) -> Column:
    if operator == "and":
        return _decided(x, y, x.false, y.false, x.true & y.true)
    if operator == "or":
        return _decided(x, y, x.true, y.true, x.true | y.true)
    status = worst(x.status, y.status)
    if operator in _COMPARE:
        return _truth(_COMPARE[operator](x.value, y.value), status)
    return _finite(_ARITHMETIC[operator](x.value, y.value), status)


def _decided(
    x: Column, y: Column, by_x: NDArray[np.bool_], by_y: NDArray[np.bool_], value: NDArray[np.bool_]
) -> Column:
    """`and`, `or`: one side may decide alone."""
    return _truth(value, np.where(by_x, x.status, np.where(by_y, y.status, worst(x.status, y.status))))


def _if(condition: Column, then: Column, other: Column) -> Column:
    chosen = np.where(condition.true, then.status, other.status)
    status = np.where(condition.known, worst(condition.status, chosen), condition.status)
    return Column(np.where(condition.true, then.value, other.value), status)


def _min(*columns: Column) -> Column:
    return _folded(np.minimum, columns)


def _max(*columns: Column) -> Column:
    return _folded(np.maximum, columns)


def _folded(function: Callable[[Values, Values], Values], columns: Sequence[Column]) -> Column:
    value = columns[0].value
    for one in columns[1:]:
        value = function(value, one.value)
    return Column(value, worst(*(one.status for one in columns)))


def _sqrt(x: Column) -> Column:
    return _finite(np.sqrt(x.value), x.status)


def _rounded(x: Column, power: float) -> Column:
    return _finite(np.rint(x.value * power) / power, x.status)


def _value_or(x: Column, y: Column) -> Column:
    instead = worst(y.status, np.full_like(y.status, UNCERTAIN_SUBSTITUTE))
    return Column(np.where(x.known, x.value, y.value), np.where(x.known, x.status, instead))


_CALLS: Mapping[str, Callable[..., Column]] = {
    "if": _if,
    "min": _min,
    "max": _max,
    "abs": lambda x: Column(np.abs(x.value), x.status),
    "sqrt": _sqrt,
    "round": lambda x: Column(np.rint(x.value), x.status),
    "floor": lambda x: Column(np.floor(x.value), x.status),
    "ceil": lambda x: Column(np.ceil(x.value), x.status),
    "clamp": lambda x, low, high: _min(_max(x, low), high),
    "value_or": _value_or,
    "is_good": lambda x: _truth(is_good(x.status), np.zeros_like(x.status)),
}
