"""Ambient: the temperature of the hall, warmest in the afternoon, with weather that no clock foretells.

    T(t) = mean + swing * cos(2 pi (h - 15) / 24) + w(t),   h: hours on the wall's clock,

w is a first-order autoregression (AR(1), the discrete Ornstein-Uhlenbeck process) of standard deviation `weather` that
forgets within `memory_h` hours: one number drawn every ten minutes, straight lines between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from simulators.agenda import PEOPLE_RANK
from simulators.components.component import Series
from simulators.people.hours import hour_of_day, zone_of
from simulators.streams import Stream, stream

if TYPE_CHECKING:
    from simulators.hall import Hall, Role

STEP_S = 600
"""Seconds between two numbers of the weather."""

WARMEST_H = 15.0
READ_MS = 60_000
"""So often its sensor is read."""


@dataclass(frozen=True, slots=True)
class AmbientSpec:
    """mean, swing, weather: degC; the day goes from mean - swing to mean + swing. zone: of the clock on the wall.

    tag: name of the value of its sensor, nothing: it has none. step: of its sensor.
    """

    mean: float = 22.0
    swing: float = 0.0
    weather: float = 0.0
    memory_h: float = 6.0
    zone: str = "UTC"
    tag: str = ""
    step: float = 0.1

    def __post_init__(self) -> None:
        if self.swing < 0.0 or self.weather < 0.0 or self.memory_h <= 0.0 or self.step <= 0.0:
            raise ValueError("ambient: swing and weather are 0 or more, memory_h and step more than 0")
        zone_of(self.zone)

    @property
    def values(self) -> tuple[str, ...]:
        """The value of its sensor, where it has one."""
        return (self.tag,) if self.tag else ()

    def enter(self, hall: Hall) -> Role:
        """It is around all machines."""
        ambient = Ambient(self, hall.agenda.now, stream(hall.seed, hall.spec.path, "ambient"))
        hall.surround(ambient)
        return Thermometer(hall, ambient)


class Ambient:
    """The temperature of one life, for any second of it in any order: machines live through time at their own pace."""

    def __init__(self, spec: AmbientSpec, start: int, source: Stream) -> None:
        """start: ms since 1970, the first instant there is."""
        self.spec = spec
        self.start = start // 1000
        self._hour = hour_of_day(start, zone_of(spec.zone))
        self._source = source
        self._kept = exp(-STEP_S / (3600.0 * spec.memory_h))
        self._weather = [spec.weather * float(source.standard_normal())]

    def of(self, first: int, seconds: int) -> Series:
        """Temperature (degC) in so many seconds from the second `first` (s since 1970) on."""
        since = np.arange(first - self.start, first - self.start + seconds, dtype=np.float64)
        phase = (2.0 * np.pi / 24.0) * (self._hour - WARMEST_H + since / 3600.0)
        return self.spec.mean + self.spec.swing * np.cos(phase) + self._weather_at(since)

    def shown(self, second: int) -> float:
        """What its sensor reads in a second (s since 1970)."""
        step = self.spec.step
        return round(round(float(self.of(second, 1)[0]) / step) * step, 6)

    def _weather_at(self, since: Series) -> Series:
        if not self.spec.weather or not len(since):
            return np.zeros(len(since))
        fresh = self.spec.weather * sqrt(1.0 - self._kept**2)
        while (len(self._weather) - 1) * STEP_S < since[-1]:
            self._weather.append(self._kept * self._weather[-1] + fresh * float(self._source.standard_normal()))
        first = int(since[0]) // STEP_S
        knots = np.arange(first, len(self._weather), dtype=np.float64) * STEP_S
        return np.interp(since, knots, self._weather[first:])


class Thermometer:
    """The sensor of the hall in one life, read each minute, sent when it reads something else."""

    def __init__(self, hall: Hall, ambient: Ambient) -> None:
        self._hall = hall
        self._ambient = ambient
        self._shows: float | None = None
        if ambient.spec.tag:
            self._index = hall.samples.names.index(f"{hall.spec.path}/{ambient.spec.tag}")
            hall.agenda.at(hall.agenda.now, PEOPLE_RANK, self._read)

    def _read(self, _: int) -> None:
        agenda = self._hall.agenda
        reads = self._ambient.shown(agenda.now // 1000)
        if reads != self._shows:
            self._shows = reads
            self._hall.samples.put(self._index, agenda.now, reads)
        agenda.at(agenda.now + READ_MS, PEOPLE_RANK, self._read)

    def records(self, now: int) -> Iterator[dict[str, Any]]:
        """The temperature each hour until an instant (ms)."""
        start = self._ambient.start
        hours = [round(float(self._ambient.of(at, 1)[0]), 3) for at in range(start, now // 1000, 3600)]
        yield {
            "kind": "ambient",
            "line": self._hall.spec.path,
            "from": start * 10**9,
            "every": 3600 * 10**9,
            "celsius": hours,
        }
