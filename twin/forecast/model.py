"""The flow model of a line, fitted to its records: frozen, with what its fit leaves open. Amounts are in the line's
unit (a case of 12 bottles is 12), times in seconds, instants in ns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.forecast.lifetime import Lifetime
from twin.mes.calendar import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StopMode:
    """Stops of a machine of one kind. cause: the state that it is in then. life: running time until one.

    lengths: of those that ended. age: running time since the last one, as of the end of the history. drift: greatest
    distance between the lengths of the earlier and of the later half: small where they are of one kind.
    """

    cause: str
    life: Lifetime
    lengths: Floats
    age: float
    drift: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """How a machine's rate moves beside that of its product. Shares of it.

    by_hour: by hour of the day on the wall, empty where it does not move with the day; else `now` holds at first and
    the mean returns over `returns` seconds. scatter: what is left, as a share, for a whole forecast. seen: hours.
    """

    by_hour: Sequence[float] = ()
    now: float = 1.0
    returns: float = 3600.0
    scatter: float = 0.0
    seen: int = 0
    shift: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class MachineModel:
    """rate: product ('' for any) -> pieces of the line a second of running. content: line pieces in one count.

    restart_level: line pieces before it that end a wait; restart_room: room after it. changeover: lengths of those that
    were seen. rejects, counted: machine counts, for the share of bad ones.
    """

    path: str
    name: str
    station: int
    content: int
    rate: Mapping[str, float]
    modes: Sequence[StopMode]
    pace: Pace
    rejects: int
    counted: int
    restart_level: float = 0.0
    restart_room: float = 0.0
    changeover: Floats = field(default_factory=lambda: np.empty(0))
    running_s: float = 0.0
    after_material: bool = False
    clustered: float = 1.0

    @property
    def any_rate(self) -> float:
        """Where the product has none of its own: the mean of all."""
        return self.rate.get("", 0.0)


@dataclass(frozen=True, slots=True)
class BufferModel:
    """Between station `before` and the next. capacity: line pieces. lowest, highest: what may be in it at the end of
    the history, as its counts allow. named: the plant file says that it is there; else it is a thought of ours.
    """

    name: str
    before: int
    capacity: float
    lowest: float
    highest: float
    named: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class ProductModel:
    """Which products follow each other, and how many pieces of one are made at a time.

    at: station that the product's tag stands at. names: of the products, '' for one that nobody knows. amounts: by
    product, line pieces of the times it was made. after: by product, which followed, one entry each time. current:
    places in `names` of the product before the present one (or the present one) and of the present one. done: pieces
    of the present one at that station so far. whole: the beginning of the present one was seen.
    """

    at: int
    names: Sequence[str]
    amounts: Sequence[Floats]
    after: Sequence[Sequence[int]]
    previous: int
    current: int
    done: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Fit:
    """One quantity and how well the model tells it. n: observations. error: None where nothing can be said.

    kind: of the error: `ks` (distance of the law from the lives), `drift` (between the two halves of the history),
    `scatter` (between hours), `range` (of the capacity), `throughput` (simulated against recorded).
    """

    machine: str
    quantity: str
    value: float
    unit: str
    n: int
    error: float | None
    kind: str


@dataclass(frozen=True, slots=True)
class Check:
    """Of `hindcasts`: how far off they were on average (bias) and how wide they had to be (spread), both in units of
    their own scatter, drawn towards what is believed without any; inside: how many lay within their 80 % interval.
    """

    hindcasts: int = 0
    bias: float = 0.0
    spread: float = 1.0
    inside: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class LineModel:
    """Everything that a forecast needs of a line, besides the state it is in.

    unit: what all amounts are in. machines: by station. stations: rows of `machines` of each. outputs: rows whose
    good pieces are the line's. ideal: product ('' for any) -> seconds of one piece at the slowest station.
    works_off: whether it also ran in breaks and outside shifts. check: what hindcasts say of its forecasts. notes: what
    a reader must know. digest: of the fit.
    """

    line: str
    unit: str
    begins: int
    until: int
    machines: Sequence[MachineModel]
    stations: Sequence[tuple[int, ...]]
    buffers: Sequence[BufferModel]
    outputs: Sequence[int]
    ideal: Mapping[str, float]
    products: ProductModel | None
    works_off: bool
    fits: Sequence[Fit] = ()
    notes: Sequence[str] = ()
    check: Check = Check()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class MachineNow:
    """spell: a kind of twin.forecast.spells; cause: of a stop; elapsed: seconds in it."""

    spell: int
    cause: str
    elapsed: float


@dataclass(frozen=True, slots=True)
class Setting:
    """One assumption that is changed: of a machine or buffer, what, to which value.

    value: of `off` the length in seconds, with `at` its instant.
    """

    asset: str
    what: str
    value: float
    text: str
    at: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class LineState:
    """What a forecast starts from. at: instant. off: (machine row, from, to) in which a machine stands by plan."""

    at: int
    machines: Sequence[MachineNow]
    off: Sequence[tuple[int, int, int]] = ()
    closed: Sequence[Interval] = ()
