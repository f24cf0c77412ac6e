"""Crew: people of one trade. Who needs one calls; whoever is free first comes, after a reaction that is drawn.

Calls are served in the order in which they come. Nobody does two jobs at a time; nobody sets out or begins a job in a
break or out of the shift, but a job that has begun is finished first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulators.people.hours import NEVER, Hours
from simulators.people.week import WeekTimes, parse_times
from simulators.streams import Stream, between, stream

LONGEST_ABSENCE_MS = 60 * 86_400_000
"""Whoever is not there for so long never comes."""


@dataclass(frozen=True, slots=True)
class CrewSpec:
    """people: how many. shortest_s, longest_s: from when somebody is free to when he is at the machine.

    breaks: times of the week; staggered: each person goes when the one before is back, so that somebody is always
    there; else all go together. shifts: when they are there, as times of the week; none: always.
    """

    people: int = 2
    shortest_s: float = 5.0
    longest_s: float = 60.0
    breaks: tuple[str, ...] = ()
    staggered: bool = True
    shifts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.people < 1:
            raise ValueError(f"a crew of {self.people} cannot come; take 1 or more")
        if not 0.0 <= self.shortest_s <= self.longest_s:
            raise ValueError(f"reaction from {self.shortest_s} s to {self.longest_s} s: the first is the shorter")
        for text in (*self.breaks, *self.shifts):
            parse_times(text)


@dataclass(frozen=True, slots=True)
class Job:
    """Work of one person at one machine. called, begin, end: ms."""

    person: int
    machine: str
    called: int
    begin: int
    end: int


class Person:
    """One of a crew. free: the instant from which no job is his."""

    def __init__(self, number: int, zone: str, shifts: Sequence[WeekTimes], breaks: Sequence[WeekTimes]) -> None:
        self.number = number
        self.free = 0
        self._shifts = Hours(zone, shifts) if shifts else None
        self._breaks = Hours(zone, breaks)

    def there(self, at: int) -> int:
        """The first instant from `at` on at which he is in his shift and in no break; NEVER when there is none."""
        asked = at
        while at < asked + LONGEST_ABSENCE_MS:
            before = at
            at = self._breaks.end(at)
            if self._shifts is not None and at < NEVER:
                at = self._shifts.begin(at)
            if at == before:
                return at
        return NEVER


class Crew:
    """People as they work. jobs: all so far, in the order of the calls."""

    def __init__(self, spec: CrewSpec, zone: str, source: Stream) -> None:
        self.spec = spec
        self.jobs: list[Job] = []
        self._source = source
        shifts = [parse_times(text) for text in spec.shifts]
        breaks = [parse_times(text) for text in spec.breaks]
        self._people = [
            Person(number, zone, shifts, [one.later(number * one.length * spec.staggered) for one in breaks])
            for number in range(spec.people)
        ]

    def call(self, now: int, machine: str, work_ms: int) -> int:
        """Somebody is wanted at a machine for so long; ms until he is there. Calls come in the order of time.

        Raises ValueError where the shifts never let anybody come.
        """
        reaction = between(self._source, self.spec.shortest_s, self.spec.longest_s)
        ready, _, person = min((p.there(max(now, p.free)), p.number, p) for p in self._people)
        begin = person.there(ready + reaction) if ready < NEVER else NEVER
        if begin >= NEVER:
            raise ValueError(f"nobody ever comes to {machine}: the shifts of its crew have no time outside its breaks")
        person.free = begin + work_ms
        self.jobs.append(Job(person.number, machine, now, begin, begin + work_ms))
        return begin - now


def crews(specs: Mapping[str, CrewSpec], zone: str, seed: int, path: str) -> dict[str, Crew]:
    """The crews of a line by trade, each with its own stream."""
    return {trade: Crew(spec, zone, stream(seed, path, "crew", trade)) for trade, spec in specs.items()}
