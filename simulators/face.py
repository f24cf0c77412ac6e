"""Faces: how a machine shows its condition and counters on its wire. Each is a function of the machine at an instant,
so everything it shows changes together: no flag comes after the state it explains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulators.condition import Condition
from simulators.station import Station

Read = Callable[[Station], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Face:
    """shows: names of the values that `read` gives, in that order. pulse: a value that is 1 once for each piece."""

    shows: tuple[str, ...]
    read: Read
    pulse: str | None = None


PACKML = {
    Condition.RUNNING: 6,
    Condition.STARVED: 5,
    Condition.BLOCKED: 5,
    Condition.HELD: 11,
    Condition.ABORTING: 8,
    Condition.ABORTED: 9,
    Condition.CLEARING: 1,
    Condition.STOPPED: 2,
    Condition.IDLE: 4,
}
"""State numbers of PackML (OPC 30050): Execute, Suspended twice, Held, Aborting, Aborted, Clearing, Stopped, Idle."""


def read_packml(station: Station) -> tuple[int, ...]:
    """State number, EquipmentBlocked, EquipmentStarved, pieces, bad pieces."""
    condition = station.condition
    blocked, starved = condition is Condition.BLOCKED, condition is Condition.STARVED
    return PACKML[condition], int(blocked), int(starved), station.total, station.reject


def packml() -> Face:
    """A machine that keeps to PackML."""
    return Face(("st", "blocked", "starved", "total", "reject"), read_packml)


def status_word(bits: Mapping[Condition, int]) -> Face:
    """A machine with one bit of a word for each condition (conditions may share one; without a bit: none is set)."""
    words = {condition: 1 << bit for condition, bit in bits.items()}

    def read(station: Station) -> tuple[int, ...]:
        return words.get(station.condition, 0), station.total, station.reject

    return Face(("status", "total", "reject"), read)


def state_codes(codes: Mapping[Condition, int], wraps: int) -> Face:
    """A machine with state numbers of its maker, and a counter that starts at 0 again after `wraps` pieces."""

    def read(station: Station) -> tuple[int, ...]:
        return codes[station.condition], station.total % wraps, station.reject

    return Face(("st", "total", "reject"), read)


def contacts() -> Face:
    """An old machine: contacts `motor` and `fault`, and one pulse for each cycle. It cannot say why it waits."""

    def read(station: Station) -> tuple[int, ...]:
        return int(station.condition is Condition.RUNNING), int(station.condition.state == "down")

    return Face(("motor", "fault"), read, pulse="pulse")
