"""Faces: how a machine shows its condition and counters on its wire. Each is a function of the machine's life up to an
instant, so everything it shows changes together: no flag comes after the state it explains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from simulators.condition import Condition, shown_as
from simulators.packml.manner import in_order
from simulators.packml.walk import PackMlState
from simulators.station import Station
from simulators.streams import stream

Wake = Callable[[int], None]
"""Has the machine looked at again at an instant (ms)."""


class Appearance(Protocol):
    """How one machine appears from instant to instant."""

    def look(self, now: int) -> tuple[int, ...]:
        """Its values at the end of an instant (ms), in the order of `Face.shows`."""
        ...

    @property
    def state(self) -> str:
        """The generic state that a correct reader finds, after `look`."""
        ...


class Face(Protocol):
    """shows: names of the values it gives; `total` and `reject` are counters, made of the instants of pieces. pulse: a
    value that is 1 once for each piece. wraps: so many pieces, and `total` starts at 0 again; 0: never.
    """

    @property
    def shows(self) -> tuple[str, ...]:
        """Names of its values."""
        ...

    @property
    def pulse(self) -> str | None:
        """Name of its pulse, None for a machine with counters."""
        ...

    @property
    def wraps(self) -> int:
        """Where its counter of pieces wraps."""
        ...

    def wear(self, station: Station, seed: int, wake: Wake) -> Appearance:
        """The appearance of a machine in one life."""
        ...


class Plain:
    """Appearance of a machine that shows its condition as it is, or the nearest that it can show."""

    def __init__(
        self, station: Station, shown: Mapping[Condition, Condition], read: Callable[[Condition], tuple[int, ...]]
    ) -> None:
        self._station = station
        self._shown = shown
        self._read = read
        self.state = ""

    def look(self, now: int) -> tuple[int, ...]:
        """Its values now."""
        shown = self._shown[self._station.condition]
        self.state = shown.state
        return self._read(shown)


@dataclass(frozen=True, slots=True)
class PackMl:
    """A machine that keeps to PackML: state number, EquipmentBlocked, EquipmentStarved, pieces, bad pieces.

    modes: it shows its mode (UnitModeCurrent) too, 1 Produce, 2 Maintenance, 3 Manual, 4 changeover. A reader who does
    not get the mode takes a machine in maintenance for stopped.
    """

    modes: bool = False

    @property
    def shows(self) -> tuple[str, ...]:
        """Names of its values."""
        return ("st", "blocked", "starved", "total", "reject", *(("mode",) if self.modes else ()))

    @property
    def pulse(self) -> None:
        """It counts."""
        return None

    @property
    def wraps(self) -> int:
        """It does not."""
        return 0

    def wear(self, station: Station, seed: int, wake: Wake) -> Appearance:
        """It stops, resets and starts in the order of PackML from now on."""
        source = stream(seed, station.spec.name, "packml")
        station.manner = lambda condition, steps: in_order(condition, steps, source)
        return PackMlLook(station, self.modes, wake)


class PackMlLook:
    """Appearance of a machine that keeps to PackML."""

    def __init__(self, station: Station, modes: bool, wake: Wake) -> None:
        self._station = station
        self._wake = wake
        self._modes = modes
        self._now = PackMlState()

    @property
    def state(self) -> str:
        """What its state number, its flags and, where it is shown, its mode mean."""
        return self._now.generic(self._modes)

    def look(self, now: int) -> tuple[int, ...]:
        """Its values now."""
        shown, station = self._now, self._station
        shown.follow(station.condition, now)
        if shown.due is not None:
            self._wake(shown.due)
        values = shown.number, int(shown.blocked), int(shown.starved), station.total, station.reject
        return (*values, int(shown.mode)) if self._modes else values


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

    @property
    def wraps(self) -> int:
        """It does not."""
        return 0

    def wear(self, station: Station, seed: int, wake: Wake) -> Appearance:
        """As it is."""
        shown = {one: shown_as(one, {*self.status_word, Condition.IDLE}) for one in Condition}
        words = {one: 1 << bit for one, bit in self.status_word.items()}
        return Plain(station, shown, lambda one: (words.get(one, 0), station.total, station.reject))


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

    def wear(self, station: Station, seed: int, wake: Wake) -> Appearance:
        """As it is."""
        shown = {one: shown_as(one, self.codes) for one in Condition}
        return Plain(station, shown, lambda one: (self.codes[one], station.total % self.wraps, station.reject))


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

    @property
    def wraps(self) -> int:
        """It does not."""
        return 0

    def wear(self, station: Station, seed: int, wake: Wake) -> Appearance:
        """As far as it can say."""
        shown = {one: shown_as(one, {Condition.RUNNING, Condition.ABORTED}) for one in Condition}
        return Plain(station, shown, lambda one: (int(one is Condition.RUNNING), int(one is Condition.ABORTED)))
