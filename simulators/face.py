"""Faces: how a machine shows its condition and counters on its wire. Each is a function of the machine at an instant,
so everything it shows changes together: no flag comes after the state it explains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from simulators.condition import Condition, shown_as
from simulators.station import Station


class Face(Protocol):
    """shows: names of the values that `read` gives, in that order. pulse: a value that is 1 once for each piece."""

    @property
    def shows(self) -> tuple[str, ...]:
        """Names of its values."""
        ...

    @property
    def pulse(self) -> str | None:
        """Name of its pulse, None for a machine with counters."""
        ...

    def read(self, station: Station) -> tuple[int, ...]:
        """Its values at the end of an instant."""
        ...


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


@dataclass(frozen=True, slots=True)
class PackMl:
    """A machine that keeps to PackML: state number, EquipmentBlocked, EquipmentStarved, pieces, bad pieces."""

    @property
    def shows(self) -> tuple[str, ...]:
        """Names of its values."""
        return "st", "blocked", "starved", "total", "reject"

    @property
    def pulse(self) -> None:
        """It counts."""
        return None

    def read(self, station: Station) -> tuple[int, ...]:
        """Its values now."""
        condition = station.condition
        blocked, starved = condition is Condition.BLOCKED, condition is Condition.STARVED
        return PACKML[shown_as(condition, PACKML)], int(blocked), int(starved), station.total, station.reject


@dataclass(frozen=True, slots=True)
class StatusWord:
    """A machine with one bit of a word for each condition.

    status_word: condition -> its bit. Conditions may share one. None is set while it is idle, unless idle has one;
    what has no bit shows as the nearest that has.
    """

    status_word: Mapping[Condition, int]

    @property
    def shows(self) -> tuple[str, ...]:
        """Names of its values."""
        return "status", "total", "reject"

    @property
    def pulse(self) -> None:
        """It counts."""
        return None

    def read(self, station: Station) -> tuple[int, ...]:
        """Its values now."""
        known = {*self.status_word, Condition.IDLE}
        bit = self.status_word.get(shown_as(station.condition, known))
        return 0 if bit is None else 1 << bit, station.total, station.reject


@dataclass(frozen=True, slots=True)
class StateCodes:
    """A machine with state numbers of its maker.

    codes: condition -> its number; what has none shows as the nearest that has. wraps: so many pieces, and its counter
    starts at 0 again.
    """

    codes: Mapping[Condition, int]
    wraps: int = 2**32

    def __post_init__(self) -> None:
        least = (Condition.RUNNING, Condition.STARVED, Condition.ABORTED, Condition.IDLE)
        without = [one.name.lower() for one in least if one not in self.codes]
        if without:
            raise ValueError(f"no state number for {', '.join(without)}; give these one, others show as the nearest")

    @property
    def shows(self) -> tuple[str, ...]:
        """Names of its values."""
        return "st", "total", "reject"

    @property
    def pulse(self) -> None:
        """It counts."""
        return None

    def read(self, station: Station) -> tuple[int, ...]:
        """Its values now."""
        return self.codes[shown_as(station.condition, self.codes)], station.total % self.wraps, station.reject


@dataclass(frozen=True, slots=True)
class Contacts:
    """An old machine: contacts `motor` and `fault`, and one pulse for each cycle. It cannot say why it waits."""

    @property
    def shows(self) -> tuple[str, ...]:
        """Names of its values."""
        return "motor", "fault"

    @property
    def pulse(self) -> str:
        """It does not count."""
        return "pulse"

    def read(self, station: Station) -> tuple[int, ...]:
        """Its values now."""
        return int(station.condition is Condition.RUNNING), int(station.condition.state == "down")
