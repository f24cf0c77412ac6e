"""Panel: the sensors of one machine, by the tags they are wired to."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.components.component import Quantities, Series
from simulators.components.sensor import Sensor, SensorSpec, Statuses, check
from simulators.streams import Stream


class Panel:
    """Reads all sensors of a machine; `swapped` is a fault of its wiring, every other one is of a sensor."""

    def __init__(self, sensors: Mapping[str, tuple[SensorSpec, Stream]]) -> None:
        self._sensors: dict[str, Sensor] = {tag: spec.make(source) for tag, (spec, source) in sensors.items()}
        self._swapped: dict[str, str] = {}
        self._wired = {tag: tag for tag in self._sensors}

    @property
    def tags(self) -> tuple[str, ...]:
        """In the order in which they are read."""
        return tuple(self._sensors)

    def read(self, quantities: Quantities, n: int) -> dict[str, tuple[Series, Statuses]]:
        """Tag -> (value, status) of n seconds, as its cable brings them: see `Sensor.read`."""
        read = {tag: sensor.read(quantities, n) for tag, sensor in self._sensors.items()}
        return {tag: read[self._wired[tag]] for tag in read}

    def fault(self, tag: str, mode: str, settings: Mapping[str, float]) -> None:
        """A sensor lies from now on. swapped: it changes place with the next one of the machine; swaps that overlap add
        up. ValueError for what there is not.
        """
        check(mode, settings)
        if mode == "swapped":
            self._swap(tag)
        else:
            self._sensors[tag].fault(mode, settings)

    def mend(self, tag: str) -> None:
        """Sound again, and its own exchange of cables undone; those of others stay."""
        self._sensors[tag].mend()
        if self._swapped.pop(tag, None) is not None:
            self._wire()

    def _swap(self, tag: str) -> None:
        tags = self.tags
        other = tags[(tags.index(tag) + 1) % len(tags)]
        if other == tag:
            raise ValueError(f"the sensor {tag!r} is the only one of its machine: there is none to swap it with")
        self._swapped[tag] = other
        self._wire()

    def _wire(self) -> None:
        self._wired = {tag: tag for tag in self._sensors}
        for one, other in self._swapped.items():
            self._wired[one], self._wired[other] = self._wired[other], self._wired[one]
