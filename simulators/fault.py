"""Faults by name: `filler.jam`, `filler.bearing`, and with a time after the start: `filler.bearing@2m`."""

from __future__ import annotations

import re
from collections.abc import Collection

COMPONENTS = ("jam", "bearing")
"""What can break in every machine: a jam stops it for minutes, a damaged bearing wears until the machine trips."""

_UNIT_NS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "min": 60 * 10**9, "h": 3600 * 10**9}
_WHEN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|min|m|h)")


def parse(what: str, machines: Collection[str]) -> tuple[str, str]:
    """(machine, component) of `filler.jam`. Raises ValueError, naming what there is."""
    machine, dot, component = what.partition(".")
    if not dot or machine not in machines or component not in COMPONENTS:
        known = ", ".join(f"{name}.{part}" for name in machines for part in COMPONENTS)
        raise ValueError(f"no fault {what!r}; there are: {known}")
    return machine, component


def parse_at(text: str, start: int) -> tuple[str, int]:
    """(what, instant in ns) of `filler.bearing@2m`, 2 min after `start`; without `@` at once."""
    what, at, when = text.partition("@")
    if not at:
        return what, start
    match = _WHEN.fullmatch(when.strip())
    if match is None:
        raise ValueError(f"{text!r}: after @ comes a time like 90s, 2m or 1h")
    return what, start + round(float(match[1]) * _UNIT_NS[match[2]])
