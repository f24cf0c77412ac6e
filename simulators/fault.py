"""Faults by name: `filler.jam`, `filler.bearing`, `filler.bearing:12m`. Times are instants already: `@2m` is the
command line's.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

COMPONENTS = ("jam", "bearing")
"""What can break in every machine: a jam stops it for minutes, a damaged bearing wears until the machine trips."""

_LIFE = re.compile(r"(\d+)(s|m|h)")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall break. life_s: seconds of turning that a bearing still has, None where it is drawn."""

    machine: str
    component: str
    life_s: float | None = None


def parse(what: str, machines: Collection[str]) -> Wanted:
    """What `filler.jam` or `filler.bearing:12m` asks for. Raises ValueError, naming what there is."""
    machine, dot, rest = what.partition(".")
    component, colon, life = rest.partition(":")
    if not dot or machine not in machines or component not in COMPONENTS:
        known = ", ".join(f"{name}.{part}" for name in machines for part in COMPONENTS)
        raise ValueError(f"no fault {what!r}; there are: {known}")
    if not colon:
        return Wanted(machine, component)
    found = _LIFE.fullmatch(life)
    if component != "bearing" or found is None or int(found[1]) == 0:
        raise ValueError(f"fault {what!r}: only a bearing has a life, written like {machine}.bearing:12m (s, m, h)")
    return Wanted(machine, component, int(found[1]) * _SECONDS[found[2]])
