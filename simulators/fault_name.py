"""Names of faults: `machine.part[.mode][:argument]`. Times are instants already: `@2m` is the command line's.

part: a component, the tag of a sensor, or `jam`. mode: the first of the part where nobody says. argument: a duration
(how long a worn part still lives; how long anything else lasts), for sensors also settings: `drift:rate=0.1`, and
both: `drift:rate=0.1,10m`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

JAM = "jam"
WEAR = "wear"
"""The mode that ends a life: its duration is what is left of it. Every other mode lasts until it is mended."""

SHOWN = 12
"""So many names of faults an error tells."""

_LIFE = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall break. lasts_s: the duration, None where nobody gave one. settings: of the fault of a sensor."""

    machine: str
    part: str
    mode: str
    lasts_s: float | None = None
    settings: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Breakable:
    """What can break in one machine: part -> its modes, the first by default. sensors: parts that are some."""

    modes: Mapping[str, Sequence[str]]
    sensors: frozenset[str] = frozenset()


def parse(what: str, machines: Mapping[str, Breakable]) -> Wanted:
    """What a name asks for. Raises ValueError in one line, naming the nearest and what there is."""
    name, colon, argument = what.partition(":")
    machine, _, rest = name.partition(".")
    part, dot, mode = rest.partition(".")
    there = machines.get(machine)
    modes = None if there is None else there.modes.get(part)
    if there is None or modes is None or (dot and mode not in modes):
        raise ValueError(f"no fault {what!r}; {known(name, machines)}")
    if colon and not argument:
        raise ValueError(f"fault {what!r}: nothing stands after the colon; {_form(machine, part, there)}")
    lasts_s, settings = _argument(what, argument, _form(machine, part, there), part in there.sensors)
    return Wanted(machine, part, mode or modes[0], lasts_s, settings)


def known(name: str, machines: Mapping[str, Breakable]) -> str:
    """The fault nearest to a name, and what there is."""
    names = [f"{m}.{part}" for m, there in machines.items() for part in there.modes]
    long = [
        f"{m}.{part}.{mode}" for m, there in machines.items() for part, modes in there.modes.items() for mode in modes
    ]
    near = get_close_matches(name, [*names, *long], n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}? " if near else ""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{hint}there are: {', '.join(names[:SHOWN])}{more}"


def _argument(what: str, argument: str, form: str, sensor: bool) -> tuple[float | None, dict[str, float]]:
    lasts_s: float | None = None
    settings: dict[str, float] = {}
    for item in argument.split(",") if argument else ():
        key, equals, number = item.partition("=")
        found = _LIFE.fullmatch(item)
        if equals and sensor:
            settings[key] = _number(what, number, form)
        elif found is not None and float(found[1]) > 0 and lasts_s is None:
            lasts_s = float(found[1]) * _SECONDS[found[2]]
        else:
            raise ValueError(f"fault {what!r}: {item!r} makes no sense here; {form}")
    return lasts_s, settings


def _number(what: str, text: str, form: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"fault {what!r}: {text!r} is no number; {form}") from None


def _form(machine: str, part: str, there: Breakable) -> str:
    form = f"a duration is written like {machine}.{part}:12m (s, m, h, d)"
    return f"{form}, settings like {machine}.{part}.drift:rate=0.1" if part in there.sensors else form
