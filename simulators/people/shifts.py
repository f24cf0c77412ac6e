"""Shifts: when a line works, when it stands for a break, and when it stands because nobody is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulators.people.hours import NEVER, Hours
from simulators.people.week import parse_times

if TYPE_CHECKING:
    from simulators.hall import Hall, Role

BREAK, OFF_SHIFT = "break", "off shift"


@dataclass(frozen=True, slots=True)
class ShiftSpec:
    """zone: IANA name. shifts: times of the week; none: it always works. breaks: times in which the whole line stands.

    power_off: outside the shifts the machines are switched off, else they stand ready. There is no overtime.
    """

    zone: str = "UTC"
    shifts: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    power_off: bool = True

    def __post_init__(self) -> None:
        Hours(self.zone, [parse_times(text) for text in (*self.shifts, *self.breaks)])

    @property
    def values(self) -> tuple[str, ...]:
        """It sends none of its own."""
        return ()

    def enter(self, hall: Hall) -> Role:
        """The line stands by these times."""
        from simulators.people.standing import Standing  # noqa: PLC0415 - it needs the calendar below

        return Standing(hall, self)


@dataclass(frozen=True, slots=True)
class Standstill:
    """A time in which the line stands by the calendar: [start, end) in ms; why: BREAK or OFF_SHIFT."""

    why: str
    start: int
    end: int


class Calendar:
    """The shifts of a line, asked instant by instant."""

    def __init__(self, spec: ShiftSpec) -> None:
        self.spec = spec
        self._shifts = Hours(spec.zone, [parse_times(text) for text in spec.shifts])
        self._breaks = Hours(spec.zone, [parse_times(text) for text in spec.breaks])

    def standstill(self, now: int) -> Standstill | None:
        """The first one that is not over at `now`; of two that overlap, the one that begins first. None: none comes."""
        coming = [one for one in (self._off(now), self._pause(now)) if one is not None]
        return min(coming, key=lambda one: (one.start, one.why)) if coming else None

    def _off(self, now: int) -> Standstill | None:
        if not self.spec.shifts:
            return None
        start = self._shifts.end(now)
        return None if start >= NEVER else Standstill(OFF_SHIFT, start, self._shifts.begin(start))

    def _pause(self, now: int) -> Standstill | None:
        start = self._breaks.begin(now)
        return None if start >= NEVER else Standstill(BREAK, start, self._breaks.end(start))
