"""Faults by name: `filler.jam`, `filler.bearing`. Times are instants already: `@2m` is the command line's."""

from __future__ import annotations

from collections.abc import Collection

COMPONENTS = ("jam", "bearing")
"""What can break in every machine: a jam stops it for minutes, a damaged bearing wears until the machine trips."""


def parse(what: str, machines: Collection[str]) -> tuple[str, str]:
    """(machine, component) of `filler.jam`. Raises ValueError, naming what there is."""
    machine, dot, component = what.partition(".")
    if not dot or machine not in machines or component not in COMPONENTS:
        known = ", ".join(f"{name}.{part}" for name in machines for part in COMPONENTS)
        raise ValueError(f"no fault {what!r}; there are: {known}")
    return machine, component
