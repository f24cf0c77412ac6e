"""Machine: a station with a drive and a face, and the names under which its values reach the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulators.components.drive import Drive, DriveSpec
from simulators.face import Face
from simulators.samples import Samples
from simulators.station import Station, StationSpec
from simulators.truth import MachineTruth

DRIVE_VALUES = ("motor_temp", "motor_current", "vibration")
"""What the sensors of a drive read, in the order of `Drive.readings`."""


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """station: flow and stops. face: how it shows itself. settings: values that never change, such as a recipe number.

    repeat_s: everything but pulses is sent again this often (a machine on MQTT, for those who subscribe later);
    0: on change only.
    """

    station: StationSpec
    drive: DriveSpec
    face: Face
    settings: Mapping[str, int] = field(default_factory=dict[str, int])
    repeat_s: int = 0

    @property
    def values(self) -> tuple[str, ...]:
        """Names of all its values, in the order in which they are sent."""
        pulse = () if self.face.pulse is None else (self.face.pulse,)
        return (*self.face.shows, *pulse, *self.settings, *DRIVE_VALUES)


class Machine:
    """One machine as it lives: looked at after every instant, and once a second for its sensors."""

    def __init__(self, path: str, spec: MachineSpec, station: Station, seed: int, samples: Samples) -> None:
        self.path = path
        self.station = station
        self.drive = Drive(spec.station.name, spec.drive, seed)
        self.truth = MachineTruth(path, station)
        self._spec = spec
        self._samples = samples
        self._index = {name: samples.names.index(f"{path}/{name}") for name in spec.values}
        self._shown = [self._index[name] for name in spec.face.shows]
        self._sensors = [self._index[name] for name in DRIVE_VALUES]
        self._pulse = None if spec.face.pulse is None else self._index[spec.face.pulse]
        self._due_again = 0
        self._sensed = False
        self._again = False

    def begin(self, time: int) -> None:
        """The first sample of what never changes and of the pulse, which is 0 only here."""
        for name, value in self._spec.settings.items():
            self._samples.put(self._index[name], time, float(value))
        if self._pulse is not None:
            self._samples.put(self._pulse, time, 0.0)
        self._due_again = time + 1000 * self._spec.repeat_s

    def second(self, time: int) -> bool:
        """One second of physics; True when the machine switches itself off."""
        self._sensed = True
        self._again = self._spec.repeat_s > 0 and time >= self._due_again
        if self._again:
            self._due_again = time + 1000 * self._spec.repeat_s
        return self.drive.step(self.station.condition)

    def look(self, time: int) -> None:
        """Samples and truth of the instant that is now over."""
        put = self._samples.put if self._again else self._samples.put_change
        if self.station.dirty or self._again:
            self.station.dirty = False
            self._show_pieces(time)
            for index, value in zip(self._shown, self._spec.face.read(self.station), strict=True):
                put(index, time, float(value))
        if self._again:
            for name, value in self._spec.settings.items():
                put(self._index[name], time, float(value))
        if self._sensed:
            for index, value in zip(self._sensors, self.drive.readings, strict=True):
                put(index, time, value)
        self._sensed = self._again = False

    def _show_pieces(self, time: int) -> None:
        new = self.truth.follow(time)
        if self._pulse is not None and new:
            self._samples.put(self._pulse, time, 1.0)
