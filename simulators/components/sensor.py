"""Sensor: reads quantities of components with noise, in steps, within its range; and every way in which sensors lie.

    reading = round(true (1 + share n1) + zero + noise n2),  n1, n2 standard normal, new each second,

clipped to the range of its transmitter. Faults are those that field studies name (K. Ni et al., Sensor network data
fault types, ACM TOSN 5(3) 2009; wire break: NAMUR NE 43):

    stuck       the reading before it, again and again (or `at`)
    drift       true + rate t
    bias        true + offset
    noise       its noise `times` as strong
    spike       now and then, on average each `every` seconds, `size` up or down
    dropout     no row, for a share of the seconds
    swapped     two sensors of a machine have changed their cables: `simulators.components.panel`
    wire_break  no value, status BadSensorFailure
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulators.components.component import Quantities, Series
from simulators.streams import Stream

Statuses = NDArray[np.uint32]
"""One OPC UA status code a second."""

GOOD, BAD_SENSOR_FAILURE = 0x0000_0000, 0x808C_0000
ABSENT = 0xFFFF_FFFF
"""In place of a status: this second has no row. It never reaches a wire."""

MODES: Mapping[str, Mapping[str, float]] = {
    "stuck": {"at": 0.0},
    "drift": {"rate": 0.0},
    "bias": {"offset": 0.0},
    "noise": {"times": 5.0},
    "spike": {"every": 60.0, "size": 0.0},
    "dropout": {"share": 1.0},
    "swapped": {},
    "wire_break": {},
}
"""Fault -> its settings and their defaults. rate: per hour, offset, size, at: in the unit of the sensor; where nobody
sets them: 30, 10 and 30 times its noise, and the reading before."""
USUAL = {"rate": 30.0, "offset": 10.0, "size": 30.0}
AT_LEAST, AT_MOST = {"times": 0.0, "every": 1.0, "share": 0.0}, {"share": 1.0}


@dataclass(frozen=True, slots=True)
class SensorSpec:
    """of: quantities, as `component.quantity`. join: how several become one (vibrations add as rms). noise: standard
    deviation in its unit. noise_share: another, as share of the true value. step: of its converter. low, high: its
    range. zero: what it reads of nothing.
    """

    of: tuple[str, ...]
    join: Literal["sum", "rms"] = "sum"
    noise: float = 0.0
    noise_share: float = 0.0
    step: float = 0.0001
    low: float = -inf
    high: float = inf
    zero: float = 0.0

    def make(self, source: Stream) -> Sensor:
        """A sound sensor. source: its own stream."""
        return Sensor(self, source)


class Sensor:
    """One sensor. Its noise is drawn a row a second whatever else happens, so a fault changes nothing after it."""

    def __init__(self, spec: SensorSpec, source: Stream) -> None:
        self._spec = spec
        self._noise = source
        (self._lies,) = source.spawn(1)
        self._mode: str | None = None
        self._settings: Mapping[str, float] = {}
        self._since_s = 0
        self._last: float | None = None

    @property
    def mode(self) -> str | None:
        """Its fault, None while it is sound."""
        return self._mode

    def fault(self, mode: str, settings: Mapping[str, float]) -> None:
        """From now on it lies; an earlier fault is forgotten. ValueError for a mode or a setting that there is not."""
        check(mode, settings)
        self._mode, self._settings, self._since_s = mode, settings, 0

    def mend(self) -> None:
        """Sound again."""
        self._mode = None

    def read(self, quantities: Quantities, n: int) -> tuple[Series, Statuses]:
        """(value, status) of n seconds. A second whose status is ABSENT has no row; a Bad one has NaN."""
        true = self._join(quantities, n)
        draws = self._noise.standard_normal((n, 2))
        spec = self._spec
        value = true * (1.0 + spec.noise_share * draws[:, 0]) + (spec.zero + spec.noise * draws[:, 1])
        status = np.full(n, GOOD, dtype=np.uint32)
        if self._mode is not None:
            value, status = self._lie(self._mode, true, value, status)
            self._since_s += n
        if self._mode == "stuck" and n:
            self._last = self._settings.get("at", self._round(value[:1])[0] if self._last is None else self._last)
            return np.full(n, self._last), status
        value = self._round(value)
        read = value[status == GOOD]
        if read.size:
            self._last = float(read[-1])
        return value, status

    def _lie(self, mode: str, true: Series, value: Series, status: Statuses) -> tuple[Series, Statuses]:
        spec = self._spec
        usual = np.maximum(spec.noise + spec.noise_share * np.abs(true), spec.step)
        draws = self._lies.random((true.size, 2))
        match mode:
            case "drift":
                hours = (self._since_s + np.arange(1, true.size + 1)) / 3600.0
                value = value + self._strong("rate", usual) * hours
            case "bias":
                value = value + self._strong("offset", usual)
            case "noise":
                value = true + spec.zero + self._of("times") * (value - true - spec.zero)
            case "spike":
                sign = np.where(draws[:, 1] < 0.5, -1.0, 1.0)
                value = np.where(
                    draws[:, 0] < 1.0 / self._of("every"), value + sign * self._strong("size", usual), value
                )
            case "dropout":
                status = np.where(draws[:, 0] < self._of("share"), np.uint32(ABSENT), status)
            case "wire_break":
                value, status = np.full(true.size, np.nan), np.full(true.size, BAD_SENSOR_FAILURE, dtype=np.uint32)
            case _:
                pass
        return value, status

    def _of(self, name: str) -> float:
        defaults = MODES[self._mode or ""]
        return self._settings.get(name, defaults[name])

    def _strong(self, name: str, usual: Series) -> Series:
        said = self._settings.get(name)
        return USUAL[name] * usual if said is None else np.full(usual.size, said)

    def _join(self, quantities: Quantities, n: int) -> Series:
        parts = [quantities[name] for name in self._spec.of]
        if self._spec.join == "rms":
            return np.sqrt(sum((part * part for part in parts), np.zeros(n)))
        return sum(parts, np.zeros(n))

    def _round(self, value: Series) -> Series:
        step = self._spec.step
        steps = np.rint(np.clip(value, self._spec.low, self._spec.high) / step)
        whole = round(1.0 / step)
        return steps / whole if whole and abs(whole * step - 1.0) < 1e-9 else steps * step


def check(mode: str, settings: Mapping[str, float]) -> None:
    """ValueError for a mode or a setting that no sensor has, naming those there are."""
    if mode not in MODES:
        raise ValueError(f"a sensor has no fault {mode!r}; it has {', '.join(MODES)}")
    for name, value in settings.items():
        if name not in MODES[mode]:
            known = ", ".join(MODES[mode]) or "none"
            raise ValueError(f"the fault {mode!r} of a sensor has no setting {name!r}; it has {known}")
        low, high = AT_LEAST.get(name, -inf), AT_MOST.get(name, inf)
        if not isfinite(value) or not low <= value <= high:
            raise ValueError(f"{name}={value:g} of the fault {mode!r}: give a number from {low:g} to {high:g}")
