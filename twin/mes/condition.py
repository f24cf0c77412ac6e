"""State rules evaluated over columns, with a third answer: not known, because a value is bad or missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.status import BAD, GOOD
from twin.model.rule import Number, OfTag, Rate, Rule, readings
from twin.state import expression


@dataclass(frozen=True, slots=True)
class Known:
    """A column of values and where they are known."""

    value: NDArray[np.float64]
    known: NDArray[np.bool_]

    @property
    def true(self) -> NDArray[np.bool_]:
        """Known and not 0."""
        return self.known & (self.value != 0)


Input = tuple[str, int]
"""(path, window in ns): a tag's value with window 0, else the rate of a counter."""


def inputs_of(rule: Rule) -> list[Input]:
    """What a rule reads, each once."""
    return list(dict.fromkeys(_input(part) for part in readings(rule)))


def evaluate(rule: Rule, inputs: Mapping[Input, Known], rows: int) -> Known:
    """The rule over columns of `rows` rows; a number is true when it is not 0."""
    of_status = np.array([BAD, GOOD], np.uint32)

    def read(part: Number | OfTag) -> expression.Column:
        if isinstance(part, Number):
            return expression.Column(np.full(rows, part.value), np.zeros(rows, np.uint32))
        known = inputs[_input(part)]
        return expression.Column(known.value, of_status[known.known.astype(np.intp)])

    found = expression.evaluate(rule, read)
    return Known(found.value, found.known)


def _input(part: OfTag) -> Input:
    return part.path, part.window if isinstance(part, Rate) else 0
