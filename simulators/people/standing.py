"""Standing by the calendar: in a break of the whole line and outside its shifts every machine stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from simulators.agenda import PEOPLE_RANK
from simulators.condition import Condition
from simulators.people.shifts import OFF_SHIFT, Calendar, ShiftSpec, Standstill
from simulators.samples import NS_PER_MS
from simulators.stoppage import Length, Stop

if TYPE_CHECKING:
    from simulators.hall import Hall
    from simulators.station import Station


class Standing:
    """The calendar of one life. A machine that is down then stays down; it stands by the calendar afterwards."""

    def __init__(self, hall: Hall, spec: ShiftSpec) -> None:
        self._hall = hall
        self._calendar = Calendar(spec)
        self._past: list[Standstill] = []
        self._waiting: list[tuple[Station, Stop]] = []
        self._plan(hall.agenda.now)

    def _plan(self, now: int) -> None:
        coming = self._calendar.standstill(now)
        if coming is not None:
            self._hall.agenda.at(coming.start, PEOPLE_RANK, lambda _: self._begin(coming))

    def _begin(self, standstill: Standstill) -> None:
        self._past.append(standstill)
        stations = [machine.station for machine in self._hall.machines.values()]
        self._waiting = [(station, self._stop(station, standstill)) for station in stations]
        for station, stop in self._waiting:
            station.interrupt(stop)
        self._hall.agenda.at(standstill.end, PEOPLE_RANK, lambda _: self._end(standstill))

    def _end(self, standstill: Standstill) -> None:
        for station, stop in self._waiting:
            if not stop.start:  # it was down all the time
                station.end(stop)
        self._plan(standstill.end)

    def _stop(self, station: Station, standstill: Standstill) -> Stop:
        off = standstill.why == OFF_SHIFT and self._calendar.spec.power_off
        condition = Condition.OFF if off else Condition.STOPPED
        restart: list[tuple[Condition, Length]] = [
            (one.condition, one.drawn(station.stream)) for one in station.spec.start
        ]
        return Stop(standstill.why, [(condition, lambda now: max(0, standstill.end - now)), *restart])

    def records(self, now: int) -> Iterator[dict[str, Any]]:
        """One for each standstill that began before an instant (ms)."""
        for one in self._past:
            times = {"start": one.start * NS_PER_MS, "end": one.end * NS_PER_MS}
            yield {"kind": "standstill", "line": self._hall.spec.path, "why": one.why, **times}
