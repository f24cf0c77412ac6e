"""A machine and a calendar by hand, in minutes: what the figures are made of without store and wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from twin.core.instant import MINUTE, SECOND
from twin.mes.calendar import Calendar, Period
from twin.mes.oee import Observed
from twin.mes.plan import Making, Plan, makings, plan_of
from twin.mes.state_time import StateTime
from twin.mes.tally import Counted, Tally, Window
from twin.model.plant import Machine, Product
from twin.model.week import parse_times

DAY0 = 1_767_225_600 * SECOND
"""Thursday 2026-01-01, 00:00 UTC."""
COLA = Product("cola", 17, {"m": 48 * SECOND})
"""PRI 0.8 min."""
States = Sequence[tuple[float, float, str]]
"""(from, to, state), minutes of the day."""


def at(minutes: float) -> int:
    """The instant of a minute of the day."""
    return DAY0 + round(minutes * MINUTE)


def calendar(*shifts: str, breaks: Sequence[str] = (), zone: str = "UTC") -> Calendar:
    """Shifts named a, b, c."""
    named = {name: (parse_times(text),) for name, text in zip("abc", shifts, strict=False)}
    return Calendar(ZoneInfo(zone), named, tuple(parse_times(text) for text in breaks))


def plan(of: Calendar, *periods: tuple[float, float], made: Sequence[Making] | None = None, now: float = 10**6) -> Plan:
    """Periods in minutes of the day; cola all the time if nothing else is said."""
    asked = [Period("", at(a), at(b)) for a, b in periods]
    return plan_of(of, asked, at(now), makings([Making(at(-1e6), at(1e6), COLA)]) if made is None else made)


def machine(counts: Sequence[str] = ("total", "reject"), name: str = "m", **more: object) -> Machine:
    """A machine whose counters are called like their roles."""
    return Machine(f"line/{name}", name, "", {}, counts={role: f"line/{name}/{role}" for role in counts}, **more)  # type: ignore[arg-type]


def observed(
    states: States | None,
    counted: Mapping[str, Mapping[int, int]],
    micro_stop: int = MINUTE,
    name: str = "m",
    **more: object,
) -> Observed:
    """counted: role -> minute of the day -> pieces."""
    tallies = {
        role: Tally(Counted.of([Window(at(minute), pieces, 0, 0, 0) for minute, pieces in sorted(of_role.items())]))
        for role, of_role in counted.items()
    }
    one = machine(tuple(counted), name, micro_stop=micro_stop, **more)
    return Observed(one, None if states is None else state_time(states, micro_stop), tallies)


def state_time(states: States, micro_stop: int = MINUTE) -> StateTime:
    """Of intervals in minutes."""
    names = sorted({state for _, _, state in states})
    return StateTime(
        np.array([at(a) for a, _, _ in states], np.int64),
        np.array([at(b) for _, b, _ in states], np.int64),
        np.array([names.index(state) for _, _, state in states], np.int32),
        names,
        micro_stop,
    )
