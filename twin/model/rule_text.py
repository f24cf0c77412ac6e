"""A rule tree as text: what the user would have written, with no more parentheses than needed."""

from __future__ import annotations

from twin.core.instant import HOUR, MILLISECOND, MINUTE, SECOND
from twin.model.rule import Binary, Bit, Call, Number, Previous, Rate, Rule, TagValue, Unary, Window

LEVELS = (("or",), ("and",), ("not",), ("==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/"), ("negative",))
"""Operators from the loosest to the tightest."""

LEVEL = {operator: level for level, operators in enumerate(LEVELS) for operator in operators}
COMPARISON = LEVEL["=="]
NEGATIVE = LEVEL["negative"]
OPERAND = len(LEVELS)


def text_of(rule: Rule) -> str:
    """The rule as text; parsing it gives the same tree.

    >>> text_of(Binary("and", Bit("status", 3), Binary(">", Rate("total", 30_000_000_000), Number(0.0))))
    'bit(status, 3) and rate(total, 30s) > 0'
    """
    match rule:
        case Number(value, unit):
            text = f"{number_text(value)} {unit}".rstrip()
        case TagValue(path):
            text = path
        case Bit(path, index):
            text = f"bit({path}, {index})"
        case Rate(path, window):
            text = f"rate({path}, {window_text(window)})"
        case Window(function, path, window):
            text = f"{function}({path}, {window_text(window)})"
        case Previous(path):
            text = f"previous({path})"
        case Call(function, arguments):
            text = f"{function}({', '.join(text_of(argument) for argument in arguments)})"
        case Unary("not", operand):
            text = f"not {_within(operand, LEVEL['not'])}"
        case Unary(_, operand):
            text = f"-{_within(operand, NEGATIVE)}"
        case Binary(operator, left, right):
            level = LEVEL[operator]
            first = level + 1 if level == COMPARISON else level  # a < b < c is not a rule
            text = f"{_within(left, first)} {operator} {_within(right, level + 1)}"
    return text


def _within(rule: Rule, loosest: int) -> str:
    """The text of an operand, in parentheses when it binds looser than the place allows."""
    text = text_of(rule)
    return text if level_of(rule) >= loosest else f"({text})"


def level_of(rule: Rule) -> int:
    """How tightly the outermost operator binds."""
    match rule:
        case Unary("not", _):
            return LEVEL["not"]
        case Unary():
            return NEGATIVE
        case Binary(operator, _, _):
            return LEVEL[operator]
        case _:
            return OPERAND


def number_text(value: float) -> str:
    """The shortest text that gives this number again."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def window_text(window: int) -> str:
    """The length in the largest unit that divides it."""
    for unit, ns in (("h", HOUR), ("min", MINUTE), ("s", SECOND), ("ms", MILLISECOND)):
        if window % ns == 0:
            return f"{window // ns}{unit}"
    return f"{window}ns"
