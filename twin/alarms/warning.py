"""What alarms and alerts were good for: which were followed by a failure, and how long before failures one came."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from twin.core.instant import FAR_PAST, HOUR

WITHIN = HOUR
"""A warning is of a failure that comes so soon behind it, or that was there already when it came."""


@dataclass(frozen=True, slots=True, order=True)
class Warned:
    """An alarm or alert that began. machine: whose it is, '' for none whose state is known."""

    start: int
    kind: str
    key: str
    machine: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A machine went down at `start`. lead: ns since the first warning of it, None without any; by: its key."""

    machine: str
    start: int
    lead: int | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """Warnings that began in [start, end). judged: of machines whose state is known, an hour or more before the end of
    what is known; false: of these, those with no moment of `down` of their machine within the hour from their start on.
    """

    name: str
    start: int
    end: int
    begun: int
    judged: int
    false: int


Downs = Mapping[str, Sequence[tuple[int, int]]]
"""Machine -> intervals [start, end) in which it was down, in order."""


def machine_of(key: str, machines: Iterable[str]) -> str:
    """The machine that an alarm's tag, or an alert, is about.

    >>> machine_of("p/line1/filler/temp~high", {"p/line1/filler"}), machine_of("p/hall~low", {"p/line1/filler"})
    ('p/line1/filler', '')
    """
    known = set(machines)
    path = key.partition("~")[0]
    while path and path not in known:
        path = path.rpartition("/")[0]
    return path


def load_of(name: str, start: int, end: int, warned: Sequence[Warned], downs: Downs, until: int) -> Load:
    """The warnings of one period. until: what came later is not known.

    >>> one = Warned(10, "alarm", "m/temp~high", "m")
    >>> load_of("", 0, 100, [one], {"m": [(50, 60)]}, 2 * HOUR).false
    0
    >>> load_of("", 0, 100, [one], {"m": [(10 + HOUR, 60 + HOUR)]}, 2 * HOUR).false
    1
    """
    begun = [one for one in warned if start <= one.start < end]
    judged = [one for one in begun if one.machine and one.start + WITHIN <= until]
    false = sum(not _is_down(downs.get(one.machine, ()), one.start, one.start + WITHIN) for one in judged)
    return Load(name, start, end, len(begun), len(judged), false)


def _is_down(intervals: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether one of them has a moment in [start, end)."""
    before = bisect_left(intervals, (end, FAR_PAST)) - 1
    return before >= 0 and intervals[before][1] > start


def failures(warned: Sequence[Warned], downs: Downs, start: int, end: int) -> list[Failure]:
    """Every `down` that began in [start, end), with the first warning since the one before it, at most an hour.

    >>> failures([Warned(40, "alarm", "m/temp~high", "m")], {"m": [(10, 20), (50, 60)]}, 0, 100)[1].lead
    10
    """
    of_machine: dict[str, list[Warned]] = {}
    for one in sorted(warned):
        of_machine.setdefault(one.machine, []).append(one)
    found: list[Failure] = []
    for machine, intervals in downs.items():
        mine = of_machine.get(machine, [])
        last = FAR_PAST
        for began, ended in intervals:
            least, last = max(last, began - WITHIN), ended
            if start <= began < end:
                first = next((one for one in mine if least <= one.start <= began), None)
                told = (None, "") if first is None else (began - first.start, first.key)
                found.append(Failure(machine, began, *told))
    return sorted(found, key=lambda one: (one.start, one.machine))
