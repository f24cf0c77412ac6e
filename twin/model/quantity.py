"""Amounts with a unit: `12 bottle`, `120/min`."""

from __future__ import annotations

import re

from twin.core.instant import HOUR, MINUTE, SECOND

_AMOUNT = re.compile(r"(\d{1,9}) *([A-Za-z][\w-]*)")
_RATE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) */ *(s|min|h)")
_PER = {"s": SECOND, "min": MINUTE, "h": HOUR}


def amount(text: str) -> tuple[int, str]:
    """Pieces and what they are; raises ValueError for anything else and for none.

    >>> amount("12 bottle")
    (12, 'bottle')
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"'{text}' is not an amount like `12 bottle`")
    return int(match[1]), match[2]


def ns_per_piece(text: str) -> int:
    """The ns that one piece takes at a rate; raises ValueError for anything else and for a rate of 0.

    >>> ns_per_piece("120/min")
    500000000
    """
    match = _RATE.fullmatch(text.strip())
    if match is None or float(match[1]) == 0:
        raise ValueError(f"'{text}' is not a rate like 120/min, 2/s or 300/h")
    return round(_PER[match[2]] / float(match[1]))
