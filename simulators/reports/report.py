"""Report: what a machine says about itself beside state and counters: why it stands, its alarms, why pieces were bad.

A machine shows those of these settings that its spec has: `reason` (number of the stoppage, 0 for none), `alarm`
(number of the alarm that stands), `alarms` (the same as a word of bits), `reject_CAUSE` (a counter).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from simulators.reports.machine_alarms import AlarmSpec, MachineAlarms
from simulators.reports.rejects import Rejects
from simulators.samples import NS_PER_MS
from simulators.station import Station
from simulators.streams import stream

REASON, ALARM, ALARMS = "reason", "alarm", "alarms"


def reject_setting(cause: str) -> str:
    """The setting that counts the pieces that were bad for a cause."""
    return f"reject_{cause.replace(' ', '_')}"


class Report:
    """The report of one machine in one life."""

    def __init__(
        self, station: Station, seed: int, alarms: Mapping[str, AlarmSpec], rejects: Mapping[str, float]
    ) -> None:
        self.alarms = MachineAlarms(alarms)
        self.rejects = Rejects(rejects, stream(seed, station.spec.name, "reject causes"))
        self._station = station
        self._bad = station.reject

    def follow(self, now: int) -> dict[str, int]:
        """What it shows at the end of an instant (ms)."""
        station = self._station
        self.alarms.follow(station.stopped, station.condition, now)
        self.rejects.count(station.reject - self._bad, now)
        self._bad = station.reject
        shown = {REASON: station.reason, ALARM: self.alarms.code, ALARMS: self.alarms.word}
        return shown | {reject_setting(cause): len(times) for cause, times in self.rejects.times.items()}

    def records(self, path: str) -> Iterator[dict[str, Any]]:
        """Its alarms and its bad pieces by cause."""
        for one in self.alarms.past:
            off = None if one.off is None else one.off * NS_PER_MS
            what = {"machine": path, "code": one.code, "text": one.text}
            yield {"kind": "machine_alarm", **what, "on": one.on * NS_PER_MS, "off": off}
        for cause, times in self.rejects.times.items():
            yield {"kind": "reject", "machine": path, "cause": cause, "times": [time * NS_PER_MS for time in times]}


def watching(
    report: Report, settings: Mapping[str, float], show: Callable[[str, float], None]
) -> Callable[[int], None]:
    """Shows what a report says, as far as the machine has settings for it, at the end of each instant."""

    def follow(now: int) -> None:
        for name, value in report.follow(now).items():
            if name in settings:
                show(name, value)

    return follow
