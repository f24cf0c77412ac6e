"""Lengths of time as people write them: `500ms`, `2m`, `1h30m`; the twin writes them the same way."""

from __future__ import annotations

import re

FIX = "write it like 500ms, 30s, 2m or 8h"

_PARTS = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(ms|s|min|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
LONGEST_S = 1000 * 365.25 * 86400
"""A thousand years: what is longer is a slip of the pen, and would not fit into ns."""


def seconds(text: str) -> float:
    """Seconds of a length. Raises ValueError with the fact and the fix for anything else."""
    stripped = text.strip().replace(" ", "")
    parts = _PARTS.findall(stripped)
    if not parts or "".join(number + unit for number, unit in parts) != stripped:
        raise ValueError(f"is not a length of time; {FIX}")
    total = sum(float(number) * 1000 * _SECONDS[unit] for number, unit in parts) / 1000
    if total > LONGEST_S:
        raise ValueError("is longer than a thousand years; take a shorter one")
    return total
