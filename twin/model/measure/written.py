"""Amounts with a unit as a plant file writes them: `85 degC` where a number in the tag's unit may stand too."""

from __future__ import annotations

import re

from twin.model.measure.measure import Conversion, Measure, NoConversion, conversion
from twin.model.measure.reading import measure

_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?: +(\S.*)| *([^\s\d.+-].*))")


def amount_in(text: str, unit: str, is_step: bool = False) -> float:
    """The number of an amount in the unit of a tag. is_step: a difference: 2 K are a dead-band of 2 degC.

    Raises ValueError for what is no amount, a unit that is none, and one that does not become the tag's.

    >>> amount_in("185 degF", "degC"), amount_in("9 degF", "degC", is_step=True)
    (85.0, 5.0)
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is neither a number nor an amount like 85 degC")
    written = match[2] or match[3]
    if not unit:
        raise ValueError(f"'{text}' has a unit and the tag has none (give the tag `unit: {written}`)")
    return between(written, unit, is_step).of(float(match[1]))


def between(source: str, target: str, is_step: bool = False) -> Conversion:
    """From one unit to another, both as written. Raises ValueError that tells both."""
    one, other = _parts(source, target, is_step)
    try:
        return conversion(one, other)
    except NoConversion as error:
        raise ValueError(f"'{source}' does not become '{target}': {error}") from None


def _parts(source: str, target: str, is_step: bool) -> tuple[Measure, Measure]:
    one, other = measure(source), measure(target)
    return (one.step, other.step) if is_step else (one, other)
