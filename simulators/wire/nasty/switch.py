"""Switches: one nastiness of a wire each, chosen by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

START, ANY, MOMENT = "start", "any", "moment"
"""When a switch can begin: only as the wire opens; then or at an instant; only at an instant."""

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_AT = re.compile(r"(?P<name>[^@]*)@(?P<number>\d+)(?P<unit>[smh])")


@dataclass(frozen=True, slots=True)
class Switch:
    """One nastiness.

    wire: `opcua` or `mqtt`. effect: what the wire does then. shows: what a good client makes of it. begins: START, ANY
    or MOMENT. make: what acts on the wire. apart: of switches that name the same thing here, one at a time.
    """

    name: str
    wire: str
    effect: str
    shows: str
    make: Callable[[], Any]
    begins: str = ANY
    apart: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A switch and when it begins: seconds of wall time after the wires are open, None as they open."""

    switch: Switch
    after_s: float | None = None


def choose(names: Iterable[str], switches: Mapping[str, Switch]) -> list[Chosen]:
    """The switches of `NAME` or `NAME@2m` (s, m, h), in the order given.

    Raises ValueError for an unknown name (with all there are), an instant where none can be or none where one must be,
    and for two that exclude each other.
    """
    chosen = [_one(name, switches) for name in names]
    places: dict[str, str] = {}
    for one in chosen:
        place, name = one.switch.apart, one.switch.name
        if place and place in places:
            raise ValueError(f"nasty {places[place]!r} and {name!r} both change {place}; choose one of them")
        places[place] = name
    return chosen


def _one(text: str, switches: Mapping[str, Switch]) -> Chosen:
    match = _AT.fullmatch(text)
    switch = named(match["name"] if match else text, switches)
    if match is None:
        if switch.begins == MOMENT:
            raise ValueError(f"nasty {text!r} happens at an instant: write {text}@2m (s, m, h after the start)")
        return Chosen(switch)
    if switch.begins == START:
        raise ValueError(f"nasty {switch.name!r} is how a wire opens, so it takes no instant: write {switch.name}")
    return Chosen(switch, int(match["number"]) * _SECONDS[match["unit"]])


def named(name: str, switches: Mapping[str, Switch]) -> Switch:
    """The switch of a name. Raises ValueError, naming all there are."""
    try:
        return switches[name]
    except KeyError:
        raise ValueError(f"no nasty {name!r}; there are: {', '.join(switches)}") from None


def by_name(switches: Sequence[Switch]) -> dict[str, Switch]:
    """Switches by their names."""
    return {switch.name: switch for switch in switches}
