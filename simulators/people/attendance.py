"""Attendance: the crews of a line at work. A stoppage that needs somebody waits until he has come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from simulators.people.crew import Crew, CrewSpec, crews
from simulators.people.hours import zone_of
from simulators.samples import NS_PER_MS

if TYPE_CHECKING:
    from simulators.hall import Hall
    from simulators.machine import MachineSpec


@dataclass(frozen=True, slots=True)
class People:
    """crews by trade, as phases of stoppages name it: `by: operator`."""

    crews: Mapping[str, CrewSpec]
    zone: str = "UTC"

    def __post_init__(self) -> None:
        zone_of(self.zone)

    @property
    def values(self) -> tuple[str, ...]:
        """It sends none of its own."""
        return ()

    def enter(self, hall: Hall) -> Attendance:
        """Whoever is called comes. Raises ValueError for a trade that has no crew."""
        for spec in hall.spec.machines:
            for trade in trades(spec):
                if trade not in self.crews:
                    known = ", ".join(self.crews) or "none"
                    raise ValueError(f"machine {spec.name!r} needs a {trade!r}; there are crews of: {known}")
        return Attendance(hall, crews(self.crews, self.zone, hall.seed, hall.spec.path))


class Attendance:
    """Crews in one life."""

    def __init__(self, hall: Hall, there: Mapping[str, Crew]) -> None:
        self._path = hall.spec.path
        self._crews = there
        for name, machine in hall.machines.items():
            machine.station.call = partial(self._call, name)

    def _call(self, machine: str, trade: str, now: int, work_ms: int) -> int:
        return self._crews[trade].call(now, machine, work_ms)

    def records(self, now: int) -> Iterator[dict[str, Any]]:
        """One for each job that somebody was called for before an instant (ms)."""
        for trade, crew in self._crews.items():
            for job in crew.jobs:
                times = {"called": job.called * NS_PER_MS, "start": job.begin * NS_PER_MS, "end": job.end * NS_PER_MS}
                who = {"trade": trade, "person": job.person, "machine": f"{self._path}/{job.machine}"}
                yield {"kind": "job", **who, **times}


def trades(spec: MachineSpec) -> set[str]:
    """Who is needed at a machine."""
    station = spec.station
    stops = [station.start, station.jam, station.repair, station.changeover, station.order_end]
    stops += [cause.phases for cause in station.causes] + list(spec.repairs.values())
    return {phase.by for phases in stops for phase in phases if phase.by}
