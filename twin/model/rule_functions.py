"""The functions of expressions, as data: what the parser takes and the reference page lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """How a function is written. least, most: how many arguments it takes."""

    example: str
    doc: str
    least: int = 1
    most: int = 1


MANY = 20
"""Arguments of min and max."""

POINTWISE: Mapping[str, Function] = {
    "if": Function("if(running, power, 0)", "the second where the first is true, else the third", 3, 3),
    "min": Function("min(a, b, c)", "the least of its arguments", 2, MANY),
    "max": Function("max(a, b, c)", "the greatest of its arguments", 2, MANY),
    "abs": Function("abs(a - b)", "without its sign"),
    "sqrt": Function("sqrt(a)", "square root; of a negative number there is none"),
    "round": Function("round(a, 1)", "to the nearest with so many decimals (0 to 9), a half to the even one", 1, 2),
    "floor": Function("floor(a)", "the next whole number below"),
    "ceil": Function("ceil(a)", "the next whole number above"),
    "clamp": Function("clamp(a, 0, 100)", "held between the second and the third", 3, 3),
    "value_or": Function(
        "value_or(a, 0)", "the second where the first has no value; UncertainSubstituteValue then", 2, 2
    ),
    "is_good": Function("is_good(a)", "1 where its status is Good, else 0; never Bad itself"),
}
"""Of values at one instant: in state rules and in computed tags."""

OVER_TIME: Mapping[str, Function] = {
    "mean": Function(
        "mean(power, 5m)", "mean over time: what held longer counts more; time without a value not at all"
    ),
    "minimum": Function("minimum(power, 5m)", "the least value that held"),
    "maximum": Function("maximum(power, 5m)", "the greatest value that held"),
    "sum": Function("sum(dose, 1h)", "sum of the samples' values"),
    "count": Function("count(dose, 1h)", "number of samples with a value"),
    "delta": Function("delta(energy, 1h)", "the value now less the one that held at the beginning"),
}
"""Over the last so long of a tag: in computed tags alone."""

OF_TAG: Mapping[str, Function] = {
    "bit": Function("bit(status, 3)", "one bit of a number, 0 is the lowest"),
    "rate": Function("rate(total, 30s)", "pieces per second of a counter over the last so long"),
    "previous": Function("previous(level)", "the value of the sample before the newest; in computed tags alone"),
}

INEXACT = frozenset({
    "exp", "log", "ln", "log10", "log2", "pow", "power", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh",
    "cosh", "tanh",
})  # fmt: skip
"""Asked for often, and not there."""
WHY_INEXACT = (
    "its last digits differ from processor to processor, and results must not; scale in the PLC, or by + - * /"
)


NAMES = (*OF_TAG, *POINTWISE, *OVER_TIME)
"""Of all functions."""
